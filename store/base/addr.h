/* addr.h - IPv6 addresses, ports and prefixes; IPv4 travels as ::ffff:a.b.c.d. Pure: no socket is touched. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ADDR_TEXT = 64 }; /* bytes for every text form here */

/* "[2001:db8::1]:53", "127.0.0.1:53", ":53" (any address) or "53". false: not of that form, port above 65535. */
bool addr_parse(struct sockaddr_in6 *out, const char *text);
/* "[2001:db8::1]:53" or "127.0.0.1:53" for mapped IPv4; returns out. */
char *addr_text(char *out, const struct sockaddr_in6 *addr);
/* RFC 5952, or dotted IPv4 for ::ffff:0:0/96; returns out. */
char *addr_ip_text(char *out, const struct in6_addr *ip);
/* IPv6 or IPv4 literal without port or zone. */
bool addr_ip_parse(struct in6_addr *out, const char *text);

struct prefix {
	struct in6_addr ip; /* bits beyond len are zero */
	uint8_t len;        /* 0..128; an IPv4 /8 is ::ffff:a.0.0.0/104 */
};

/* "10.0.0.0/8", "2001:db8::/32". false: malformed, or bits set beyond the length. */
bool prefix_parse(struct prefix *out, const char *text);
char *prefix_text(char *out, const struct prefix *prefix);
bool prefix_has(const struct prefix *prefix, const struct in6_addr *ip);

#endif
