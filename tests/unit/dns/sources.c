/* sources: a client has its share of connections, whichever thread takes them, and nobody else's. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/addr.h"
#include "sources.h"

static struct in6_addr ip(const char *text)
{
	struct in6_addr out;
	assert_true(addr_ip_parse(&out, text));
	return out;
}

static bool enter(struct sources *s, const char *text)
{
	struct in6_addr from = ip(text);
	return sources_enter(s, &from);
}

static void leave(struct sources *s, const char *text)
{
	struct in6_addr from = ip(text);
	sources_leave(s, &from);
}

static void a_client_has_its_share(void **state)
{
	struct sources *s = sources_new(2, 0);
	(void)state;
	assert_true(enter(s, "::1"));
	assert_true(enter(s, "::1"));
	assert_false(enter(s, "::1"));
	assert_true(enter(s, "::2"));
	leave(s, "::1");
	assert_true(enter(s, "::1"));
	assert_false(enter(s, "::1"));
	leave(s, "::1");
	leave(s, "::1");
	leave(s, "::2");
	sources_free(s);
}

static void what_counts_as_one_client(void **state)
{
	static const struct {
		const char *first, *second;
		bool same;
	} rows[] = {
	    {"fdaa:0:1:1:1:0:1:2", "fdaa:0:1:1:1:0:1:3", true},  /* a Machine's /112 */
	    {"fdaa:0:1:1:1:0:1:2", "fdaa:0:1:1:1:0:2:2", false}, /* another Machine */
	    {"fdaa:0:1:1:1:0:1:2", "fdaa:0:2:1:1:0:1:2", false},
	    {"2001:db8::1", "2001:db8::ffff:0:0:1", true}, /* a /64 */
	    {"2001:db8::1", "2001:db8:0:1::1", false},
	    {"192.0.2.1", "192.0.2.1", true},
	    {"192.0.2.1", "192.0.2.2", false},
	    {"::1", "::2", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sources *s = sources_new(1, 0);
		assert_true(enter(s, rows[i].first));
		assert_int_equal(enter(s, rows[i].second), !rows[i].same);
		leave(s, rows[i].first);
		if (!rows[i].same)
			leave(s, rows[i].second);
		sources_free(s);
	}
}

enum { THREADS = 4, TURNS = 5000 };

struct crowd {
	struct sources *sources;
	unsigned inside; /* atomic */
	unsigned too_many;
};

static void *come_and_go(void *owner)
{
	struct crowd *c = owner;
	const struct in6_addr from = IN6ADDR_LOOPBACK_INIT;
	for (int i = 0; i < TURNS; i++) {
		if (!sources_enter(c->sources, &from))
			continue;
		if (__atomic_add_fetch(&c->inside, 1, __ATOMIC_SEQ_CST) > 2)
			__atomic_add_fetch(&c->too_many, 1, __ATOMIC_SEQ_CST);
		__atomic_sub_fetch(&c->inside, 1, __ATOMIC_SEQ_CST);
		sources_leave(c->sources, &from);
	}
	return NULL;
}

static void threads_share_what_a_client_may_have(void **state)
{
	struct crowd crowd = {.sources = sources_new(2, 0)};
	pthread_t threads[THREADS];
	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &crowd), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(crowd.too_many, 0);
	sources_free(crowd.sources); /* asserts that everybody has left */
}

static void handshakes_of_a_client_have_a_rate(void **state)
{
	struct sources *s = sources_new(1, 10);
	struct in6_addr one, same, other;
	int64_t now = 1000000000;
	(void)state;
	assert_true(addr_ip_parse(&one, "2001:db8::1"));
	assert_true(addr_ip_parse(&same, "2001:db8::2"));
	assert_true(addr_ip_parse(&other, "2001:db8:0:1::1"));
	for (int i = 0; i < 20; i++)
		assert_true(sources_greet(s, i % 2 ? &one : &same, now));
	assert_false(sources_greet(s, &one, now));
	assert_false(sources_greet(s, &same, now));
	assert_true(sources_greet(s, &other, now));
	assert_true(sources_greet(s, &one, now + 100000000));
	assert_false(sources_greet(s, &one, now + 100000000));
	sources_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_client_has_its_share),
	    cmocka_unit_test(what_counts_as_one_client),
	    cmocka_unit_test(threads_share_what_a_client_may_have),
	    cmocka_unit_test(handshakes_of_a_client_have_a_rate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
