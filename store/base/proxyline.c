/* proxyline.c - see proxyline.h. */
#include "base/proxyline.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"

enum { V2_LOCAL = 0x20, V2_PROXY = 0x21, V2_UNSPEC = 0x00, V2_TCP4 = 0x11, V2_TCP6 = 0x21 };
enum { V2_UDP4 = 0x12, V2_UDP6 = 0x22, V2_IPV4_LEN = 12, V2_IPV6_LEN = 36, TLV_HEAD = 3, TLV_CRC32C = 0x03 };

static const char signature[] = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

static bool is_ipv4(const struct proxyline *line)
{
	return IN6_IS_ADDR_V4MAPPED(&line->client) && IN6_IS_ADDR_V4MAPPED(&line->address);
}

/* --------------------------------------------------------------------------------------------------------- writing */

/* In version 1 an IPv4 address beside one of IPv6 keeps its prefix, so that both are of the family that is named. */
static void put_text(char *out, const struct in6_addr *ip, bool ipv4)
{
	char dotted[ADDR_TEXT];
	addr_ip_text(dotted, ip);
	snprintf(out, ADDR_TEXT, "%s%.46s", !ipv4 && IN6_IS_ADDR_V4MAPPED(ip) ? "::ffff:" : "", dotted);
}

static size_t write_text(char *out, size_t room, const struct proxyline *line)
{
	char client[ADDR_TEXT], address[ADDR_TEXT];
	bool ipv4 = is_ipv4(line);
	put_text(client, &line->client, ipv4);
	put_text(address, &line->address, ipv4);
	int n = snprintf(out, room, "PROXY TCP%d %s %s %u %u\r\n", ipv4 ? 4 : 6, client, address, line->client_port,
	                 line->port);
	return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

static char *put_16(char *at, size_t value)
{
	*at++ = (char)(value >> 8 & 0xff);
	*at++ = (char)(value & 0xff);
	return at;
}

static char *put_octets(char *at, const void *octets, size_t len)
{
	memcpy(at, octets, len);
	return at + len;
}

static size_t write_octets(char *out, size_t room, const struct proxyline *line, struct bytes tlvs)
{
	bool ipv4 = is_ipv4(line);
	size_t skip = ipv4 ? 12 : 0;
	size_t addresses = ipv4 ? V2_IPV4_LEN : V2_IPV6_LEN;
	if (tlvs.len > PROXYLINE_TLVS_MOST || room < PROXYLINE_V2_LEAST + addresses + tlvs.len)
		return 0;
	char *at = put_octets(out, signature, sizeof signature);
	*at++ = V2_PROXY;
	*at++ = ipv4 ? V2_TCP4 : V2_TCP6;
	at = put_16(at, addresses + tlvs.len);
	at = put_octets(at, line->client.s6_addr + skip, 16 - skip);
	at = put_octets(at, line->address.s6_addr + skip, 16 - skip);
	at = put_16(put_16(at, line->client_port), line->port);
	if (tlvs.len)
		at = put_octets(at, tlvs.at, tlvs.len);
	return (size_t)(at - out);
}

size_t proxyline_write(char *out, size_t room, int version, const struct proxyline *line, struct bytes tlvs)
{
	return version == 2 ? write_octets(out, room, line, tlvs) : write_text(out, room, line);
}

size_t proxyline_tlv(char *out, size_t room, uint8_t type, struct bytes value)
{
	if (value.len > PROXYLINE_TLVS_MOST || room < TLV_HEAD + value.len)
		return 0;
	*out = (char)type;
	char *at = put_16(out + 1, value.len);
	if (value.len)
		at = put_octets(at, value.at, value.len);
	return (size_t)(at - out);
}

/* --------------------------------------------------------------------------------------------------------- reading */

static enum proxyline_parse bad(const char **why, const char *phrase)
{
	*why = phrase;
	return PROXYLINE_BAD;
}

/* Cuts the next word off the line; words are parted by one space each. */
static struct bytes word(struct bytes *line)
{
	const char *space = line->len ? memchr(line->at, ' ', line->len) : NULL;
	struct bytes found = *line;
	if (!space) {
		*line = (struct bytes){NULL, 0};
		return found;
	}
	found.len = (size_t)(space - line->at);
	line->at = space + 1;
	line->len -= found.len + 1;
	return found;
}

static bool read_ip(struct in6_addr *out, struct bytes text, bool ipv4)
{
	char copy[ADDR_TEXT];
	if (text.len == 0 || text.len >= sizeof copy || memchr(text.at, '\0', text.len))
		return false;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	return !strchr(copy, ':') == ipv4 && addr_ip_parse(out, copy);
}

static bool read_port(uint16_t *out, struct bytes text)
{
	uint32_t value = 0;
	if (text.len == 0 || text.len > 5 || (text.len > 1 && text.at[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(text.at[i] - '0');
	}
	*out = (uint16_t)value;
	return value <= UINT16_MAX;
}

static enum proxyline_parse read_text(struct proxyline *out, struct bytes in, size_t *end, const char **why)
{
	static const char start[] = "PROXY ";
	size_t known = in.len < sizeof start - 1 ? in.len : sizeof start - 1;
	if (memcmp(in.at, start, known) != 0)
		return bad(why, "no PROXY header");
	const char *cr = memchr(in.at, '\r', in.len);
	size_t len = cr ? (size_t)(cr - in.at) : in.len;
	if (len > PROXYLINE_V1_MOST - 2)
		return bad(why, "a line of more than 107 octets");
	if (!cr || in.len == len + 1)
		return PROXYLINE_PARTIAL;
	if (cr[1] != '\n')
		return bad(why, "no line feed after the carriage return");
	*end = len + 2;
	struct bytes line = {in.at + known, len - known};
	struct bytes family = word(&line);
	if (bytes_equal(family, BYTES("UNKNOWN"))) {
		out->local = true;
		return PROXYLINE_DONE;
	}
	bool ipv4 = bytes_equal(family, BYTES("TCP4"));
	if (!ipv4 && !bytes_equal(family, BYTES("TCP6")))
		return bad(why, "neither TCP4, TCP6 nor UNKNOWN");
	if (!read_ip(&out->client, word(&line), ipv4) || !read_ip(&out->address, word(&line), ipv4))
		return bad(why, "not an address of its family");
	if (!read_port(&out->client_port, word(&line)) || !read_port(&out->port, word(&line)) || line.at)
		return bad(why, "not two ports at the end");
	return PROXYLINE_DONE;
}

static size_t get_16(const char *at)
{
	return (size_t)((unsigned char)at[0] << 8 | (unsigned char)at[1]);
}

/* CRC-32C (RFC 3720 B.4) of the header with its checksum taken as zero. */
static uint32_t checksum(struct bytes header, size_t skip)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < header.len; i++) {
		crc ^= i >= skip && i < skip + 4 ? 0 : (unsigned char)header.at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

/* What is behind the addresses must be whole TLVs; one of them is looked at: the checksum. */
static const char *fault_of_tlvs(struct bytes header, size_t at)
{
	while (at < header.len) {
		if (header.len - at < TLV_HEAD)
			return "a TLV cut short";
		size_t len = get_16(header.at + at + 1);
		size_t value = at + TLV_HEAD;
		if (header.len - value < len)
			return "a TLV longer than the header";
		if (header.at[at] == TLV_CRC32C) {
			if (len != 4)
				return "a checksum that is not four octets";
			uint32_t said = (uint32_t)(get_16(header.at + value) << 16 | get_16(header.at + value + 2));
			if (said != checksum(header, value))
				return "a wrong checksum";
		}
		at = value + len;
	}
	return NULL;
}

static void read_addresses(struct proxyline *out, const char *at, bool ipv4)
{
	size_t len = ipv4 ? 4 : 16;
	struct in6_addr *const addresses[] = {&out->client, &out->address};
	for (size_t i = 0; i < 2; i++, at += len) {
		memset(addresses[i]->s6_addr, 0, 16);
		if (ipv4)
			addresses[i]->s6_addr[10] = addresses[i]->s6_addr[11] = 0xff;
		memcpy(addresses[i]->s6_addr + 16 - len, at, len);
	}
	out->client_port = (uint16_t)get_16(at);
	out->port = (uint16_t)get_16(at + 2);
}

static enum proxyline_parse read_octets(struct proxyline *out, struct bytes in, size_t *end, const char **why)
{
	if (memcmp(in.at, signature, in.len < sizeof signature ? in.len : sizeof signature) != 0)
		return bad(why, "no PROXY header");
	if (in.len < PROXYLINE_V2_LEAST)
		return PROXYLINE_PARTIAL;
	unsigned char command = (unsigned char)in.at[12];
	unsigned char family = (unsigned char)in.at[13];
	size_t len = get_16(in.at + 14);
	if (command != V2_LOCAL && command != V2_PROXY)
		return bad(why, "neither LOCAL nor PROXY of version 2");
	if (len > PROXYLINE_MOST - PROXYLINE_V2_LEAST)
		return bad(why, "a header of more than 2048 octets");
	bool ipv4 = family == V2_TCP4 || family == V2_UDP4;
	out->datagram = family == V2_UDP4 || family == V2_UDP6;
	size_t addresses = ipv4 ? V2_IPV4_LEN : family == V2_TCP6 || family == V2_UDP6 ? V2_IPV6_LEN : 0;
	out->local = command == V2_LOCAL || family == V2_UNSPEC;
	if (!out->local && addresses == 0)
		return bad(why, "neither TCP nor UDP over IPv4 or IPv6");
	if (!out->local && len < addresses)
		return bad(why, "a header too short for its addresses");
	if (in.len < PROXYLINE_V2_LEAST + len)
		return PROXYLINE_PARTIAL;
	*end = PROXYLINE_V2_LEAST + len;
	if (out->local) /* what else it says is for nobody (2.2) */
		return PROXYLINE_DONE;
	const char *fault = fault_of_tlvs((struct bytes){in.at, *end}, PROXYLINE_V2_LEAST + addresses);
	if (fault)
		return bad(why, fault);
	read_addresses(out, in.at + PROXYLINE_V2_LEAST, ipv4);
	return PROXYLINE_DONE;
}

enum proxyline_parse proxyline_read(struct proxyline *out, struct bytes in, size_t *end, const char **why)
{
	*out = (struct proxyline){0};
	if (in.len == 0)
		return PROXYLINE_PARTIAL;
	return in.at[0] == signature[0] ? read_octets(out, in, end, why) : read_text(out, in, end, why);
}
