/* edns: a good question with an OPT record made of what the fuzzer says, over UDP, TCP and TLS. The first octets are the
 * fixed part; then each option is a code (one octet, or the escape to any), a length and its octets, so that most inputs
 * are options that are read. What comes back must be whole: options that fill their record exactly, those only that were
 * asked for, none twice; padded over TLS to whole blocks; and a cookie that came from here must be good when it comes
 * back. */
#include <stdlib.h>

#include "../lib/dns_sample.h"
#include "base/rcu.h"

enum { QUESTION = WIRE_HEADER + 13 + 4, OPT = 11, ANY_CODE = 0xff };

static struct responder responder;
static struct responder_settings settings;

/* Where the OPT record's options begin in an answer that has one, 0: it has none. It is the last record. */
static size_t find_options(const uint8_t *out, size_t got, size_t *len)
{
	size_t at = WIRE_HEADER;
	for (unsigned section = 0; section < 4; section++)
		for (unsigned left = wire_get16(out + 4 + section * sizeof(uint16_t)); left; left--) {
			while (out[at] && out[at] < 0xc0)
				at += out[at] + 1u;
			at += out[at] ? 2 : 1;
			if (section == 0) {
				at += 4;
				continue;
			}
			*len = wire_get16(out + at + 8);
			if (at + 10 + *len > got)
				abort();
			if (wire_get16(out + at) == 41) {
				if (at + 10 + *len != got)
					abort();
				return at + 10;
			}
			at += 10 + *len;
		}
	if (at != got)
		abort();
	return 0;
}

/* The cookie of an answer, or NULL. */
static const uint8_t *check_options(const struct responder_client *client, const uint8_t *out, size_t got)
{
	size_t len, at = find_options(out, got, &len), end = at + len;
	const uint8_t *cookie = NULL;
	uint64_t seen = 0;
	if (at == 0)
		abort(); /* OPT for OPT */
	while (at < end) {
		unsigned code = wire_get16(out + at), size = wire_get16(out + at + 2);
		if (end - at < 4 || end - at - 4 < size || code > 63 || seen >> code & 1)
			abort();
		seen |= UINT64_C(1) << code;
		if (code == 10 && size != COOKIE_WHOLE)
			abort();
		if (code == 10)
			cookie = out + at + 4;
		if (code == 11 && (size != 2 || client->transport == RESPONDER_UDP))
			abort();
		if (code == 12 && (client->transport != RESPONDER_TLS || got % REPLY_BLOCK))
			abort();
		at += 4 + size;
	}
	return cookie;
}

static size_t make_question(uint8_t *in, const uint8_t *data, size_t size)
{
	static const uint8_t head[QUESTION] = "\xbe\xef\1\0\0\1\0\0\0\0\0\1\3web\7flycast\0\0\x1c\0\1";
	static const uint8_t codes[] = {3, 5, 6, 7, 8, 9, 10, 10, 10, 11, 12, 13, 14, 15, 19, 20};
	uint8_t *at = in + QUESTION, *length;
	memcpy(in, head, QUESTION);
	*at++ = 0;
	at = wire_put16(at, 41);
	memcpy(at, data, 6); /* size, extended code, version, flags */
	if (data[3] % 8)
		at[3] = 0; /* mostly the version there is */
	length = at + 6;
	at += 8;
	data += 6, size -= 6;
	while (size >= 2 && at - in < 1024) {
		size_t len = data[1] & 63;
		unsigned code = data[0] == ANY_CODE ? (unsigned)(data[0] << 8 | data[1])
		                                    : codes[data[0] % sizeof codes];
		data += 2, size -= 2;
		if (len > size)
			len = size;
		at = wire_put16(at, code);
		at = wire_put16(at, (unsigned)len);
		memcpy(at, data, len);
		at += len, data += len, size -= len;
	}
	/* What is left is a stray octet or none. */
	memcpy(at, data, size > 1 ? 1 : size);
	at += size > 1 ? 1 : size;
	wire_put16(length, (unsigned)(at - length) - 2);
	return (size_t)(at - in);
}

/* The same client comes back with it. */
static void check_cookie(struct responder_client *client, const uint8_t *cookie)
{
	uint8_t in[QUESTION + OPT + 4 + COOKIE_WHOLE] = {0}, came[COOKIE_WHOLE], out[RESPONDER_ROOM_MIN];
	uint64_t good = responder.counts.cookies[COOKIE_VALID];
	memcpy(came, cookie, sizeof came);
	size_t len = make_question(in, (const uint8_t *)"\4\xd0\0\0\0\0", 6);
	uint8_t *at = wire_put16(in + len - 2, 4 + COOKIE_WHOLE);
	at = wire_put16(at, 10);
	at = wire_put16(at, COOKIE_WHOLE);
	memcpy(at, came, sizeof came);
	client->transport = RESPONDER_UDP;
	responder_respond(&responder, client, (struct bytes){(const char *)in, sizeof in}, out, sizeof out);
	if (responder.counts.cookies[COOKIE_VALID] != good + 1)
		abort();
}

static void set_up(void)
{
	static const struct cookie_secrets secrets = {.count = 1, .secret = {{"a secret of ours"}}};
	settings = (struct responder_settings){.zone = sample_zone(),
	                                       .network_of = sample_network_of,
	                                       .identity = BYTES("fuzz"),
	                                       .udp_size = 1232,
	                                       .now = {.seconds = 1000000000, .secrets = &secrets}};
	responder_init(&responder, &settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[WIRE_MESSAGE_MAX];
	uint8_t made[2048];
	struct responder_client client = {.source = sample_ip("fdaa:0:1:1:1:0:1:2"),
	                                  .destination = sample_ip("fdaa::3"),
	                                  .port = 53,
	                                  .keepalive = 100};
	if (size < 6)
		return 0;
	if (!settings.zone)
		set_up();
	size_t len = make_question(made, data, size);
	uint8_t *in = mem_copy(made, len); /* of exactly this size, so that reading one octet too many is seen */
	for (int transport = 0; transport < RESPONDER_TRANSPORTS; transport++) {
		client.transport = (enum responder_transport)transport;
		size_t got = responder_respond(&responder, &client, (struct bytes){(const char *)in, len}, out,
		                               transport == RESPONDER_UDP ? RESPONDER_ROOM_MIN : sizeof out);
		if (got < WIRE_HEADER || (transport == RESPONDER_UDP && got > 1232))
			abort();
		const uint8_t *cookie = check_options(&client, out, got);
		if (cookie)
			check_cookie(&client, cookie);
	}
	free(in);
	return 0;
}
