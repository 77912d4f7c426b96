/* encode.h - records in wire form, made with ldns when the registry changes and never while a question waits.
 * Every record's owner is 0xc00c, a pointer to the name in the question; its TTL is WIRE_TTL. */
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
/* The serial, 0 here, is the first of the five numbers that end the record: ENCODE_SOA_SERIAL octets from its end. */
void encode_soa(struct encoder *encoder, struct text *out, const char *server, const char *mailbox);
enum { ENCODE_SOA_SERIAL = 20 };

#endif
