/* dot_session.c - see dot_session.h. */
#include "dot_session.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct dot_session {
	SSL *ssl;
	const uint8_t *in; /* not read yet; during a call, as the next */
	size_t in_len;
	struct dot_bytes *out;
	bool broken; /* the library must not be asked to write any more */
};

/* ------------------------------------------------------------------------------------- where the library reads and writes */

static BIO_METHOD *method;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static int on_write(BIO *bio, const char *bytes, int len)
{
	const struct dot_session *s = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (!s->out || (size_t)len > s->out->room - s->out->len)
		return -1; /* more than the peer could make us say */
	memcpy(s->out->at + s->out->len, bytes, (size_t)len);
	s->out->len += (size_t)len;
	return len;
}

static int on_read(BIO *bio, char *bytes, int size)
{
	struct dot_session *s = BIO_get_data(bio);
	size_t len = s->in_len < (size_t)size ? s->in_len : (size_t)size;
	BIO_clear_retry_flags(bio);
	if (len == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(bytes, s->in, len);
	s->in += len;
	s->in_len -= len;
	return (int)len;
}

static long on_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio, (void)number, (void)pointer;
	return command == BIO_CTRL_FLUSH; /* nothing is kept here */
}

static void make(void)
{
	int type = BIO_get_new_index();
	method = type < 0 ? NULL : BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "two buffers");
	if (!method)
		return;
	BIO_meth_set_write(method, on_write);
	BIO_meth_set_read(method, on_read);
	BIO_meth_set_ctrl(method, on_control);
}

/* ------------------------------------------------------------------------------------------------------------------ life */

struct dot_session *dot_session_new(SSL_CTX *context)
{
	struct dot_session *s = mem_new(sizeof *s);
	pthread_once(&made, make);
	BIO *bio = method ? BIO_new(method) : NULL;
	s->ssl = SSL_new(context);
	if (!bio || !s->ssl) {
		BIO_free(bio);
		SSL_free(s->ssl);
		ERR_clear_error();
		free(s);
		return NULL;
	}
	BIO_set_data(bio, s);
	BIO_set_init(bio, 1);
	SSL_set_bio(s->ssl, bio, bio);
	SSL_set_accept_state(s->ssl);
	return s;
}

void dot_session_free(struct dot_session *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	ERR_clear_error();
	free(s);
}

/* ------------------------------------------------------------------------------------------------------------- both ways */

static enum dot_step outcome(struct dot_session *s, int rc)
{
	switch (SSL_get_error(s->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return DOT_GOES_ON;
	case SSL_ERROR_ZERO_RETURN:
		return DOT_ENDED;
	default:
		s->broken = true;
		return DOT_FAILED;
	}
}

enum dot_step dot_session_take(struct dot_session *s, const uint8_t *in, size_t len, struct dot_bytes *plain,
                               struct dot_bytes *out)
{
	enum dot_step step = DOT_GOES_ON;
	int n = 1;
	s->in = in;
	s->in_len = len;
	s->out = out;
	ERR_clear_error();
	while (n > 0 && plain->len < plain->room) {
		size_t room = plain->room - plain->len;
		n = SSL_read(s->ssl, plain->at + plain->len, room < INT_MAX ? (int)room : INT_MAX);
		if (n > 0)
			plain->len += (size_t)n;
		else
			step = outcome(s, n);
	}
	s->in = NULL;
	s->in_len = 0;
	s->out = NULL;
	ERR_clear_error();
	return step;
}

int dot_session_put(struct dot_session *s, const uint8_t *plain, size_t len, struct dot_bytes *out)
{
	size_t done = 0;
	s->out = out;
	ERR_clear_error();
	while (done < len && !s->broken) {
		int n = SSL_write(s->ssl, plain + done, len - done < INT_MAX ? (int)(len - done) : INT_MAX);
		if (n > 0)
			done += (size_t)n;
		else
			s->broken = true;
	}
	s->out = NULL;
	ERR_clear_error();
	return s->broken ? -1 : 0;
}

void dot_session_end(struct dot_session *s, struct dot_bytes *out)
{
	if (s->broken || !SSL_is_init_finished(s->ssl))
		return;
	s->out = out;
	(void)SSL_shutdown(s->ssl);
	s->out = NULL;
	s->broken = true; /* nothing follows a close_notify */
	ERR_clear_error();
}

bool dot_session_greeted(const struct dot_session *s)
{
	return SSL_is_init_finished(s->ssl) == 1;
}

bool dot_session_resumed(const struct dot_session *s)
{
	return SSL_session_reused(s->ssl) == 1;
}
