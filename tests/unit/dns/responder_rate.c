/* responder: what a client above its rate gets, and who has no rate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/addr.h"
#include "base/clock.h"
#include "dns_ask.h"

#define ANSWER "NOERROR aa rd | web.flycast. 5 IN AAAA fdaa:0:1:0:1::2"
#define SLIPPED "NOERROR tc rd"

static struct rrl_settings limits = {.rate = 1, .error_rate = 1, .slip = 1};

static int open_limited(void **state)
{
	open_zone(state);
	settings.rrl = rrl_new(&limits);
	return 0;
}

static int close_limited(void **state)
{
	rrl_free(settings.rrl);
	return close_zone(state);
}

/* The client had its answers of this kind until an hour from now, so that it does not matter how long a test takes. */
static void spend(enum rrl_kind kind)
{
	struct in6_addr ip = client_of("fdaa:0:1:1:1:0:1:2", "::").source;
	rrl_judge(settings.rrl, &ip, kind, clock_mono_ns() + 3600 * (int64_t)1000000000);
}

static void above_its_rate_a_client_is_told_to_come_by_tcp(void **state)
{
	(void)state;
	assert_string_equal(ask("web.flycast", TYPE_AAAA), ANSWER);
	spend(RRL_ANSWER);
	assert_string_equal(ask("web.flycast", TYPE_AAAA), SLIPPED);
	assert_string_equal(ask("laptop._peer.internal", TYPE_AAAA), SLIPPED);
	assert_int_equal(out_len, sizeof "\6laptop\5_peer\10internal" + 12 + 4);
	assert_int_equal(responder.counts.rate_slipped, 2);
	assert_int_equal(responder.counts.answered[RESPONDER_UDP][RCODE_NOERROR], 3);
	for (int i = 0; i < 100; i++)
		assert_string_equal(ask_tcp("web.flycast", TYPE_AAAA), ANSWER);
}

static void each_kind_has_its_rate(void **state)
{
	(void)state;
	spend(RRL_ANSWER);
	assert_string_equal(ask("web.flycast", TYPE_TXT), "NOERROR aa rd ; SOA flycast.");
	assert_string_equal(ask("x.flycast", TYPE_AAAA), "NXDOMAIN aa rd ; SOA flycast.");
	assert_string_equal(ask("example.com", TYPE_AAAA), "REFUSED rd");
	spend(RRL_NODATA);
	assert_string_equal(ask("web.flycast", TYPE_TXT), SLIPPED);
	spend(RRL_NXDOMAIN);
	assert_string_equal(ask("x.flycast", TYPE_AAAA), SLIPPED);
}

static void an_error_slips_as_it_is(void **state)
{
	(void)state;
	spend(RRL_ERROR);
	for (int i = 0; i < 2; i++)
		assert_string_equal(ask("example.com", TYPE_AAAA), "REFUSED rd");
	assert_int_equal(responder.counts.rate_slipped, 2);
}

static void an_answer_that_was_dropped_is_no_answer(void **state)
{
	(void)state;
	rrl_free(settings.rrl);
	settings.rrl = rrl_new(&(struct rrl_settings){.rate = 1});
	assert_string_equal(ask("web.flycast", TYPE_AAAA), ANSWER);
	spend(RRL_ANSWER);
	assert_string_equal(ask("web.flycast", TYPE_AAAA), "silence");
	assert_string_equal(ask("example.com", TYPE_AAAA), "REFUSED rd");
	assert_string_equal(ask("example.com", TYPE_AAAA), "REFUSED rd");
	assert_int_equal(responder.counts.rate_dropped, 1);
	assert_int_equal(responder.counts.rate_slipped, 0);
	assert_int_equal(responder.counts.answered[RESPONDER_UDP][RCODE_NOERROR], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(above_its_rate_a_client_is_told_to_come_by_tcp, open_limited,
	                                    close_limited),
	    cmocka_unit_test_setup_teardown(each_kind_has_its_rate, open_limited, close_limited),
	    cmocka_unit_test_setup_teardown(an_error_slips_as_it_is, open_limited, close_limited),
	    cmocka_unit_test_setup_teardown(an_answer_that_was_dropped_is_no_answer, open_limited, close_limited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
