/* tls_bio.c - see tls_bio.h. */
#include "tls_bio.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/socket.h>

static BIO_METHOD *method;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static bool is_for_later(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static int on_write(BIO *bio, const char *bytes, int len)
{
	const struct tls *t = BIO_get_data(bio);
	ssize_t n = send(t->fd, bytes, (size_t)len, MSG_NOSIGNAL | (t->more_follows ? MSG_MORE : 0));
	BIO_clear_retry_flags(bio);
	if (n < 0 && is_for_later())
		BIO_set_retry_write(bio);
	return (int)n;
}

static int on_read(BIO *bio, char *bytes, int size)
{
	const struct tls *t = BIO_get_data(bio);
	ssize_t n = recv(t->fd, bytes, (size_t)size, 0);
	BIO_clear_retry_flags(bio);
	if (n < 0 && is_for_later())
		BIO_set_retry_read(bio);
	if (n == 0)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	return (int)n;
}

static long on_control(BIO *bio, int command, long number, void *pointer)
{
	(void)number, (void)pointer;
	if (command == BIO_CTRL_EOF)
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	return command == BIO_CTRL_FLUSH; /* nothing is kept here */
}

static void make(void)
{
	int type = BIO_get_new_index();
	method = type < 0 ? NULL : BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "socket of a client");
	if (!method)
		return;
	BIO_meth_set_write(method, on_write);
	BIO_meth_set_read(method, on_read);
	BIO_meth_set_ctrl(method, on_control);
}

int tls_bio_set(struct tls *t, int fd)
{
	pthread_once(&made, make);
	BIO *bio = method ? BIO_new(method) : NULL;
	if (!bio)
		return -1;
	t->fd = fd;
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	return 0;
}
