/* rrl: a client gets its rate of each kind, whatever others do, and what is beyond it slips or is dropped. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rrl.h"

static const int64_t second = 1000000000;

static struct in6_addr ip_of(const char *text)
{
	struct in6_addr ip;
	assert_true(addr_ip_parse(&ip, text));
	return ip;
}

/* How many of `count` answers at one moment are sent. */
static int sent(struct rrl *rrl, const char *from, enum rrl_kind kind, int64_t now, int count)
{
	struct in6_addr ip = ip_of(from);
	int got = 0;
	for (int i = 0; i < count; i++)
		got += rrl_judge(rrl, &ip, kind, now) == RRL_SEND;
	return got;
}

static void a_client_has_its_rate_of_each_kind(void **state)
{
	const struct rrl_settings settings = {.rate = 20, .error_rate = 5, .slip = 2};
	struct rrl *rrl = rrl_new(&settings);
	(void)state;
	assert_int_equal(sent(rrl, "192.0.2.1", RRL_ANSWER, second, 100), 20);
	assert_int_equal(sent(rrl, "192.0.2.1", RRL_NODATA, second, 100), 20);
	assert_int_equal(sent(rrl, "192.0.2.1", RRL_NXDOMAIN, second, 100), 20);
	assert_int_equal(sent(rrl, "192.0.2.1", RRL_ERROR, second, 100), 5);
	assert_int_equal(sent(rrl, "192.0.2.1", RRL_ANSWER, second + second / 2, 100), 10);
	assert_int_equal(sent(rrl, "192.0.2.1", RRL_ANSWER, 100 * second, 100), 20);
	rrl_free(rrl);
}

static void a_client_is_a_prefix(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} rows[] = {
	    {"192.0.2.1", "192.0.2.255", true},
	    {"192.0.2.1", "192.0.3.1", false},
	    {"2001:db8:0:100::1", "2001:db8:0:1ff:ffff:ffff:ffff:ffff", true},
	    {"2001:db8:0:100::1", "2001:db8:0:200::1", false},
	    {"fdaa:0:1:1:1:0:1:2", "fdaa:0:1:1:1:0:1:ffff", true},
	    {"fdaa:0:1:1:1:0:1:2", "fdaa:0:1:1:1:0:2:2", false},
	    {"fdab:0:1:1:1:0:1:2", "fdab:0:1:1:1:0:2:2", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct rrl_settings settings = {.rate = 10, .slip = 2};
		struct rrl *rrl = rrl_new(&settings);
		assert_int_equal(sent(rrl, rows[i].one, RRL_ANSWER, second, 10), 10);
		assert_int_equal(sent(rrl, rows[i].other, RRL_ANSWER, second, 10), rows[i].same ? 0 : 10);
		rrl_free(rrl);
	}
}

static void what_has_no_limit_is_sent(void **state)
{
	struct rrl_settings settings = {.error_rate = 5, .slip = 2};
	(void)state;
	assert_null(rrl_new(&(struct rrl_settings){.slip = 2}));
	assert_null(prefix_list_add(&settings.exempt, "192.0.2.7"));
	struct rrl *rrl = rrl_new(&settings);
	assert_int_equal(sent(rrl, "192.0.2.1", RRL_ANSWER, second, 1000), 1000);
	assert_int_equal(sent(rrl, "192.0.2.7", RRL_ERROR, second, 1000), 1000);
	assert_int_equal(sent(rrl, "192.0.2.1", RRL_ERROR, second, 1000), 5);
	rrl_free(rrl);
}

static void one_of_slip_answers_slips(void **state)
{
	(void)state;
	for (int slip = 0; slip <= 10; slip++) {
		const struct rrl_settings settings = {.rate = 1, .slip = slip};
		struct rrl *rrl = rrl_new(&settings);
		struct in6_addr ip = ip_of("192.0.2.1");
		int slipped[2] = {0};
		assert_int_equal(rrl_judge(rrl, &ip, RRL_ANSWER, second), RRL_SEND);
		for (int i = 0; i < 10000; i++) {
			enum rrl_verdict verdict = rrl_judge(rrl, &ip, RRL_ANSWER, second);
			assert_int_not_equal(verdict, RRL_SEND);
			slipped[i % 2] += verdict == RRL_SLIP;
		}
		int want = slip ? 10000 / slip : 0;
		assert_in_range(slipped[0] + slipped[1] + 10, want, want + 20);
		/* Two names by turns: neither is in step with it. */
		assert_in_range(slipped[0] + 10, want / 2, want / 2 + 20);
		rrl_free(rrl);
	}
}

static struct in6_addr ipv4(uint32_t address)
{
	struct in6_addr ip = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
	for (int i = 0; i < 4; i++)
		ip.s6_addr[12 + i] = (uint8_t)(address >> (24 - 8 * i));
	return ip;
}

/* A million sources that have one answer each, and a few thousand /24 far above the rate. */
static void forged_sources_take_nothing_from_others(void **state)
{
	const struct rrl_settings settings = {.rate = 100, .slip = 2};
	struct rrl *rrl = rrl_new(&settings);
	int limited = 0;
	(void)state;
	for (uint32_t i = 0; i < 1000000; i++) {
		struct in6_addr ip = ipv4(i * 2654435761u);
		limited += rrl_judge(rrl, &ip, RRL_ANSWER, second) != RRL_SEND;
	}
	assert_int_equal(limited, 0);
	for (uint32_t net = 0; net < 4000; net++)
		for (int i = 0; i < 200; i++) {
			struct in6_addr ip = ipv4(0x0a000000u + (net << 8));
			rrl_judge(rrl, &ip, RRL_ANSWER, second);
		}
	for (uint32_t net = 0; net < 10000; net++) {
		struct in6_addr ip = ipv4(0xc6000000u + (net << 8));
		limited += rrl_judge(rrl, &ip, RRL_ANSWER, second) != RRL_SEND;
	}
	assert_in_range(limited, 0, 10);
	rrl_free(rrl);
}

static struct rrl *shared;

static void *many(void *got)
{
	*(int *)got = sent(shared, "192.0.2.1", RRL_ANSWER, second, 20000);
	return NULL;
}

static void threads_share_a_rate(void **state)
{
	enum { THREADS = 4 };
	const struct rrl_settings settings = {.rate = 10000, .slip = 2};
	pthread_t threads[THREADS];
	int got[THREADS], all = 0;
	(void)state;
	shared = rrl_new(&settings);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many, &got[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		all += got[i];
	}
	/* Races let a few more through; without sharing it would be 40000. */
	assert_in_range(all, 10000, 20000);
	rrl_free(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_client_has_its_rate_of_each_kind),
	    cmocka_unit_test(a_client_is_a_prefix),
	    cmocka_unit_test(what_has_no_limit_is_sent),
	    cmocka_unit_test(one_of_slip_answers_slips),
	    cmocka_unit_test(forged_sources_take_nothing_from_others),
	    cmocka_unit_test(threads_share_a_rate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
