/* greet.c - see greet.h. */
#include "greet.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/tls_context.h"
#include "conn.h"
#include "front.h"
#include "keyring.h"
#include "port_options.h"
#include "postgres.h"
#include "proxy.h"
#include "worker.h"

enum {
	WHY_ROOM = 400,
	PREFIX_FDAA = 14,
	PREFIX_OTHER = 8 /* octets of an address that make one source */,
	NAME_MOST = 255
};

/* What a callback of the handshake found out; the handshake that was going on fails then. */
static _Thread_local struct {
	enum refusal refusal;
	char why[WHY_ROOM];
} found;

void greet_fail(struct conn *c, enum refusal refusal, const char *why)
{
	char sentence[CONN_SENTENCE];
	conn_report(c, refusal, why, sentence);
	conn_free(c, false);
}

/* ----------------------------------------------------------------------------------------------------- the handshake */

static const struct site_port *port_of(const struct conn *c, const struct site_address **address)
{
	*address = fleet_address(&c->worker->proxy->fleet, &c->way.address);
	return *address ? site_port((*address)->site, c->way.port) : NULL;
}

static int refuse_name(int *alert, enum refusal refusal, const char *why)
{
	found.refusal = refusal;
	if (refusal == REFUSAL_TLS_UNKNOWN_NAME || refusal == REFUSAL_TLS_NAME_RATE) /* the client's own words */
		log_quote(found.why, sizeof found.why, why);
	else
		snprintf(found.why, sizeof found.why, "%s", why);
	*alert = refusal == REFUSAL_TLS_UNKNOWN_NAME ? SSL_AD_UNRECOGNIZED_NAME : SSL_AD_INTERNAL_ERROR;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* One more handshake for this name of the app; a ClientHello may come twice (RFC 8446 4.1.4). Names without end are told
 * apart by their certificates, not here: few cells for many names, in whatever case they are written. */
static bool may_ask_for(struct conn *c, const struct keyring *keyring, const char *name)
{
	struct proxy *proxy = c->worker->proxy;
	unsigned char key[KEYRING_SCOPE + NAME_MOST];
	size_t len = 0;
	if (proxy->names.per_second == 0 || c->greeting.named)
		return true;
	c->greeting.named = true;
	memcpy(key, keyring_scope(keyring), KEYRING_SCOPE);
	for (; name && name[len] && len < NAME_MOST; len++)
		key[KEYRING_SCOPE + len] = (unsigned char)(name[len] >= 'A' && name[len] <= 'Z' ? name[len] | 32
		                                                                                : name[len]);
	return rate_take(&proxy->names, hash_bytes(key, KEYRING_SCOPE + len, 0), clock_mono_ns());
}

/* An address is no name (RFC 6066 3): clients that say one all the same are served as if they had said none. */
static const char *name_of(const SSL *ssl)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	struct in6_addr ip;
	return name && addr_ip_parse(&ip, name) ? NULL : name;
}

static int on_server_name(SSL *ssl, int *alert, void *unused)
{
	struct conn *c = SSL_get_app_data(ssl);
	const struct site_address *address;
	const struct site_port *port = port_of(c, &address);
	char why[WHY_ROOM];
	(void)unused;
	if (!port || !address->site->keyring)
		return refuse_name(alert, REFUSAL_TLS_INTERNAL, "the port is gone");
	struct keyring_ask ask = {name_of(ssl), port->options->default_self_signed};
	if (!may_ask_for(c, address->site->keyring, ask.name))
		return refuse_name(alert, REFUSAL_TLS_NAME_RATE, ask.name ? ask.name : "no name");
	switch (keyring_use(address->site->keyring, ssl, &ask, why, sizeof why)) {
	case KEYRING_FOUND:
		return SSL_TLSEXT_ERR_OK;
	case KEYRING_UNKNOWN:
		return refuse_name(alert, REFUSAL_TLS_UNKNOWN_NAME, ask.name);
	case KEYRING_NONE:
		return refuse_name(alert, REFUSAL_TLS_NO_CERTIFICATE, "");
	case KEYRING_BROKEN:
		break;
	}
	return refuse_name(alert, REFUSAL_TLS_INTERNAL, why);
}

/* What the port speaks, best first, as in a ClientHello; empty: nobody is asked. */
static struct bytes protocols_of(const struct conn *c, const struct site_port *port)
{
	if (port->options->alpn)
		return (struct bytes){port->options->alpn, port->options->alpn_len};
	if (c->greeting.postgres)
		return BYTES("\x0apostgresql");
	return c->http ? BYTES("\x02h2\x08http/1.1") : BYTES("");
}

/* A port may be told to offer what its handler does not speak. */
static bool is_spoken(const struct conn *c, const unsigned char *name, size_t len)
{
	return !c->http || (len == 2 && memcmp(name, "h2", 2) == 0) || (len == 8 && memcmp(name, "http/1.1", 8) == 0);
}

static bool is_offered(const unsigned char *name, size_t len, const unsigned char *in, unsigned in_len)
{
	for (const unsigned char *end = in + in_len; in < end; in += 1 + *in)
		if (*in == len && memcmp(in + 1, name, len) == 0)
			return true;
	return false;
}

/* budget: OpenSSL's own six. in was checked to be a list. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                   unsigned in_len, void *unused)
{
	const struct conn *c = SSL_get_app_data(ssl);
	const struct site_address *address;
	const struct site_port *port = port_of(c, &address);
	(void)unused;
	struct bytes ours = port ? protocols_of(c, port) : BYTES("");
	if (ours.len == 0)
		return SSL_TLSEXT_ERR_NOACK;
	const unsigned char *at = (const unsigned char *)ours.at;
	for (const unsigned char *end = at + ours.len; at < end; at += 1 + *at) {
		if (!is_spoken(c, at + 1, *at) || !is_offered(at + 1, *at, in, in_len))
			continue;
		*out = at + 1;
		*out_len = *at;
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL; /* no_application_protocol, RFC 7301 3.2 */
}

struct ssl_ctx_st *greet_context_new(void)
{
	return tls_context_new(&(struct tls_callbacks){on_server_name, on_alpn});
}

static bool set_up(struct conn *c)
{
	const struct site_address *address;
	const struct site_port *port = port_of(c, &address);
	if (!port || !address->site->keyring)
		return false;
	c->client.tls = tls_new(c->worker->proxy->tls, c->client.io.fd, c, c->http);
	if (!c->client.tls)
		return false;
	SSL *ssl = c->client.tls->ssl;
	bool old = port->options->tls_versions & PORT_TLS_1_2;
	bool new = port->options->tls_versions &PORT_TLS_1_3;
	return SSL_set_min_proto_version(ssl, old ? TLS1_2_VERSION : TLS1_3_VERSION) == 1 &&
	       SSL_set_max_proto_version(ssl, new ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
	       SSL_set_session_id_context(ssl, keyring_scope(address->site->keyring), KEYRING_SCOPE) == 1;
}

/* The client's own bytes come now. Which HTTP it chose (ALPN) its first ones say again. */
static void done(struct conn *c)
{
	SSL *ssl = c->client.tls->ssl;
	const unsigned char *protocol;
	unsigned len;
	SSL_get0_alpn_selected(ssl, &protocol, &len);
	if (c->greeting.direct && len == 0) {
		greet_fail(c, REFUSAL_TLS_FAILED, "TLS without SSLRequest must name the protocol postgresql (ALPN)");
		return;
	}
	counter_add(&c->worker->counters.handshakes, 1);
	counter_add(&c->worker->counters.resumed, SSL_session_reused(ssl) == 1);
	c->secure = true;
	wire_want(c->worker->loop, &c->client, EV_READ);
	if (c->greeting.postgres) {
		postgres_begin(c);
		return;
	}
	deadline_clear(&c->deadline);
	c->greeting.stage = GREET_OVER;
	conn_begin(c);
}

void greet_handshake(struct conn *c)
{
	char why[WHY_ROOM];
	if (!c->client.tls && !set_up(c)) {
		greet_fail(c, REFUSAL_TLS_INTERNAL, "the connection could not be set up");
		return;
	}
	found.refusal = REFUSAL_TLS_FAILED;
	found.why[0] = '\0';
	switch (tls_handshake(c->client.tls, why, sizeof why)) {
	case TLS_DONE:
		done(c);
		return;
	case TLS_WANTS_READ:
		wire_want(c->worker->loop, &c->client, EV_READ);
		return;
	case TLS_WANTS_WRITE:
		wire_want(c->worker->loop, &c->client, EV_WRITE);
		return;
	case TLS_ENDED:
		greet_fail(c, REFUSAL_TLS_CANCELED, why);
		return;
	case TLS_FAILED:
		greet_fail(c, found.refusal, found.refusal == REFUSAL_TLS_FAILED ? why : found.why);
		return;
	}
}

/* ------------------------------------------------------------------------------------------------------------- whole */

/* A Machine's addresses are one source, or a network's elsewhere. */
static uint64_t source_of(const struct conn *c)
{
	const struct in6_addr *ip = &c->way.client;
	return hash_bytes(ip->s6_addr, network_of_ip(ip) ? PREFIX_FDAA : PREFIX_OTHER, 0);
}

void greet_begin(struct conn *c)
{
	struct worker *worker = c->worker;
	c->greeting.stage = c->greeting.postgres ? GREET_POSTGRES : GREET_HANDSHAKE;
	if (!rate_take(&worker->proxy->handshakes, source_of(c), clock_mono_ns())) {
		greet_fail(c, REFUSAL_TLS_RATE, NULL);
		return;
	}
	deadline_set(&worker->deadlines, &c->deadline, DEADLINE_HANDSHAKE);
	wire_want(worker->loop, &c->client, EV_READ);
	greet_client(c);
}

void greet_client(struct conn *c)
{
	switch ((enum greet_stage)c->greeting.stage) {
	case GREET_FRONT:
		front_client(c);
		return;
	case GREET_POSTGRES:
		postgres_ask(c);
		return;
	case GREET_HANDSHAKE:
		greet_handshake(c);
		return;
	case GREET_STARTUP:
		postgres_client(c);
		return;
	case GREET_OVER:
		return;
	}
}

void greet_late(struct conn *c)
{
	c->waited_ms = (uint32_t)(c->worker->proxy->limits.handshake_timeout * 1000);
	greet_fail(c, REFUSAL_TLS_TIMEOUT,
	           c->greeting.stage == GREET_STARTUP ? "its start-up packet" : "its TLS handshake");
}
