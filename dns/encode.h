/* encode.h - records in wire form, made with ldns when the registry changes and never while a question waits.
 * Every record's owner is 0xc00c, a pointer to the name in the question; its TTL is WIRE_TTL.
 *
 * budget: nine functions, one for each type of record. */
#ifndef DNS_ENCODE_H
#define DNS_ENCODE_H

#include <netinet/in.h>

#include "name.h"
#include "wire.h"

/* The longest text one TXT record may hold, so that it fits into a message of 65535 octets beside everything else. */
enum { ENCODE_TEXT_MAX = 64000 };

struct encoder;

struct encoder *encoder_new(void);
void encoder_free(struct encoder *encoder); /* NULL is fine */

/* All append one record to `out`. */
void encode_aaaa(const struct encoder *encoder, struct text *out, const struct in6_addr *ip);
/* One record, its text cut into strings of 255 octets, the last one shorter. text is not empty. */
void encode_txt(struct encoder *encoder, struct text *out, struct bytes text);
void encode_ptr(struct encoder *encoder, struct text *out, const char *target);
void encode_ns(struct encoder *encoder, struct text *out, const char *target);
/* Priority 0. target: in wire form, not compressed (RFC 2782). */
void encode_srv(struct text *out, uint16_t weight, uint16_t port, struct bytes target);
/* RFC 9460: priority 1, with the parameters alpn, no-default-alpn (where alpn has no http/1.1), port, ipv6hint. */
struct encode_https {
	struct bytes target; /* in wire form; "\0": the owner */
	struct bytes alpn;   /* as in a ClientHello: length octet, name, ... */
	uint16_t port;
	struct in6_addr ip;
};
void encode_https(struct text *out, const struct encode_https *https);
/* The serial, 0 here, is the first of the five numbers that end the record: ENCODE_SOA_SERIAL octets from its end. */
void encode_soa(struct encoder *encoder, struct text *out, const char *server, const char *mailbox);
enum { ENCODE_SOA_SERIAL = 20 };

#endif
