/* proxied: what a front sends over UDP, a PROXY header and a question. Of any octets none is read that is not there, and
 * bytes that came one by one say what they say at once; and behind a header that is made of the input here, whole or
 * damaged in one place, a client is answered as if it had asked itself. */
#include <assert.h>

#include "../lib/dns_sample.h"
#include "proxied.h"

static struct responder asked, passed_on;
static uint8_t direct[WIRE_MESSAGE_MAX], fronted[WIRE_MESSAGE_MAX];

static struct responder_client front(void)
{
	return (struct responder_client){.source = sample_ip("fd00::f"), .port = 5300, .transport = RESPONDER_UDP};
}

/* In memory that ends where the bytes end. */
static enum proxyline_parse read_exact(struct responder_client *client, const uint8_t *data, size_t len, size_t *end)
{
	char *exact = malloc(len ? len : 1);
	if (len)
		memcpy(exact, data, len);
	*client = front();
	enum proxyline_parse result = proxied_read(client, (struct bytes){exact, len}, end);
	free(exact);
	return result;
}

static void check_any(const uint8_t *data, size_t size)
{
	struct responder_client whole, part;
	size_t end = 0, part_end = 0;
	enum proxyline_parse result = read_exact(&whole, data, size, &end);
	enum proxyline_parse stepped = PROXYLINE_PARTIAL;
	for (size_t len = 0; len <= size && len <= PROXYLINE_MOST && stepped == PROXYLINE_PARTIAL; len++)
		stepped = read_exact(&part, data, len, &part_end);
	assert(stepped == result);
	if (result == PROXYLINE_DONE)
		assert(end == part_end && end >= PROXYLINE_V2_LEAST && end <= size);
	const struct responder_client unread = front();
	if (result != PROXYLINE_DONE)
		assert(memcmp(&whole.source, &unread.source, sizeof whole.source) == 0);
}

/* Of the input's first octets; the rest is the question. */
struct plan {
	uint8_t kind;   /* bit 0 IPv4, 1 of a stream, 2 LOCAL, 3 a TLV; bits 4 and 5: how it is damaged */
	uint8_t client; /* the client's last octet */
	uint8_t tlv;    /* octets */
	uint8_t where;  /* is damaged */
};

static size_t put_header(uint8_t *out, const struct plan *p)
{
	static const uint8_t start[] = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};
	struct in6_addr client = sample_ip("fdaa:0:1:1:1:0:1:0"), server = sample_ip("fdaa::3");
	bool ipv4 = p->kind & 1;
	uint8_t *at = (uint8_t *)memcpy(out, start, sizeof start) + sizeof start;
	*at++ = p->kind & 4 ? 0x20 : 0x21;
	*at++ = (uint8_t)((ipv4 ? 0x10 : 0x20) | (p->kind & 2 ? 1 : 2));
	size_t addresses = ipv4 ? 8 : 32, tlv = p->kind & 8 ? 3u + p->tlv : 0;
	at = wire_put16(at, (unsigned)(addresses + 4 + tlv));
	if (ipv4) {
		client = sample_ip("::ffff:127.0.0.0");
		server = sample_ip("::ffff:127.0.0.3");
	}
	client.s6_addr[15] = p->client;
	at = (uint8_t *)memcpy(at, client.s6_addr + 16 - addresses / 2, addresses / 2) + addresses / 2;
	at = (uint8_t *)memcpy(at, server.s6_addr + 16 - addresses / 2, addresses / 2) + addresses / 2;
	at = wire_put16(wire_put16(at, 4711), 53);
	if (tlv) {
		*at++ = 4; /* NOOP */
		at = wire_put16(at, p->tlv);
		memset(at, 'x', p->tlv);
		at += p->tlv;
	}
	return (size_t)(at - out);
}

static struct responder_client client_of(const struct plan *p)
{
	struct responder_client client = front();
	if (p->kind & 4)
		return client;
	client.port = 4711;
	client.source = sample_ip(p->kind & 1 ? "::ffff:127.0.0.0" : "fdaa:0:1:1:1:0:1:0");
	client.source.s6_addr[15] = p->client;
	client.destination = sample_ip(p->kind & 1 ? "::ffff:127.0.0.3" : "fdaa::3");
	return client;
}

static void check_made(const struct plan *p, const uint8_t *question, size_t len)
{
	uint8_t packet[PROXYLINE_MOST + RESPONDER_QUERY_MAX];
	struct responder_client client, want = client_of(p);
	size_t head = put_header(packet, p), end = 0;
	if (len)
		memcpy(packet + head, question, len);
	unsigned damage = p->kind >> 4 & 3;
	if (damage) {
		if (damage == 1)
			packet[p->where % head] ^= (uint8_t)(1 << p->where % 8);
		check_any(packet, damage == 2 ? p->where % head : head + len);
		return;
	}
	assert(read_exact(&client, packet, head + len, &end) == PROXYLINE_DONE && end == head);
	assert(memcmp(&client.source, &want.source, sizeof want.source) == 0 && client.port == want.port);
	assert(memcmp(&client.destination, &want.destination, sizeof want.destination) == 0);
	struct bytes rest = {(const char *)packet + end, len};
	size_t one = responder_respond(&asked, &want, rest, direct, sizeof direct);
	size_t other = responder_respond(&passed_on, &client, rest, fronted, sizeof fronted);
	assert(one == other && memcmp(direct, fronted, one) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct responder_settings settings;
	if (!settings.zone) { /* once; it lives as long as the process */
		settings = (struct responder_settings){.zone = sample_zone(),
		                                       .network_of = sample_network_of,
		                                       .identity = BYTES("fuzz"),
		                                       .udp_size = 1232};
		responder_init(&asked, &settings);
		responder_init(&passed_on, &settings);
	}
	check_any(data, size);
	if (size < sizeof(struct plan) || size > RESPONDER_QUERY_MAX)
		return 0;
	const struct plan plan = {data[0], data[1], data[2], data[3]};
	check_made(&plan, data + sizeof plan, size - sizeof plan);
	return 0;
}
