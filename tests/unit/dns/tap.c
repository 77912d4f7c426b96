/* tap: what is put comes out whole and in order, also around the ring's end and from another thread; what does not fit is
 * counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "tap.h"

/* The n-th event: sizes and octets follow from n. */
static size_t question_len(uint64_t n)
{
	return 12 + n * 7919 % 4000;
}

static size_t answer_len(uint64_t n)
{
	return n % 5 == 0 ? 0 : n * 104729 % WIRE_MESSAGE_MAX;
}

static char octet(uint64_t n, size_t i)
{
	return (char)(n * 31 + i);
}

static void put(struct tap *tap, uint64_t n)
{
	static char question[4096], answer[WIRE_MESSAGE_MAX + 1];
	for (size_t i = 0; i < question_len(n); i++)
		question[i] = octet(n, i);
	for (size_t i = 0; i < answer_len(n); i++)
		answer[i] = octet(n + 1, i);
	const struct tap_event event = {.client = {.port = (uint16_t)n, .transport = RESPONDER_TCP},
	                                .at_ns = (int64_t)n,
	                                .question = {question, question_len(n)},
	                                .answer = {answer, answer_len(n)}};
	tap_put(tap, &event);
}

/* Compared by hand: there are a hundred thousands of octets, and cmocka is slow. */
static void assert_is(const struct tap_event *event, uint64_t n)
{
	size_t wrong = 0;
	assert_int_equal(event->at_ns, n);
	assert_int_equal(event->client.port, (uint16_t)n);
	assert_int_equal(event->client.transport, RESPONDER_TCP);
	assert_int_equal(event->question.len, question_len(n));
	assert_int_equal(event->answer.len, answer_len(n));
	for (size_t i = 0; i < event->question.len; i++)
		wrong += event->question.at[i] != octet(n, i);
	for (size_t i = 0; i < event->answer.len; i++)
		wrong += event->answer.at[i] != octet(n + 1, i);
	assert_int_equal(wrong, 0);
}

static void what_is_put_comes_out_around_the_end(void **state)
{
	struct taps *taps = taps_new(1);
	struct tap *tap = taps_claim(taps);
	struct tap_event event;
	(void)state;
	assert_false(tap_take(tap, &event));
	for (uint64_t n = 0; n < 500; n++) { /* about four times around */
		put(tap, n);
		assert_true(tap_take(tap, &event));
		assert_is(&event, n);
		assert_false(tap_take(tap, &event));
	}
	assert_int_equal(tap_dropped(tap), 0);
	taps_free(taps);
}

static void a_full_ring_drops_and_counts(void **state)
{
	struct taps *taps = taps_new(1);
	struct tap *tap = taps_claim(taps);
	struct tap_event event;
	uint64_t n = 0;
	(void)state;
	while (tap_dropped(tap) == 0)
		put(tap, n++);
	assert_in_range(n, TAP_ROOM / (4096 + WIRE_MESSAGE_MAX), TAP_ROOM / 1024);
	for (uint64_t i = 0; i < n - 1; i++) {
		assert_true(tap_take(tap, &event));
		assert_is(&event, i);
	}
	assert_false(tap_take(tap, &event));
	put(tap, 7); /* there is room again */
	assert_true(tap_take(tap, &event));
	assert_is(&event, 7);
	assert_int_equal(tap_dropped(tap), 1);
	taps_free(taps);
}

enum { RACE = 2000 };

static void *put_all(void *tap)
{
	for (uint64_t n = 0; n < RACE; n++) {
		uint64_t dropped = tap_dropped(tap);
		put(tap, n);
		if (tap_dropped(tap) == dropped)
			continue;
		sched_yield();
		n--; /* once more */
	}
	return NULL;
}

static void another_thread_takes_them_in_order(void **state)
{
	struct taps *taps = taps_new(1);
	struct tap *tap = taps_claim(taps);
	struct tap_event event;
	pthread_t thread;
	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, put_all, tap), 0);
	for (uint64_t n = 0; n < RACE;) {
		if (!tap_take(tap, &event)) {
			sched_yield();
			continue;
		}
		assert_is(&event, n++);
	}
	pthread_join(thread, NULL);
	taps_free(taps);
}

static void rings_are_given_out_once(void **state)
{
	struct taps *taps = taps_new(2);
	(void)state;
	assert_null(taps_claim(NULL));
	struct tap *one = taps_claim(taps), *two = taps_claim(taps);
	assert_non_null(one);
	assert_non_null(two);
	assert_ptr_not_equal(one, two);
	assert_null(taps_claim(taps));
	taps_free(taps);
	taps_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_put_comes_out_around_the_end),
	    cmocka_unit_test(a_full_ring_drops_and_counts),
	    cmocka_unit_test(another_thread_takes_them_in_order),
	    cmocka_unit_test(rings_are_given_out_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
