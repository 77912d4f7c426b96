/* keyring.c - see keyring.h. */
#include "keyring.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "catalog.h"
#include "certificate.h"
#include "pki.h"
#include "seal.h"

enum {
	LEAF_SECONDS = 3 * 86400, /* a certificate of the authority holds so long ... */
	RENEW_MS = 86400 * 1000   /* ... and is made anew after a third of it */
};

struct slot {
	char *hostname;
	char *chain; /* NULL: made here */
	char *sealed;
	bool own; /* signed by itself, not by the authority */
	struct pki_pair pair;
	int64_t renew_ms; /* 0: there is none yet */
};

struct keyring {
	atomic_uint holds;
	unsigned char scope[KEYRING_SCOPE];
	bool has_seal;
	struct seal seal;
	char *app;
	char *org;
	char *authority_chain; /* NULL: none */
	char *authority_key;
	struct in6_addr *addresses;
	uint32_t address_count;
	pthread_mutex_t lock; /* of what follows; held while a key is read or made, a fraction of a millisecond */
	struct pki_pair authority;
	uint32_t count;
	struct slot slots[]; /* <app>.flycast, the names of the registry, and the one that vouches for itself */
};

/* ------------------------------------------------------------------------------------------------------- life */

static void put_text(struct text *out, const char *text)
{
	text_add(out, text ? text : "\xff", text ? strlen(text) + 1 : 2); /* a text has no such octet */
}

static void scope_of(unsigned char out[KEYRING_SCOPE], const struct catalog_app *app)
{
	struct text all = {0};
	put_text(&all, app->name);
	put_text(&all, app->org);
	put_text(&all, app->authority_chain);
	put_text(&all, app->authority_key);
	for (uint32_t i = 0; i < app->address_count; i++)
		text_add(&all, (const char *)&app->addresses[i].ip, sizeof app->addresses[i].ip);
	for (uint32_t i = 0; i < app->certificate_count; i++) {
		put_text(&all, app->certificates[i].hostname);
		put_text(&all, app->certificates[i].chain);
		put_text(&all, app->certificates[i].key);
	}
	_Static_assert(KEYRING_SCOPE == SHA256_DIGEST_LENGTH, "a digest is the scope");
	SHA256((const unsigned char *)all.at, all.len, out);
	text_free(&all);
}

static bool has_tls(const struct catalog_app *app)
{
	for (uint32_t i = 0; i < app->port_count; i++)
		if (app->ports[i].handlers & (HANDLER_TLS | HANDLER_PG_TLS))
			return true;
	return false;
}

static void fill(struct keyring *k, const struct catalog_app *app)
{
	struct text own = {0};
	text_format(&own, "%s.flycast", app->name);
	k->app = mem_text(app->name);
	k->org = mem_text(app->org);
	k->authority_chain = mem_text(app->authority_chain);
	k->authority_key = mem_text(app->authority_key);
	k->address_count = app->address_count;
	k->addresses = mem_new_array(app->address_count + 1, sizeof *k->addresses);
	for (uint32_t i = 0; i < app->address_count; i++)
		k->addresses[i] = app->addresses[i].ip;
	k->slots[0].hostname = mem_text(own.at);
	k->slots[k->count - 1].hostname = own.at;
	k->slots[k->count - 1].own = true;
	for (uint32_t i = 0; i < app->certificate_count; i++) {
		struct slot *slot = &k->slots[1 + i];
		slot->hostname = mem_text(app->certificates[i].hostname);
		slot->chain = mem_text(app->certificates[i].chain);
		slot->sealed = mem_text(app->certificates[i].key);
	}
}

struct keyring *keyring_for(const struct catalog_app *app, struct keyring *old, const struct seal *seal)
{
	unsigned char scope[KEYRING_SCOPE];
	if (!has_tls(app))
		return NULL;
	scope_of(scope, app);
	if (old && memcmp(old->scope, scope, sizeof scope) == 0) {
		atomic_fetch_add(&old->holds, 1);
		return old;
	}
	uint32_t count = app->certificate_count + 2;
	struct keyring *k = mem_new(sizeof *k + count * sizeof *k->slots);
	atomic_init(&k->holds, 1);
	memcpy(k->scope, scope, sizeof scope);
	pthread_mutex_init(&k->lock, NULL);
	k->count = count;
	k->has_seal = seal;
	if (seal)
		k->seal = *seal;
	fill(k, app);
	return k;
}

void keyring_drop(struct keyring *k)
{
	if (!k || atomic_fetch_sub(&k->holds, 1) > 1)
		return;
	for (uint32_t i = 0; i < k->count; i++) {
		free(k->slots[i].hostname);
		free(k->slots[i].chain);
		free(k->slots[i].sealed);
		pki_pair_fini(&k->slots[i].pair);
	}
	pki_pair_fini(&k->authority);
	pthread_mutex_destroy(&k->lock);
	free(k->app);
	free(k->org);
	free(k->authority_chain);
	free(k->authority_key);
	free(k->addresses);
	OPENSSL_cleanse(&k->seal, sizeof k->seal);
	free(k);
}

const unsigned char *keyring_scope(const struct keyring *k)
{
	return k->scope;
}

/* ------------------------------------------------------------------------------------------------------- reading */

/* A certificate with a sealed key. NULL, or why it cannot be used, at least as long as the thread's next call. */
static const char *read_pair(const struct keyring *k, struct pki_pair *out, const char *label, struct bytes chain,
                             const char *sealed)
{
	static _Thread_local struct text sentence;
	struct text key = {0};
	text_clear(&sentence);
	if (!k->has_seal)
		text_put(&sentence, "the proxy could not read the seal of the registry's private keys when it started");
	else if (seal_open(&k->seal, sealed, label, &key) < 0)
		text_put(&sentence, "its key was sealed with another seal than the proxy has; add it again");
	else
		(void)pki_read(out, chain, (struct bytes){text_string(&key), key.len}, &sentence);
	seal_wipe(&key);
	return sentence.len ? sentence.at : NULL;
}

static const char *need_authority(struct keyring *k)
{
	char label[LABEL_ROOM + 16];
	if (k->authority.leaf)
		return NULL;
	return read_pair(k, &k->authority, certificate_label(label, sizeof label, NULL, k->org),
	                 bytes_of(k->authority_chain), k->authority_key);
}

static const char *make(struct keyring *k, struct slot *slot, int64_t now_ms)
{
	struct pki_pair made;
	const char *why = slot->own ? NULL : need_authority(k);
	if (why)
		return why;
	bool numbers = slot == &k->slots[0] || slot->own;
	struct pki_order order = {slot->hostname, k->addresses, numbers ? k->address_count : 0, LEAF_SECONDS};
	if (pki_issue(&made, slot->own ? NULL : &k->authority, &order) < 0)
		return "OpenSSL could not make it";
	pki_pair_fini(&slot->pair); /* connections that use it have their own hold */
	slot->pair = made;
	slot->renew_ms = now_ms + RENEW_MS;
	return NULL;
}

/* Under the lock: the pair is there and holds. NULL, or why not. */
static const char *ready(struct keyring *k, struct slot *slot)
{
	char label[LABEL_ROOM + HOSTNAME_ROOM + 16];
	int64_t now_ms = clock_wall_ms();
	if (!slot->chain) /* a clock that was set back by more than a renewal makes it anew as well */
		return now_ms < slot->renew_ms && slot->renew_ms <= now_ms + RENEW_MS ? NULL : make(k, slot, now_ms);
	if (slot->pair.leaf)
		return NULL;
	return read_pair(k, &slot->pair, certificate_label(label, sizeof label, k->app, slot->hostname),
	                 bytes_of(slot->chain), slot->sealed);
}

/* ------------------------------------------------------------------------------------------------------- finding */

/* RFC 6125 6.4.3: an asterisk stands for one whole label. */
static bool answers_to(const struct slot *slot, const char *name)
{
	if (strcasecmp(slot->hostname, name) == 0)
		return true;
	const char *rest = strchr(name, '.');
	return slot->hostname[0] == '*' && rest && rest > name && strcasecmp(slot->hostname + 1, rest) == 0;
}

static bool can_be(const struct keyring *k, const struct slot *slot)
{
	return slot->chain || k->authority_chain;
}

/* The name itself comes before one with an asterisk, whatever their order. */
static struct slot *find(struct keyring *k, const struct keyring_ask *ask)
{
	struct slot *wide = NULL;
	for (uint32_t i = 0; i + 1 < k->count; i++) {
		struct slot *slot = &k->slots[i];
		if (!can_be(k, slot) || (ask->name && !answers_to(slot, ask->name)))
			continue;
		if (!ask->name || slot->hostname[0] != '*')
			return slot;
		wide = slot;
	}
	return !wide && ask->self_signed ? &k->slots[k->count - 1] : wide;
}

enum keyring_find keyring_use(struct keyring *k, SSL *ssl, const struct keyring_ask *ask, char *why, size_t size)
{
	struct slot *slot = find(k, ask);
	if (!slot)
		return ask->name ? KEYRING_UNKNOWN : KEYRING_NONE;
	pthread_mutex_lock(&k->lock);
	const char *wrong = ready(k, slot);
	if (!wrong && SSL_use_cert_and_key(ssl, slot->pair.leaf, slot->pair.key, slot->pair.chain, 1) != 1)
		wrong = ERR_reason_error_string(ERR_peek_error());
	pthread_mutex_unlock(&k->lock);
	ERR_clear_error();
	if (!wrong)
		return KEYRING_FOUND;
	snprintf(why, size, "%s: %s", slot->hostname, wrong);
	return KEYRING_BROKEN;
}
