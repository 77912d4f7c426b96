/* tls.c - see tls.h. */
#include "tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "tls_bio.h"

struct tls *tls_new(SSL_CTX *context, int fd, void *owner, bool framed)
{
	struct tls *t = mem_new(sizeof *t);
	SSL *ssl = t->ssl = SSL_new(context);
	if (!ssl || tls_bio_set(t, fd) < 0) {
		SSL_free(ssl);
		ERR_clear_error();
		free(t);
		return NULL;
	}
	SSL_set_app_data(ssl, owner);
	SSL_set_accept_state(ssl);
	if (framed)
		SSL_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
	t->end = IO_DONE;
	return t;
}

void tls_free(struct tls *t, bool reset)
{
	if (!t)
		return;
	if (!reset && !t->broken && !SSL_in_init(t->ssl))
		(void)SSL_shutdown(t->ssl); /* as far as the socket takes it */
	SSL_free(t->ssl);
	ERR_clear_error();
	free(t);
}

/* The last call on the connection returned rc <= 0. */
static enum io_result outcome(struct tls *t, int rc)
{
	int why = errno;
	t->read_writes = false;
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return IO_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		t->read_writes = true;
		return IO_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return IO_END;
	case SSL_ERROR_SSL:
		t->broken = true;
		errno = EPROTO;
		return IO_FAILED;
	default:
		t->broken = true;
		errno = why ? why : ECONNRESET;
		return IO_FAILED;
	}
}

/* ------------------------------------------------------------------------------------------------------- handshake */

static enum tls_step handshake_failed(struct tls *t, int error, int why, char *out, size_t size)
{
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	t->broken = true;
	if (error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN ||
	    ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		snprintf(out, size, "%s", why ? strerrordesc_np(why) : "it closed");
		return TLS_ENDED;
	}
	snprintf(out, size, "%s", reason ? reason : "no reason was given");
	return TLS_FAILED;
}

enum tls_step tls_handshake(struct tls *t, char *why, size_t size)
{
	ERR_clear_error();
	errno = 0;
	int rc = SSL_do_handshake(t->ssl);
	int error = rc == 1 ? SSL_ERROR_NONE : SSL_get_error(t->ssl, rc);
	switch (error) {
	case SSL_ERROR_NONE:
		t->more = true; /* the first bytes often come with the client's Finished */
		return TLS_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_WANTS_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANTS_WRITE;
	default:
		return handshake_failed(t, error, errno, why, size);
	}
}

/* --------------------------------------------------------------------------------------------------- reading, writing */

enum io_result tls_read(struct tls *t, struct block *block)
{
	uint32_t before = block->to;
	if (block->to >= BLOCK_SIZE)
		return IO_AGAIN;
	enum io_result got = t->end;
	while (got == IO_DONE && block->to < BLOCK_SIZE) {
		ERR_clear_error();
		errno = 0;
		int n = SSL_read(t->ssl, block->bytes + block->to, (int)(BLOCK_SIZE - block->to));
		if (n > 0)
			block->to += (uint32_t)n;
		else
			got = outcome(t, n);
	}
	if (got == IO_END || got == IO_FAILED)
		t->end = got;
	/* What came before an end is read first; the end is told next time. */
	t->more = block->to > before && (got == IO_DONE ? SSL_has_pending(t->ssl) == 1 : got != IO_AGAIN);
	return block->to > before ? IO_DONE : got;
}

/* As much as the socket takes; sent says how much that is. */
static enum io_result send_out(struct tls *t, const char *bytes, size_t len, size_t *sent)
{
	*sent = 0;
	while (*sent < len) {
		ERR_clear_error();
		errno = 0;
		/* SSL_write() makes one record at a time (ENABLE_PARTIAL_WRITE). */
		t->more_follows = len - *sent > SSL3_RT_MAX_PLAIN_LENGTH;
		int n = SSL_write(t->ssl, bytes + *sent, (int)(len - *sent));
		t->more_follows = false;
		if (n <= 0) {
			bool waits = t->read_writes;
			enum io_result got = outcome(t, n);
			t->read_writes = waits; /* that is about reading */
			return got == IO_AGAIN ? IO_AGAIN : IO_FAILED;
		}
		*sent += (size_t)n;
	}
	return IO_DONE;
}

enum io_result tls_flush(struct tls *t, struct blocks *blocks, struct block **rest)
{
	struct block *block = *rest;
	size_t sent;
	if (!block)
		return IO_DONE;
	enum io_result put = send_out(t, block->bytes + block->from, block_len(block), &sent);
	block->from += (uint32_t)sent;
	if (put != IO_DONE)
		return put;
	*rest = NULL;
	block_give(blocks, block);
	return IO_DONE;
}

static void keep(struct block *block, const char *bytes, size_t len)
{
	if (len)
		memcpy(block->bytes + block->to, bytes, len);
	block->to += (uint32_t)len;
}

/* Several parts are put together first: a record for each would cost more than the copy, on both sides and on the way. */
enum io_result tls_write(struct tls *t, struct iovec *parts, int count, struct blocks *blocks, struct block **rest)
{
	if (count != 1) {
		*rest = block_take(blocks);
		for (int i = 0; i < count; i++)
			keep(*rest, parts[i].iov_base, parts[i].iov_len);
		return tls_flush(t, blocks, rest);
	}
	size_t sent;
	const char *bytes = parts[0].iov_base;
	enum io_result put = send_out(t, bytes, parts[0].iov_len, &sent);
	if (put == IO_AGAIN) { /* said again from there, with the same bytes, as OpenSSL wants it */
		*rest = block_take(blocks);
		keep(*rest, bytes + sent, parts[0].iov_len - sent);
	}
	return put;
}

int tls_shut(struct tls *t)
{
	if (!t->broken) {
		ERR_clear_error();
		int rc = SSL_shutdown(t->ssl);
		t->closing = rc < 0 && SSL_get_error(t->ssl, rc) == SSL_ERROR_WANT_WRITE;
		if (t->closing)
			return 0; /* goes on when the socket takes bytes again: tls_events() */
	}
	t->closing = false;
	return shutdown(t->fd, SHUT_WR);
}
