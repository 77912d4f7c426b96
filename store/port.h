/* port.h - what one --port says, in flyctl's grammar: port[:machinePort][/protocol[:handler...]].
 *
 *   80                       port 80 of the app's addresses leads to port 80 of the Machine, as raw TCP
 *   80:8080/tcp:http         ... to port 8080, as HTTP
 *   20000-20100:9000         a range of ports; it needs the Machine's port
 *   80/tcp:-                 no port 80 any more
 *
 * Pure. flyctl's two spellings `http:tls` and `tls:http` are one thing; handlers have the order data meets them in. */
#ifndef STORE_PORT_H
#define STORE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "catalog.h"

struct port {
	uint16_t start;    /* 1..65535 */
	uint16_t end;      /* >= start */
	uint16_t internal; /* the Machine's port */
	enum catalog_protocol protocol;
	uint8_t handlers; /* enum catalog_handler bits; 0: raw TCP */
	bool removed;     /* "-" */
};

/* 0, or -1 with a sentence appended to why; *out is then undefined. */
int port_parse(struct port *out, const char *spec, struct text *why);
/* 0, or -1 with a sentence when two of them claim one port, or one asks for what this version does not have. */
int port_check(const struct port *ports, size_t count, struct text *why);

const char *port_protocol_name(enum catalog_protocol protocol);
/* "tls,http", as column service_port.handlers has it; "" for raw TCP; NULL: no such combination. */
const char *port_handlers_name(uint8_t handlers);
bool port_handlers_parse(uint8_t *out, const char *name);   /* false: no such combination */
bool port_handler_add(uint8_t *handlers, const char *name); /* one, "tls"; false: there is none of that name */

#endif
