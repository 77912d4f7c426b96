/* proxyline.h - the header of the PROXY protocol, versions 1 and 2: who connected, said before the first byte. Pure.
 * HAProxy's proxy-protocol.txt, sections 2.1, 2.2 and 2.2.3.
 *
 * Nothing of what is read points into the bytes. A header is never looked for: it is read where one must be, from those
 * who are believed. */
#ifndef BASE_PROXYLINE_H
#define BASE_PROXYLINE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
	PROXYLINE_V1_MOST = 107,   /* octets, CR LF included */
	PROXYLINE_V2_LEAST = 16,   /* signature, version, family, length */
	PROXYLINE_MOST = 2048,     /* of a header that is read, TLVs included; a longer one is refused */
	PROXYLINE_TLVS_MOST = 1024 /* of one that is written */
};

struct proxyline {
	struct in6_addr client; /* IPv4 as ::ffff:a.b.c.d */
	struct in6_addr address;
	uint16_t client_port;
	uint16_t port;
	bool local;    /* read: UNKNOWN, LOCAL or UNSPEC. There is no address in it, the connection's own are meant */
	bool datagram; /* read, version 2: the client's way was UDP. Nobody writes that here */
};

enum proxyline_parse { PROXYLINE_DONE, PROXYLINE_PARTIAL, PROXYLINE_BAD };

/* The header of version 1 or 2 into out[room]; returns its length, 0 when it does not fit. Two IPv4 addresses are written
 * as such, anything else as IPv6. tlvs: whole TLVs for version 2, at most PROXYLINE_TLVS_MOST; not written in version 1. */
size_t proxyline_write(char *out, size_t room, int version, const struct proxyline *line, struct bytes tlvs);
/* One TLV into out[room]; returns its length, 0 when it does not fit. */
size_t proxyline_tlv(char *out, size_t room, uint8_t type, struct bytes value);

/* Reads either version. *end: octets of the header (PROXYLINE_DONE only). *why: a phrase (PROXYLINE_BAD only).
 * PROXYLINE_PARTIAL: all of the bytes belong to the header, and more of it is to come. */
enum proxyline_parse proxyline_read(struct proxyline *out, struct bytes in, size_t *end, const char **why);

#endif
