/* tls_context.c - see tls_context.h. */
#include "base/tls_context.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum { TICKET_NAME = 16, TICKET_SECRET = 32, TICKET_SECONDS = 3600 };

struct ticket_key {
	unsigned char name[TICKET_NAME]; /* tells which key a ticket was made with */
	unsigned char cipher[TICKET_SECRET];
	unsigned char mac[TICKET_SECRET];
};

struct tickets {
	pthread_mutex_t lock;
	int64_t rolled_ms;
	bool have_before;
	struct ticket_key now;
	struct ticket_key before;
};

/* ----------------------------------------------------------------------------------------------------------- tickets */

/* Under the lock. False: no random numbers. */
static bool roll(struct tickets *t, int64_t now_ms)
{
	int64_t age = now_ms - t->rolled_ms;
	if (t->rolled_ms && age < (int64_t)TICKET_SECONDS * 1000)
		return true;
	t->have_before = t->rolled_ms && age < (int64_t)TICKET_SECONDS * 2000;
	t->before = t->now;
	t->rolled_ms = now_ms;
	return RAND_bytes((unsigned char *)&t->now, sizeof t->now) == 1;
}

/* Copies the key to make tickets with (name NULL), or the one of this name. 1 the newest, 2 the one before, 0 none. */
static int key_copy(struct tickets *t, struct ticket_key *out, const unsigned char *name)
{
	int found = 0;
	pthread_mutex_lock(&t->lock);
	if (roll(t, clock_mono_ms())) {
		if (!name || memcmp(name, t->now.name, TICKET_NAME) == 0)
			found = 1;
		else if (t->have_before && memcmp(name, t->before.name, TICKET_NAME) == 0)
			found = 2;
		*out = found == 2 ? t->before : t->now;
	}
	pthread_mutex_unlock(&t->lock);
	return found;
}

static bool set_keys(const struct ticket_key *key, const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                     int making)
{
	char digest[] = "SHA256";
	unsigned char secret[TICKET_SECRET];
	memcpy(secret, key->mac, sizeof secret);
	OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret, sizeof secret),
	                       OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	                       OSSL_PARAM_construct_end()};
	bool set = EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv, making) == 1 &&
	           EVP_MAC_CTX_set_params(mac, params) == 1;
	OPENSSL_cleanse(secret, sizeof secret);
	return set;
}

/* budget: OpenSSL's own six. */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                     int making)
{
	struct ticket_key key;
	struct tickets *tickets = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	int found = key_copy(tickets, &key, making ? NULL : name);
	if (making && found) {
		memcpy(name, key.name, TICKET_NAME);
		if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
			found = 0;
	}
	/* A client of TLS 1.3 uses a ticket once (RFC 8446 C.4): each gets it the next one. */
	if (found == 1 && !making && SSL_version(ssl) == TLS1_3_VERSION)
		found = 2;
	if (found && !set_keys(&key, iv, cipher, mac, making))
		found = -1;
	OPENSSL_cleanse(&key, sizeof key);
	return found;
}

/* ----------------------------------------------------------------------------------------------------------- context */

static bool configure(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
	                             SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                          SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1); /* a record in one call, not its head and then its body */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(ctx, TICKET_SECONDS);
	return SSL_CTX_set_num_tickets(ctx, 1) == 1 && SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
	       SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") == 1 &&
	       SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1;
}

SSL_CTX *tls_context_new(const struct tls_callbacks *callbacks)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx || !configure(ctx)) {
		log_error("tls cannot be set up: %s", ERR_reason_error_string(ERR_peek_error()));
		SSL_CTX_free(ctx);
		return NULL;
	}
	struct tickets *tickets = mem_new(sizeof *tickets);
	pthread_mutex_init(&tickets->lock, NULL);
	SSL_CTX_set_app_data(ctx, tickets);
	SSL_CTX_set_tlsext_servername_callback(ctx, callbacks->server_name);
	SSL_CTX_set_alpn_select_cb(ctx, callbacks->alpn, NULL);
	return ctx;
}

void tls_context_free(SSL_CTX *context)
{
	if (!context)
		return;
	struct tickets *tickets = SSL_CTX_get_app_data(context);
	SSL_CTX_free(context);
	pthread_mutex_destroy(&tickets->lock);
	OPENSSL_cleanse(tickets, sizeof *tickets);
	free(tickets);
}
