/* dot.c - see dot.h. */
#include "dot.h"

#include <ev.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file_look.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/tls_context.h"
#include "pki.h"

static const double LOOK_SECONDS = 1;

struct dot {
	SSL_CTX *context;
	struct file_look certificate, key; /* the loop's thread's */
	struct ev_loop *loop;              /* NULL: nobody looks */
	ev_timer look;
	pthread_mutex_t lock;
	struct pki_pair pair; /* under the lock */
};

/* -------------------------------------------------------------------------------------------------------- in handshakes */

/* RFC 7301 3.2: who offers protocols and not ours is told so; who offers none is taken at the port's word.
 * budget: OpenSSL's own six. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                   unsigned in_len, void *unused)
{
	static const unsigned char ours[] = {3, 'd', 'o', 't'};
	unsigned char *chosen;
	(void)ssl, (void)unused;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours, in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static int on_certificate(SSL *ssl, void *owner)
{
	struct dot *d = owner;
	pthread_mutex_lock(&d->lock);
	int used = SSL_use_cert_and_key(ssl, d->pair.leaf, d->pair.key, d->pair.chain, 1);
	pthread_mutex_unlock(&d->lock);
	return used;
}

/* ---------------------------------------------------------------------------------------------------------------- files */

static int read_pair(struct pki_pair *out, const struct dot *d, struct text *why)
{
	struct text chain = {0}, key = {0}, wrong = {0};
	int rc = -1;
	if (file_look_read(d->certificate.path, &chain, why) == 0 && file_look_read(d->key.path, &key, why) == 0) {
		rc = pki_read(out, (struct bytes){text_string(&chain), chain.len},
		              (struct bytes){text_string(&key), key.len}, &wrong);
		if (rc < 0)
			text_format(why, "%s, %s: %s", d->certificate.path, d->key.path, text_string(&wrong));
	}
	if (key.len > 0)
		OPENSSL_cleanse(key.at, key.len);
	text_free(&key);
	text_free(&chain);
	text_free(&wrong);
	return rc;
}

static void use(struct dot *d, const struct pki_pair *pair)
{
	pthread_mutex_lock(&d->lock);
	struct pki_pair old = d->pair;
	d->pair = *pair;
	pthread_mutex_unlock(&d->lock);
	pki_pair_fini(&old); /* connections that use it have their own hold */
	if (pki_expires_ms(pair) < clock_wall_ms())
		log_warn("tls certificate has expired path=%s: clients that check it will not come",
		         d->certificate.path);
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct dot *d = timer->data;
	struct pki_pair pair = {0};
	struct text why = {0};
	(void)loop, (void)events;
	bool certificate = file_look_changed(&d->certificate), key = file_look_changed(&d->key);
	if (!certificate && !key)
		return;
	if (read_pair(&pair, d, &why) == 0) {
		use(d, &pair);
		log_info("tls certificate read again path=%s", d->certificate.path);
	} else {
		log_error("tls certificate not read again: %s; the one before is used", text_string(&why));
	}
	text_free(&why);
}

/* ----------------------------------------------------------------------------------------------------------------- life */

struct dot *dot_open(const char *certificate, const char *key, struct text *why)
{
	struct dot *d = mem_new(sizeof *d);
	struct pki_pair pair = {0};
	d->certificate.path = certificate;
	d->key.path = key;
	pthread_mutex_init(&d->lock, NULL);
	(void)file_look_changed(&d->certificate);
	(void)file_look_changed(&d->key);
	if (read_pair(&pair, d, why) < 0)
		goto free_dot;
	d->context = tls_context_new(&(struct tls_callbacks){NULL, on_alpn});
	if (!d->context) {
		text_put(why, "TLS cannot be set up");
		goto free_pair;
	}
	SSL_CTX_set_cert_cb(d->context, on_certificate, d);
	use(d, &pair);
	return d;
free_pair:
	pki_pair_fini(&pair);
free_dot:
	pthread_mutex_destroy(&d->lock);
	free(d);
	return NULL;
}

void dot_watch(struct dot *d, struct ev_loop *loop)
{
	d->loop = loop;
	ev_timer_init(&d->look, on_look, LOOK_SECONDS, LOOK_SECONDS);
	d->look.data = d;
	ev_timer_start(loop, &d->look);
}

SSL_CTX *dot_context(struct dot *d)
{
	return d->context;
}

void dot_free(struct dot *d)
{
	if (!d)
		return;
	if (d->loop)
		ev_timer_stop(d->loop, &d->look);
	tls_context_free(d->context);
	pki_pair_fini(&d->pair);
	pthread_mutex_destroy(&d->lock);
	free(d);
}
