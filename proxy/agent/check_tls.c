/* check_tls.c - see check_tls.h. */
#include "check_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

struct check_tls {
	SSL *session;
	char why[120];
};

/* Reading the host's authorities takes milliseconds and a megabyte, so they are read once. */
static SSL_CTX *context(void)
{
	static SSL_CTX *shared;
	if (shared)
		return shared;
	shared = SSL_CTX_new(TLS_client_method());
	if (!shared)
		abort();
	SSL_CTX_set_min_proto_version(shared, TLS1_2_VERSION);
	SSL_CTX_set_default_verify_paths(shared);
	SSL_CTX_set_options(shared, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
	return shared;
}

struct check_tls *check_tls_new(int fd, const char *server_name, bool verify)
{
	struct check_tls *t = mem_new(sizeof *t);
	t->session = SSL_new(context());
	if (!t->session || SSL_set_fd(t->session, fd) != 1 || SSL_set_tlsext_host_name(t->session, server_name) != 1 ||
	    SSL_set1_host(t->session, server_name) != 1)
		abort(); /* out of memory */
	SSL_set_verify(t->session, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	SSL_set_connect_state(t->session);
	return t;
}

void check_tls_free(struct check_tls *tls)
{
	if (!tls)
		return;
	if (SSL_is_init_finished(tls->session))
		SSL_shutdown(tls->session);
	SSL_free(tls->session);
	ERR_clear_error();
	free(tls);
}

static void note_why(struct check_tls *t)
{
	long verdict = SSL_get_verify_result(t->session);
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	if (verdict != X509_V_OK && SSL_get_verify_mode(t->session) != SSL_VERIFY_NONE)
		snprintf(t->why, sizeof t->why, "its certificate is not accepted: %s",
		         X509_verify_cert_error_string(verdict));
	else
		snprintf(t->why, sizeof t->why, "no TLS session: %s",
		         reason ? reason : "the connection ended in the handshake");
}

enum check_tls_step check_tls_shake(struct check_tls *tls)
{
	ERR_clear_error();
	int rc = SSL_do_handshake(tls->session);
	if (rc == 1)
		return CHECK_TLS_DONE;
	switch (SSL_get_error(tls->session, rc)) {
	case SSL_ERROR_WANT_READ:
		return CHECK_TLS_READ;
	case SSL_ERROR_WANT_WRITE:
		return CHECK_TLS_WRITE;
	default:
		note_why(tls);
		return CHECK_TLS_FAILED;
	}
}

static ssize_t result(struct check_tls *t, int rc)
{
	switch (SSL_get_error(t->session, rc)) {
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	default:
		errno = EPROTO;
		return -1;
	}
}

ssize_t check_tls_recv(struct check_tls *tls, void *bytes, size_t size)
{
	size_t got;
	ERR_clear_error();
	int rc = SSL_read_ex(tls->session, bytes, size, &got);
	return rc == 1 ? (ssize_t)got : result(tls, rc);
}

ssize_t check_tls_send(struct check_tls *tls, const void *bytes, size_t len)
{
	size_t put;
	ERR_clear_error();
	int rc = SSL_write_ex(tls->session, bytes, len, &put);
	return rc == 1 ? (ssize_t)put : result(tls, rc);
}

const char *check_tls_why(const struct check_tls *tls)
{
	return tls->why;
}
