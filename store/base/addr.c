/* addr.c - see addr.h. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool number_parse(unsigned *out, const char *text, unsigned max)
{
	unsigned value = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned)(*text - '0');
		if (value > max)
			return false;
	}
	*out = value;
	return true;
}

bool addr_ip_parse(struct in6_addr *out, const char *text)
{
	struct in_addr v4;
	if (inet_pton(AF_INET6, text, out) == 1)
		return true;
	if (inet_pton(AF_INET, text, &v4) != 1)
		return false;
	memset(out, 0, sizeof *out);
	out->s6_addr[10] = out->s6_addr[11] = 0xff;
	memcpy(out->s6_addr + 12, &v4, 4);
	return true;
}

bool addr_parse(struct sockaddr_in6 *out, const char *text)
{
	char ip[ADDR_TEXT];
	unsigned port;
	const char *colon = strrchr(text, ':');
	const char *from = text;
	size_t len = colon ? (size_t)(colon - text) : 0;

	memset(out, 0, sizeof *out);
	out->sin6_family = AF_INET6;
	if (!number_parse(&port, colon ? colon + 1 : text, 65535))
		return false;
	out->sin6_port = htons((uint16_t)port);
	if (len == 0) {
		out->sin6_addr = in6addr_any;
		return true;
	}
	if (text[0] == '[') {
		if (text[len - 1] != ']')
			return false;
		from++, len -= 2;
	} else if (memchr(text, ':', len)) {
		return false; /* an IPv6 address needs its brackets, or its last group would be the port */
	}
	if (len >= sizeof ip)
		return false;
	memcpy(ip, from, len);
	ip[len] = '\0';
	return addr_ip_parse(&out->sin6_addr, ip);
}

static char *put_hex(char *out, unsigned group)
{
	static const char digits[] = "0123456789abcdef";
	int shift = group > 0xfff ? 12 : group > 0xff ? 8 : group > 0xf ? 4 : 0;
	for (; shift >= 0; shift -= 4)
		*out++ = digits[group >> shift & 15];
	return out;
}

/* The first of the longest runs of two zero groups or more becomes "::" (RFC 5952 4.2). *end: behind it; 8: there is none */
static int longest_zeros(const unsigned *groups, int *end)
{
	int first = 8;
	*end = 8;
	for (int i = 0, from = 0; i < 8; i++) {
		if (groups[i]) {
			from = i + 1;
		} else if (i + 1 - from > 1 && (first == 8 || i + 1 - from > *end - first)) {
			first = from;
			*end = i + 1;
		}
	}
	return first;
}

/* glibc's inet_ntop() prints group by group with sprintf() and takes six times as long: a large network's list of its
 * Machines is written anew whenever one of them changes. */
static void put_ipv6(char *out, const struct in6_addr *ip)
{
	unsigned groups[8];
	int end;
	const uint8_t *octets = ip->s6_addr;
	for (int i = 0; i < 8; i++, octets += 2)
		groups[i] = (unsigned)octets[0] << 8 | octets[1];
	int zeros = longest_zeros(groups, &end);
	for (int i = 0; i < 8; i++) {
		if (i == zeros) {
			*out++ = ':';
			*out++ = ':';
			i = end - 1;
			continue;
		}
		if (i && i != end)
			*out++ = ':';
		out = put_hex(out, groups[i]);
	}
	*out = '\0';
}

char *addr_ip_text(char *out, const struct in6_addr *ip)
{
	if (IN6_IS_ADDR_V4MAPPED(ip))
		inet_ntop(AF_INET, ip->s6_addr + 12, out, ADDR_TEXT);
	else if (IN6_IS_ADDR_V4COMPAT(ip))
		inet_ntop(AF_INET6, ip, out, ADDR_TEXT); /* its last 32 bits as IPv4 */
	else
		put_ipv6(out, ip);
	return out;
}

char *addr_text(char *out, const struct sockaddr_in6 *addr)
{
	char ip[ADDR_TEXT];
	addr_ip_text(ip, &addr->sin6_addr);
	snprintf(out, ADDR_TEXT, strchr(ip, ':') ? "[%.46s]:%u" : "%.46s:%u", ip, (unsigned)ntohs(addr->sin6_port));
	return out;
}

static bool host_bits_clear(const struct prefix *p)
{
	for (unsigned bit = p->len; bit < 128; bit++)
		if (p->ip.s6_addr[bit / 8] & (0x80u >> bit % 8))
			return false;
	return true;
}

bool prefix_parse(struct prefix *out, const char *text)
{
	char ip[ADDR_TEXT];
	unsigned len;
	const char *slash = strchr(text, '/');
	if (!slash || (size_t)(slash - text) >= sizeof ip)
		return false;
	memcpy(ip, text, (size_t)(slash - text));
	ip[slash - text] = '\0';
	if (!addr_ip_parse(&out->ip, ip))
		return false;
	bool v4 = !strchr(ip, ':');
	if (!number_parse(&len, slash + 1, v4 ? 32 : 128))
		return false;
	out->len = (uint8_t)(v4 ? len + 96 : len);
	return host_bits_clear(out);
}

char *prefix_text(char *out, const struct prefix *prefix)
{
	char ip[ADDR_TEXT];
	bool v4 = IN6_IS_ADDR_V4MAPPED(&prefix->ip) && prefix->len >= 96;
	if (v4)
		addr_ip_text(ip, &prefix->ip);
	else
		inet_ntop(AF_INET6, &prefix->ip, ip, sizeof ip);
	snprintf(out, ADDR_TEXT, "%.46s/%u", ip, v4 ? prefix->len - 96u : prefix->len);
	return out;
}

bool prefix_has(const struct prefix *prefix, const struct in6_addr *ip)
{
	unsigned whole = prefix->len / 8, rest = prefix->len % 8;
	if (memcmp(prefix->ip.s6_addr, ip->s6_addr, whole) != 0)
		return false;
	return !rest || ((prefix->ip.s6_addr[whole] ^ ip->s6_addr[whole]) & (0xff00u >> rest) & 0xff) == 0;
}
