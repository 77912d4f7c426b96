/* tls: what a reader of a wire must be told so that it neither waits in vain nor spins, and what an end means. The client
 * is OpenSSL on the other end of a socket pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "pki.h"
#include "tls.h"
#include "base/tls_context.h"

static struct pki_pair pair;
static SSL_CTX *server_context, *client_context;

static int give_certificate(SSL *ssl, int *alert, void *unused)
{
	(void)alert, (void)unused;
	return SSL_use_cert_and_key(ssl, pair.leaf, pair.key, pair.chain, 1) == 1 ? SSL_TLSEXT_ERR_OK
	                                                                          : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* budget: OpenSSL's own six. */
static int no_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                       unsigned in_len, void *unused)
{
	(void)ssl, (void)out, (void)out_len, (void)in, (void)in_len, (void)unused;
	return SSL_TLSEXT_ERR_NOACK;
}

static int set_up(void **state)
{
	(void)state;
	server_context = tls_context_new(&(struct tls_callbacks){give_certificate, no_protocol});
	client_context = SSL_CTX_new(TLS_client_method());
	return pki_issue(&pair, NULL, &(struct pki_order){.hostname = "a", .seconds = 60});
}

static int tear_down(void **state)
{
	(void)state;
	tls_context_free(server_context);
	SSL_CTX_free(client_context);
	pki_pair_fini(&pair);
	return 0;
}

struct both {
	int fds[2];
	struct tls *tls;
	SSL *client;
	struct blocks blocks;
};

static void join(struct both *b, bool framed, SSL_SESSION *session, const char *scope)
{
	char why[100];
	enum tls_step step = TLS_WANTS_READ;
	memset(b, 0, sizeof *b);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b->fds), 0);
	b->tls = tls_new(server_context, b->fds[0], NULL, framed);
	assert_int_equal(SSL_set_session_id_context(b->tls->ssl, (const unsigned char *)scope, 1), 1);
	b->client = SSL_new(client_context);
	SSL_set_fd(b->client, b->fds[1]);
	if (session)
		SSL_set_session(b->client, session);
	int done = 0;
	for (int turn = 0; turn < 10 && (step != TLS_DONE || done != 1); turn++) {
		done = SSL_connect(b->client);
		if (step != TLS_DONE)
			step = tls_handshake(b->tls, why, sizeof why);
	}
	assert_int_equal(step, TLS_DONE);
	assert_int_equal(done, 1);
}

static void part(struct both *b)
{
	tls_free(b->tls, false);
	SSL_set_shutdown(b->client, SSL_SENT_SHUTDOWN); /* else the library holds its session for a bad one */
	SSL_free(b->client);
	close(b->fds[0]);
	if (b->fds[1] >= 0)
		close(b->fds[1]);
	blocks_free(&b->blocks);
}

static void what_came_with_the_handshake_is_read_without_an_event(void **state)
{
	(void)state;
	struct both b;
	struct block *block;
	join(&b, true, NULL, "a");
	block = block_take(&b.blocks);
	assert_true(b.tls->more);
	assert_int_equal(tls_read(b.tls, block), IO_AGAIN);
	assert_false(b.tls->more); /* and nobody spins when there was nothing */
	assert_int_equal(SSL_write(b.client, "hello", 5), 5);
	assert_int_equal(tls_read(b.tls, block), IO_DONE);
	assert_memory_equal(block->bytes, "hello", 5);
	assert_false(b.tls->more);
	block_give(&b.blocks, block);
	part(&b);
}

static void plaintext_that_does_not_fit_is_said_to_be_there(void **state)
{
	(void)state;
	struct both b;
	static char big[BLOCK_SIZE + 5000];
	join(&b, true, NULL, "a");
	struct block *block = block_take(&b.blocks);
	memset(big, 'x', sizeof big);
	for (size_t at = 0; at < sizeof big;) {
		int n = SSL_write(b.client, big + at, (int)(sizeof big - at < 10000 ? sizeof big - at : 10000));
		assert_true(n > 0);
		at += (size_t)n;
	}
	assert_int_equal(tls_read(b.tls, block), IO_DONE);
	assert_int_equal(block->to, BLOCK_SIZE);
	assert_true(b.tls->more);
	assert_int_equal(tls_read(b.tls, block), IO_AGAIN); /* no room: still there */
	assert_true(b.tls->more);
	block->to = 0;
	assert_int_equal(tls_read(b.tls, block), IO_DONE);
	assert_int_equal(block->to, 5000);
	assert_false(b.tls->more);
	block_give(&b.blocks, block);
	part(&b);
}

static void half_a_record_is_waited_for(void **state)
{
	(void)state;
	struct both b;
	join(&b, true, NULL, "a");
	struct block *block = block_take(&b.blocks);
	/* The client's record goes through a pipe of ours, so that it can be cut. */
	BIO *out = BIO_new(BIO_s_mem());
	char record[200];
	BIO *in = BIO_new_socket(b.fds[1], BIO_NOCLOSE);
	SSL_set_bio(b.client, in, out);
	assert_int_equal(SSL_write(b.client, "hello", 5), 5);
	int len = BIO_read(out, record, sizeof record);
	assert_true(len > 10);
	assert_int_equal(send(b.fds[1], record, 10, 0), 10);
	assert_int_equal(tls_read(b.tls, block), IO_AGAIN);
	assert_false(b.tls->more); /* the library holds bytes, but they are no use before the rest is there */
	assert_int_equal(send(b.fds[1], record + 10, (size_t)len - 10, 0), len - 10);
	assert_int_equal(tls_read(b.tls, block), IO_DONE);
	assert_int_equal(block->to, 5);
	block_give(&b.blocks, block);
	part(&b);
}

static void an_end_comes_after_what_came_before_it(void **state)
{
	(void)state;
	struct both b;
	join(&b, false, NULL, "a");
	struct block *block = block_take(&b.blocks);
	assert_int_equal(SSL_write(b.client, "last", 4), 4);
	assert_int_equal(SSL_shutdown(b.client), 0);
	assert_int_equal(tls_read(b.tls, block), IO_DONE);
	assert_int_equal(block->to, 4);
	assert_true(b.tls->more);
	assert_int_equal(tls_read(b.tls, block), IO_END);
	assert_int_equal(tls_read(b.tls, block), IO_END);
	assert_false(b.tls->more);

	/* The other direction goes on, and ends by itself. */
	char got[10];
	struct block *rest = NULL;
	struct iovec answer[2] = {{(char[]){"an"}, 2}, {(char[]){"swer"}, 4}};
	assert_int_equal(tls_write(b.tls, answer, 2, &b.blocks, &rest), IO_DONE);
	assert_int_equal(tls_shut(b.tls), 0);
	assert_int_equal(SSL_read(b.client, got, sizeof got), 6);
	assert_memory_equal(got, "answer", 6);
	assert_int_equal(SSL_read(b.client, got, sizeof got), 0);
	assert_int_equal(SSL_get_error(b.client, 0), SSL_ERROR_ZERO_RETURN);
	block_give(&b.blocks, block);
	part(&b);
}

static void an_end_without_close_notify_is_a_failure_unless_it_is_framed(void **state)
{
	(void)state;
	for (int framed = 0; framed < 2; framed++) {
		struct both b;
		struct block *rest = NULL;
		join(&b, framed, NULL, "a");
		struct block *block = block_take(&b.blocks);
		assert_int_equal(SSL_write(b.client, "GET", 3), 3);
		shutdown(b.fds[1], SHUT_WR);
		assert_int_equal(tls_read(b.tls, block), IO_DONE);
		assert_int_equal(tls_read(b.tls, block), framed ? IO_END : IO_FAILED);
		if (framed) { /* and may be answered */
			char got[10];
			assert_int_equal(tls_write(b.tls, &(struct iovec){(char[]){"OK"}, 2}, 1, &b.blocks, &rest),
			                 IO_DONE);
			assert_int_equal(SSL_read(b.client, got, sizeof got), 2);
		}
		block_give(&b.blocks, block);
		part(&b);
	}
}

static void fill_and_empty(int parts_count)
{
	struct both b;
	static char big[BLOCK_SIZE], got[BLOCK_SIZE];
	struct block *rest = NULL;
	int written = 0, seen = 0;
	join(&b, true, NULL, "a");
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (char)('a' + i % 23);
	while (!rest && written < 100) {
		struct iovec parts[3] = {{big, 100}, {big + 100, sizeof big - 200}, {big + sizeof big - 100, 100}};
		struct iovec whole = {big, sizeof big};
		struct iovec *all = parts_count == 1 ? &whole : parts;
		assert_int_not_equal(tls_write(b.tls, all, parts_count, &b.blocks, &rest), IO_FAILED);
		written++;
	}
	assert_non_null(rest);
	assert_int_equal(tls_flush(b.tls, &b.blocks, &rest), IO_AGAIN);
	for (int64_t want = (int64_t)written * BLOCK_SIZE, have = 0; have < want;) {
		int n = SSL_read(b.client, got, sizeof got);
		if (n <= 0) {
			assert_int_not_equal(tls_flush(b.tls, &b.blocks, &rest), IO_FAILED);
			continue;
		}
		for (int i = 0; i < n; i++, seen = (seen + 1) % BLOCK_SIZE)
			assert_int_equal(got[i], big[seen]);
		have += n;
	}
	assert_null(rest);
	part(&b);
}

static void what_the_socket_does_not_take_is_kept_and_goes_on(void **state)
{
	(void)state;
	fill_and_empty(3);
	fill_and_empty(1); /* straight from where it is */
}

static SSL_SESSION *kept;

static int on_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(kept);
	kept = session;
	return 1;
}

static void a_ticket_is_worth_something_where_it_was_given_only(void **state)
{
	(void)state;
	struct both b;
	char byte;
	SSL_CTX_set_session_cache_mode(client_context, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(client_context, on_session);
	join(&b, true, NULL, "a");
	assert_int_equal(SSL_read(b.client, &byte, 1), -1); /* takes the ticket */
	assert_false(SSL_session_reused(b.tls->ssl));
	part(&b);
	assert_non_null(kept);
	SSL_SESSION *of_a = SSL_SESSION_dup(kept), *twin = SSL_SESSION_dup(kept);
	join(&b, true, twin, "b"); /* the library does not try one again that was not taken */
	assert_false(SSL_session_reused(b.tls->ssl));
	part(&b);
	join(&b, true, of_a, "a");
	assert_true(SSL_session_reused(b.tls->ssl));
	part(&b);
	SSL_SESSION_free(of_a);
	SSL_SESSION_free(twin);
	SSL_SESSION_free(kept);
	SSL_CTX_set_session_cache_mode(client_context, SSL_SESS_CACHE_OFF);
}

static void a_handshake_that_is_none_fails_with_the_reason(void **state)
{
	(void)state;
	int fds[2];
	char why[100] = "";
	static const struct {
		const char *bytes;
		enum tls_step step;
	} rows[] = {{"GET / HTTP/1.1\r\n\r\n", TLS_FAILED}, {"", TLS_ENDED}, {"\x16\x03\x01", TLS_ENDED}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
		struct tls *tls = tls_new(server_context, fds[0], NULL, true);
		assert_int_equal(tls_handshake(tls, why, sizeof why), TLS_WANTS_READ);
		assert_int_equal(send(fds[1], rows[i].bytes, strlen(rows[i].bytes), 0), strlen(rows[i].bytes));
		shutdown(fds[1], SHUT_WR);
		assert_int_equal(tls_handshake(tls, why, sizeof why), rows[i].step);
		assert_true(strlen(why) > 5);
		tls_free(tls, false);
		close(fds[0]);
		close(fds[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_came_with_the_handshake_is_read_without_an_event),
	    cmocka_unit_test(plaintext_that_does_not_fit_is_said_to_be_there),
	    cmocka_unit_test(half_a_record_is_waited_for),
	    cmocka_unit_test(an_end_comes_after_what_came_before_it),
	    cmocka_unit_test(an_end_without_close_notify_is_a_failure_unless_it_is_framed),
	    cmocka_unit_test(what_the_socket_does_not_take_is_kept_and_goes_on),
	    cmocka_unit_test(a_ticket_is_worth_something_where_it_was_given_only),
	    cmocka_unit_test(a_handshake_that_is_none_fails_with_the_reason),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
