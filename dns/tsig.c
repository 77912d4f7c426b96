/* tsig.c - see tsig.h. */
#include "tsig.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>

#include "base/mem.h"
#include "wire.h"

enum {
	FIXED = 8 + 2,          /* type, class, TTL, length */
	BEFORE_MAC = 6 + 2 + 2, /* time, fudge, MAC size */
	AFTER_MAC = 2 + 2 + 2,  /* original id, error, other length */
	OTHER_TIME = 6,         /* the other data of BADTIME */
	MAC_LEAST = 10,         /* RFC 8945 5.2.2.1: no MAC may be cut to less than this, or half of it */
	POINTER = 0xc0,
};

static const struct {
	const char *name;
	const char *digest;
	uint8_t len;
} algorithms[] = {{"hmac-sha256", "SHA256", 32},
                  {"hmac-sha224", "SHA224", 28},
                  {"hmac-sha384", "SHA384", 48},
                  {"hmac-sha512", "SHA512", 64}};

/* ------------------------------------------------------------------------------------------------ keys */

/* OpenSSL fails here only for want of memory. */
static void must(bool done)
{
	if (!done)
		abort();
}

static struct evp_mac_ctx_st *mac_new(const char *digest, struct bytes secret)
{
	char *name = (char *)(uintptr_t)digest; /* it is only read */
	const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
	                             OSSL_PARAM_construct_end()};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	must(hmac != NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac);
	must(ctx && EVP_MAC_init(ctx, (const unsigned char *)secret.at, secret.len, params) == 1);
	return ctx;
}

struct tsig_key *tsig_key_new(const char *name, const char *algorithm, struct bytes secret)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		if (strcmp(algorithms[i].name, algorithm) != 0)
			continue;
		struct tsig_key *key = mem_new(sizeof *key);
		if (secret.len && name_parse(&key->name, name) && name_parse(&key->algorithm, algorithm)) {
			key->mac_len = algorithms[i].len;
			key->mac = mac_new(algorithms[i].digest, secret);
			return key;
		}
		free(key);
	}
	return NULL;
}

struct tsig_key *tsig_key_copy(const struct tsig_key *key)
{
	struct tsig_key *copy = mem_copy(key, sizeof *key);
	copy->mac = EVP_MAC_CTX_dup(key->mac);
	must(copy->mac != NULL);
	return copy;
}

void tsig_key_free(struct tsig_key *key)
{
	if (!key)
		return;
	EVP_MAC_CTX_free(key->mac);
	free(key);
}

/* ------------------------------------------------------------------------------------------------ reading */

/* Reads the name at `at`, which may end in a pointer to what came before it. Returns the octets taken there; 0: malformed. */
static size_t read_name(struct name *out, const uint8_t *message, size_t len, size_t at)
{
	uint8_t wire[NAME_WIRE];
	size_t wire_len = 0, taken = 0, limit = at;
	while (at < len) {
		uint8_t label = message[at];
		if (label >= POINTER) {
			if (len - at < 2)
				return 0;
			if (!taken)
				taken = wire_len + 2;
			at = wire_get16(message + at) & 0x3fff;
			if (at >= limit) /* always back, so that it ends */
				return 0;
			limit = at;
			continue;
		}
		if (label > NAME_LABEL || label + 1u > len - at || wire_len + label + 1 > NAME_WIRE)
			return 0;
		memcpy(wire + wire_len, message + at, label + 1u);
		wire_len += label + 1u;
		at += label + 1u;
		if (label == 0)
			return name_read(out, wire, wire_len) ? (taken ? taken : wire_len) : 0;
	}
	return 0;
}

static uint64_t get48(const uint8_t *at)
{
	return (uint64_t)wire_get16(at) << 32 | (uint64_t)wire_get16(at + 2) << 16 | wire_get16(at + 4);
}

static uint8_t *put48(uint8_t *at, uint64_t value)
{
	return wire_put32(wire_put16(at, (unsigned)(value >> 32 & 0xffff)), (uint32_t)value);
}

bool tsig_read(struct tsig *out, const uint8_t *message, size_t len, size_t at)
{
	out->at = at;
	size_t owner = read_name(&out->owner, message, len, at);
	if (owner == 0 || len - at - owner < FIXED)
		return false;
	const uint8_t *fixed = message + at + owner, *rdata = fixed + FIXED, *end = message + len;
	static const uint8_t ttl[4];
	if (wire_get16(fixed) != TYPE_TSIG || wire_get16(fixed + 2) != CLASS_ANY ||
	    memcmp(fixed + 4, ttl, sizeof ttl) != 0 || wire_get16(fixed + 8) != end - rdata)
		return false;
	size_t algorithm = name_read(&out->algorithm, rdata, (size_t)(end - rdata));
	rdata += algorithm;
	if (algorithm == 0 || end - rdata < BEFORE_MAC)
		return false;
	out->time = get48(rdata);
	out->fudge = wire_get16(rdata + 6);
	out->mac_len = wire_get16(rdata + 8);
	out->mac = rdata + BEFORE_MAC;
	if (end - out->mac < out->mac_len + AFTER_MAC)
		return false;
	rdata = out->mac + out->mac_len;
	out->id = wire_get16(rdata);
	out->error = wire_get16(rdata + 2);
	out->other_len = wire_get16(rdata + 4);
	out->other = rdata + AFTER_MAC;
	return end - out->other == out->other_len;
}

/* ------------------------------------------------------------------------------------------------ computing */

struct stamp { /* the variables of a record */
	uint64_t time;
	uint16_t fudge;
	uint16_t error;
	struct bytes other;
	struct bytes mac;
};

static void update(EVP_MAC_CTX *ctx, const void *bytes, size_t len)
{
	must(EVP_MAC_update(ctx, bytes, len) == 1);
}

/* RFC 8945 4.3: the MAC before it, the message as it was without the record, the variables. */
static void compute(uint8_t mac[TSIG_MAC_MAX], const struct tsig_signer *s, const uint8_t *message, size_t len,
                    const struct stamp *stamp)
{
	uint8_t numbers[2 * NAME_WIRE + 32], *at = numbers;
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(s->key->mac);
	size_t mac_len;
	must(ctx != NULL);
	if (s->prior_len) {
		uint8_t size[2];
		wire_put16(size, s->prior_len);
		update(ctx, size, sizeof size);
		update(ctx, s->prior, s->prior_len);
	}
	update(ctx, message, len);
	if (!s->later) {
		at = (uint8_t *)memcpy(at, s->key->name.wire, s->key->name.len) + s->key->name.len;
		at = wire_put32(wire_put16(at, CLASS_ANY), 0);
		at = (uint8_t *)memcpy(at, s->key->algorithm.wire, s->key->algorithm.len) + s->key->algorithm.len;
	}
	at = wire_put16(put48(at, stamp->time), stamp->fudge);
	if (!s->later)
		at = wire_put16(wire_put16(at, stamp->error), (unsigned)stamp->other.len);
	update(ctx, numbers, (size_t)(at - numbers));
	if (!s->later && stamp->other.len)
		update(ctx, stamp->other.at, stamp->other.len);
	must(EVP_MAC_final(ctx, mac, &mac_len, TSIG_MAC_MAX) == 1 && mac_len == s->key->mac_len);
	EVP_MAC_CTX_free(ctx);
}

static bool is_signed(const struct tsig *t, const struct tsig_key *key, const uint8_t *message, struct bytes prior)
{
	uint8_t mac[TSIG_MAC_MAX];
	struct tsig_signer s = {.key = key, .prior_len = (uint8_t)prior.len};
	struct stamp stamp = {t->time, t->fudge, t->error, {(const char *)t->other, t->other_len}, {NULL, 0}};
	uint8_t *whole = mem_copy(message, t->at);
	if (prior.len)
		memcpy(s.prior, prior.at, prior.len);
	wire_put16(whole, t->id);
	wire_put16(whole + 10, wire_get16(whole + 10) - 1u);
	compute(mac, &s, whole, t->at, &stamp);
	free(whole);
	return CRYPTO_memcmp(mac, t->mac, t->mac_len) == 0;
}

enum tsig_error tsig_check(struct tsig *tsig, const struct tsig_key *key, const uint8_t *message, struct bytes prior,
                           uint64_t now)
{
	tsig->now = now;
	if (!key || key->algorithm.len != tsig->algorithm.len ||
	    memcmp(key->algorithm.wire, tsig->algorithm.wire, key->algorithm.len) != 0)
		return TSIG_BADKEY;
	size_t least = key->mac_len / 2 > MAC_LEAST ? key->mac_len / 2 : MAC_LEAST;
	if (tsig->mac_len > key->mac_len || tsig->mac_len < least)
		return TSIG_MALFORMED;
	if (!is_signed(tsig, key, message, prior))
		return TSIG_BADSIG;
	uint64_t apart = now > tsig->time ? now - tsig->time : tsig->time - now;
	if (apart > tsig->fudge)
		return TSIG_BADTIME;
	return tsig->mac_len < key->mac_len ? TSIG_BADTRUNC : TSIG_GOOD;
}

/* ------------------------------------------------------------------------------------------------ writing */

void tsig_signer_init(struct tsig_signer *signer, const struct tsig_key *key, const struct tsig *question)
{
	*signer = (struct tsig_signer){.key = key};
	if (!question)
		return;
	assert(question->mac_len <= TSIG_MAC_MAX);
	signer->prior_len = (uint8_t)question->mac_len;
	memcpy(signer->prior, question->mac, question->mac_len);
}

size_t tsig_size(const struct tsig_key *key)
{
	return (size_t)key->name.len + FIXED + key->algorithm.len + BEFORE_MAC + key->mac_len + AFTER_MAC + OTHER_TIME;
}

/* The record at the end of a message, whose count of additional records it raises. */
static size_t add_record(uint8_t *message, size_t len, const struct name *owner, const struct name *algorithm,
                         const struct stamp *stamp)
{
	struct bytes mac = stamp->mac;
	uint8_t *at = message + len;
	size_t rdata = algorithm->len + BEFORE_MAC + mac.len + AFTER_MAC + stamp->other.len;
	at = (uint8_t *)memcpy(at, owner->wire, owner->len) + owner->len;
	at = wire_put32(wire_put16(wire_put16(at, TYPE_TSIG), CLASS_ANY), 0);
	at = wire_put16(at, (unsigned)rdata);
	at = (uint8_t *)memcpy(at, algorithm->wire, algorithm->len) + algorithm->len;
	at = wire_put16(wire_put16(put48(at, stamp->time), stamp->fudge), (unsigned)mac.len);
	if (mac.len)
		memcpy(at, mac.at, mac.len);
	at = wire_put16(at + mac.len, wire_get16(message));
	at = wire_put16(wire_put16(at, stamp->error), (unsigned)stamp->other.len);
	if (stamp->other.len)
		memcpy(at, stamp->other.at, stamp->other.len);
	wire_put16(message + 10, wire_get16(message + 10) + 1u);
	return (size_t)(at - message) + stamp->other.len;
}

static size_t sign(struct tsig_signer *s, uint8_t *message, size_t len, struct stamp *stamp)
{
	compute(s->prior, s, message, len, stamp);
	s->prior_len = s->key->mac_len;
	s->later = true;
	stamp->mac = (struct bytes){(const char *)s->prior, s->prior_len};
	return add_record(message, len, &s->key->name, &s->key->algorithm, stamp);
}

size_t tsig_sign(struct tsig_signer *signer, uint8_t *message, size_t len, uint64_t now)
{
	struct stamp stamp = {.time = now, .fudge = TSIG_FUDGE};
	return sign(signer, message, len, &stamp);
}

size_t tsig_sign_error(struct tsig_signer *signer, uint8_t *message, size_t len, const struct tsig *question,
                       enum tsig_error error)
{
	uint8_t time[OTHER_TIME];
	struct stamp stamp = {.time = question->time, .fudge = question->fudge, .error = (uint16_t)error};
	put48(time, question->now);
	if (error == TSIG_BADTIME)
		stamp.other = (struct bytes){(const char *)time, sizeof time};
	return sign(signer, message, len, &stamp);
}

size_t tsig_refusal_size(const struct tsig *question)
{
	return (size_t)question->owner.len + FIXED + question->algorithm.len + BEFORE_MAC + AFTER_MAC;
}

size_t tsig_refuse(uint8_t *message, size_t len, const struct tsig *question, enum tsig_error error)
{
	const struct stamp stamp = {.time = question->time, .fudge = question->fudge, .error = (uint16_t)error};
	return add_record(message, len, &question->owner, &question->algorithm, &stamp);
}
