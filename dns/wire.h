/* wire.h - the numbers of DNS and 16/32-bit integers in network order. Pure. */
#ifndef DNS_WIRE_H
#define DNS_WIRE_H

#include <stdint.h>

enum {
	WIRE_HEADER = 12,
	WIRE_MESSAGE_MAX = 65535,
	WIRE_UDP_PLAIN = 512, /* without EDNS */
	WIRE_AAAA = 28,       /* an AAAA record whose owner is a pointer */
	WIRE_OPT = 11,        /* an OPT record without options */
	WIRE_TTL = 5,         /* of every record here, and of negative answers (RFC 2308) */
};

enum wire_type {
	TYPE_NONE = 0,
	TYPE_NS = 2,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_SRV = 33,
	TYPE_OPT = 41,
	TYPE_HTTPS = 65,
	TYPE_TSIG = 250,
	TYPE_IXFR = 251,
	TYPE_AXFR = 252,
	TYPE_ANY = 255,
};

enum wire_class { CLASS_IN = 1, CLASS_CH = 3, CLASS_ANY = 255 };

enum wire_rcode {
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5,
	RCODE_NOTAUTH = 9,
	RCODE_BADVERS = 16,
	RCODE_BADCOOKIE = 23,
	RCODE_COUNT = 24,
};

/* EDNS options. */
enum wire_option {
	OPTION_NSID = 3,
	OPTION_SUBNET = 8,
	OPTION_COOKIE = 10,
	OPTION_KEEPALIVE = 11,
	OPTION_PADDING = 12,
	OPTION_EDE = 15,
	OPTION_ZONE_VERSION = 19,
};

/* A set of them: those that came with a question, those that go with an answer. */
enum wire_options {
	HAS_NSID = 1,
	HAS_COOKIE = 2,
	HAS_KEEPALIVE = 4,
	HAS_PADDING = 8,
	HAS_EDE = 16,
	HAS_ZONE_VERSION = 32,
	HAS_SUBNET = 64,
};

/* Extended errors (RFC 8914). */
enum wire_ede {
	EDE_STALE = 3,
	EDE_NOT_READY = 14,
	EDE_PROHIBITED = 18,
	EDE_STALE_NXDOMAIN = 19,
	EDE_NOT_AUTHORITATIVE = 20,
	EDE_NOT_SUPPORTED = 21,
	EDE_NO_REACHABLE = 22,
	EDE_NETWORK_ERROR = 23,
};

static inline uint16_t wire_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint8_t *wire_put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static inline uint8_t *wire_put32(uint8_t *at, uint32_t value)
{
	return wire_put16(wire_put16(at, value >> 16), value & 0xffff);
}

#endif
