/* dot_session: TLS between buffers, however the octets come in. The client is OpenSSL with buffers of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tls_context.h"
#include "dot_session.h"
#include "pki.h"

enum { ROOM = 200000 };

static struct pki_pair pair;
static SSL_CTX *server_context, *client_context;

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
	server_context = tls_context_new(&(struct tls_callbacks){NULL, no_protocol});
	client_context = SSL_CTX_new(TLS_client_method());
	int rc = pki_issue(&pair, NULL, &(struct pki_order){.hostname = "a", .seconds = 60});
	return rc || SSL_CTX_use_cert_and_key(server_context, pair.leaf, pair.key, NULL, 1) != 1;
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
	struct dot_session *session;
	SSL *client;
	BIO *to_client, *from_client;
	struct dot_bytes plain; /* what the client said */
	enum dot_step step;
	size_t piece; /* octets that the session is given at a time */
};

static void both_init(struct both *b, size_t piece, int version)
{
	*b = (struct both){
	    .session = dot_session_new(server_context), .client = SSL_new(client_context), .piece = piece};
	b->plain = (struct dot_bytes){mem_new(ROOM), 0, ROOM};
	b->to_client = BIO_new(BIO_s_mem());
	b->from_client = BIO_new(BIO_s_mem());
	SSL_set_bio(b->client, b->to_client, b->from_client);
	SSL_set_connect_state(b->client);
	SSL_set_max_proto_version(b->client, version);
	SSL_set_min_proto_version(b->client, version);
}

static void both_fini(struct both *b)
{
	dot_session_free(b->session);
	SSL_free(b->client);
	free(b->plain.at);
}

/* What the client has said so far goes to the session, what that says goes back. */
static void carry(struct both *b)
{
	uint8_t *in = mem_new(b->piece), *out = mem_new(ROOM);
	int n;
	while (b->step == DOT_GOES_ON && (n = BIO_read(b->from_client, in, (int)b->piece)) > 0) {
		struct dot_bytes said = {out, 0, ROOM};
		b->step = dot_session_take(b->session, in, (size_t)n, &b->plain, &said);
		if (said.len > 0)
			assert_int_equal(BIO_write(b->to_client, said.at, (int)said.len), said.len);
	}
	free(in);
	free(out);
}

static void greet(struct both *b)
{
	for (int i = 0; i < 5 && !SSL_is_init_finished(b->client); i++) {
		SSL_do_handshake(b->client);
		carry(b);
	}
	assert_true(dot_session_greeted(b->session));
	assert_false(dot_session_resumed(b->session));
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
static const size_t pieces[] = {1, 7, 1400, ROOM};

static void whatever_pieces_it_comes_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < (size_t)2 * 4; i++) {
		struct both b;
		char answer[8] = "";
		uint8_t out[1000];
		struct dot_bytes said = {out, 0, sizeof out};
		both_init(&b, pieces[i % 4], versions[i / 4]);
		greet(&b);
		assert_int_equal(SSL_write(b.client, "question", 8), 8);
		carry(&b);
		assert_int_equal(b.plain.len, 8);
		assert_memory_equal(b.plain.at, "question", 8);
		assert_int_equal(dot_session_put(b.session, (const uint8_t *)"answer", 6, &said), 0);
		BIO_write(b.to_client, said.at, (int)said.len);
		assert_int_equal(SSL_read(b.client, answer, sizeof answer), 6);
		assert_string_equal(answer, "answer");
		both_fini(&b);
	}
}

static void what_came_before_the_end_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct both b;
		uint8_t out[1000];
		struct dot_bytes said = {out, 0, sizeof out};
		both_init(&b, ROOM, versions[i]);
		greet(&b);
		SSL_write(b.client, "last", 4);
		SSL_shutdown(b.client);
		carry(&b);
		assert_int_equal(b.step, DOT_ENDED);
		assert_int_equal(b.plain.len, 4);
		assert_int_equal(dot_session_put(b.session, (const uint8_t *)"answer", 6, &said), 0);
		size_t len = said.len;
		dot_session_end(b.session, &said);
		assert_true(said.len > len);
		assert_int_equal(dot_session_put(b.session, (const uint8_t *)"more", 4, &said), -1);
		both_fini(&b);
	}
}

static void a_large_answer_fits_a_little_more_room(void **state)
{
	struct both b;
	enum { LEN = 2 + 65535 + 16384 };
	uint8_t *answer = mem_new(LEN), *out = mem_new(ROOM), *got = mem_new(LEN);
	struct dot_bytes said = {out, 0, LEN + 1024};
	size_t at = 0;
	int n;
	(void)state;
	both_init(&b, ROOM, TLS1_3_VERSION);
	greet(&b);
	for (int i = 0; i < LEN; i++)
		answer[i] = (uint8_t)(i * 7);
	assert_int_equal(dot_session_put(b.session, answer, LEN, &said), 0);
	BIO_write(b.to_client, said.at, (int)said.len);
	while (at < LEN && (n = SSL_read(b.client, got + at, (int)(LEN - at))) > 0)
		at += (size_t)n;
	assert_int_equal(at, LEN);
	assert_memory_equal(got, answer, LEN);
	said = (struct dot_bytes){out, 0, 1000};
	assert_int_equal(dot_session_put(b.session, answer, LEN, &said), -1);
	both_fini(&b);
	free(answer);
	free(out);
	free(got);
}

static void plain_octets_fail_with_an_alert(void **state)
{
	static const char question[] = "\0\035\0\007\1\0\0\1\0\0\0\0\0\0\3web\7flycast\0\0\034\0\1";
	uint8_t plain[1000], out[1000];
	struct dot_bytes in = {plain, 0, sizeof plain}, said = {out, 0, sizeof out};
	struct dot_session *s = dot_session_new(server_context);
	(void)state;
	assert_int_equal(dot_session_take(s, (const uint8_t *)question, sizeof question - 1, &in, &said), DOT_FAILED);
	assert_int_equal(in.len, 0);
	assert_int_equal(said.len > 0 ? out[0] : 21, 21); /* an alert, or nothing */
	dot_session_end(s, &said);
	dot_session_free(s);
}

/* Each flipped octet ends it, none brings other words. */
static void a_changed_octet_is_noticed(void **state)
{
	(void)state;
	for (int flip = 0; flip < 40; flip++) {
		struct both b;
		both_init(&b, ROOM, TLS1_3_VERSION);
		greet(&b);
		SSL_write(b.client, "question", 8);
		uint8_t *at;
		long len = BIO_get_mem_data(b.from_client, (char **)&at);
		at[flip % len] ^= 1;
		carry(&b);
		assert_int_equal(b.plain.len, 0);
		both_fini(&b);
	}
}

static void a_flood_of_key_updates_has_room(void **state)
{
	struct both b;
	(void)state;
	both_init(&b, 16384, TLS1_3_VERSION);
	greet(&b);
	for (int i = 0; i < 2000 && b.step == DOT_GOES_ON; i++) {
		SSL_key_update(b.client, SSL_KEY_UPDATE_REQUESTED);
		SSL_do_handshake(b.client);
		if (i % 20 == 0)
			carry(&b);
	}
	SSL_write(b.client, "question", 8);
	carry(&b);
	assert_true(b.step != DOT_GOES_ON || b.plain.len == 8);
	both_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whatever_pieces_it_comes_in),
	    cmocka_unit_test(what_came_before_the_end_is_told),
	    cmocka_unit_test(a_large_answer_fits_a_little_more_room),
	    cmocka_unit_test(plain_octets_fail_with_an_alert),
	    cmocka_unit_test(a_changed_octet_is_noticed),
	    cmocka_unit_test(a_flood_of_key_updates_has_room),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
