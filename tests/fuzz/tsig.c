/* tsig: any record at the end of a question, and questions that are signed as they should be with some octets changed
 * afterwards. What is read lies inside the message; only what was signed is believed; an answer is signed for who can check
 * it, and says what was wrong with the question. */
#include <stdlib.h>

#include "../lib/dns_sample.h"
#include "base/clock.h"

enum { QUESTION = 29, ROOM = 2048 };
static const uint8_t question[QUESTION + 1] = "\xbe\xef\1\0\0\1\0\0\0\0\0\0\3web\7flycast\0\0\34\0\1";
static const struct bytes none = {NULL, 0};

static struct tsig_key *key;
static struct responder responder;

static void need(bool so)
{
	if (!so)
		abort();
}

static bool inside(const void *at, size_t len, const uint8_t *message, size_t size)
{
	return (const uint8_t *)at >= message && (const uint8_t *)at + len <= message + size;
}

/* True: the message ends with a record that says it is signed with our key. */
static bool look(struct tsig *t, const uint8_t *message, size_t len, size_t at)
{
	if (!tsig_read(t, message, len, at))
		return false;
	need(inside(t->mac, t->mac_len, message, len) && inside(t->other, t->other_len, message, len));
	return t->owner.len == key->name.len && memcmp(t->owner.wire, key->name.wire, key->name.len) == 0;
}

/* What the responder says of it. The answer to a good question is signed. */
static void ask(const uint8_t *message, size_t len, enum tsig_error error)
{
	static uint8_t out[WIRE_MESSAGE_MAX];
	struct responder_client client = {.source = sample_ip("fdaa:0:1:1:1:0:1:2"),
	                                  .destination = sample_ip("fdaa::3"),
	                                  .port = 53,
	                                  .transport = RESPONDER_TCP};
	struct bytes in = {(const char *)message, len};
	struct query q;
	if (query_read(&q, message, len) == QUERY_READ && !q.tsig)
		return; /* a record of another type: the question is not signed */
	size_t got = responder_respond(&responder, &client, in, out, sizeof out);
	unsigned rcode = got ? out[3] & 15 : RCODE_NOERROR;
	need(responder.stream == NULL);
	if (got && (rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN))
		need(error == TSIG_GOOD && wire_get16(out + 10) > 0);
	if (error != TSIG_GOOD && got)
		need(rcode == RCODE_NOTAUTH || rcode == RCODE_FORMERR || rcode == RCODE_NOTIMP);
}

/* data: pairs of a place and what is flipped there. */
static void spoil(const uint8_t *data, size_t size)
{
	uint8_t message[ROOM], good[ROOM];
	struct tsig_signer signer;
	struct tsig t;
	uint64_t now = (uint64_t)clock_wall_ms() / 1000;
	memcpy(message, question, QUESTION);
	tsig_signer_init(&signer, key, NULL);
	size_t len = tsig_sign(&signer, message, QUESTION, now);
	memcpy(good, message, len);
	for (size_t i = 0; i + 1 < size; i += 2)
		message[data[i] % len] ^= data[i + 1];
	bool ours = look(&t, message, len, QUESTION);
	enum tsig_error error = ours ? tsig_check(&t, key, message, none, now) : TSIG_BADKEY;
	/* The id is the one in the record; the name of a key has no case. */
	if (error == TSIG_GOOD)
		need(memcmp(message + 2, good + 2, QUESTION - 2) == 0 && t.mac_len == key->mac_len &&
		     memcmp(message + len - 6 - t.mac_len, good + len - 6 - t.mac_len, t.mac_len) == 0);
	if (memcmp(message, good, len) == 0)
		need(error == TSIG_GOOD);
	ask(message, len, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct responder_settings settings;
	struct tsig t;
	if (!key) {
		struct grants *grants = grants_new();
		key = tsig_key_new("a.key", "hmac-sha256", BYTES("sixteen octets, or more"));
		struct tsig_key *copy = tsig_key_copy(key);
		copy->network = 1;
		grants_add_key(grants, copy);
		grants_settle(grants);
		settings = (struct responder_settings){.zone = sample_zone(),
		                                       .network_of = sample_network_of,
		                                       .identity = BYTES("fuzz"),
		                                       .udp_size = 1232,
		                                       .grants = grants};
		responder_init(&responder, &settings);
	}
	if (size == 0 || size > ROOM - QUESTION)
		return 0;
	if (data[0] & 1) {
		spoil(data + 1, size - 1);
		return 0;
	}
	uint8_t *message = malloc(QUESTION + size - 1);
	memcpy(message, question, QUESTION);
	memcpy(message + QUESTION, data + 1, size - 1);
	message[11] = 1;
	if (look(&t, message, QUESTION + size - 1, QUESTION))
		need(tsig_check(&t, key, message, none, (uint64_t)clock_wall_ms() / 1000) != TSIG_GOOD);
	ask(message, QUESTION + size - 1, TSIG_BADSIG);
	free(message);
	return 0;
}
