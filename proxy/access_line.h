/* access_line.h - one request or connection as one line of the access log. Pure. */
#ifndef PROXY_ACCESS_LINE_H
#define PROXY_ACCESS_LINE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { ACCESS_PATH_MOST = 512, ACCESS_LINE_MOST = 4096 };

struct access_facts {
	int64_t wall_ms; /* when it ended */
	const struct in6_addr *client;
	const struct in6_addr *address;
	uint16_t client_port;
	uint16_t port;
	uint16_t status;     /* 0: none was sent */
	bool cold;           /* a Machine was woken for it */
	const char *kind;    /* "http", "tcp", "tunnel" */
	const char *end;     /* "done", "refused", "cut" */
	const char *code;    /* of the refusal, or NULL */
	const char *app;     /* or NULL */
	const char *machine; /* or NULL */
	struct bytes method; /* HTTP */
	struct bytes target; /* HTTP; what follows a ? is left out: it is often a secret */
	struct bytes request_id;
	uint64_t in; /* octets from the client, to the client */
	uint64_t out;
	uint64_t queue_us;
	uint64_t wake_us;
	uint64_t connect_us;
	uint64_t first_us; /* to the Machine's first byte; 0: none came */
	uint64_t total_us;
};

/* Into out[ACCESS_LINE_MOST], with a newline and without a NUL; returns the length. json: an object, else key=value. */
size_t access_line_write(char *out, const struct access_facts *facts, bool json);

#endif
