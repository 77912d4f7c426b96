/* parcel: whoever comes second finds what the first left, and frees it (the sanitizers say whether somebody does). */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "parcel.h"
#include "stream.h"

static uint8_t out[64];

static void it_is_told_once_and_when_it_is_there(void **state)
{
	struct parcel *p = parcel_new();
	struct stream *s = parcel_stream(p);
	struct pollfd wake = {.fd = s->wake, .events = POLLIN};
	(void)state;
	assert_true(s->next(s, out, sizeof out) == STREAM_LATER);
	assert_int_equal(poll(&wake, 1, 0), 0);
	parcel_send(p, (const uint8_t *)"hello", 5);
	assert_int_equal(poll(&wake, 1, 0), 1);
	assert_int_equal(s->next(s, out, sizeof out), 5);
	assert_memory_equal(out, "hello", 5);
	assert_int_equal(s->next(s, out, sizeof out), 0);
	s->free(s);
}

static void none_ends_the_stream(void **state)
{
	struct parcel *p = parcel_new();
	struct stream *s = parcel_stream(p);
	(void)state;
	parcel_send(p, NULL, 0);
	assert_int_equal(s->next(s, out, sizeof out), 0);
	s->free(s);
}

static void a_receiver_may_be_gone(void **state)
{
	struct parcel *p = parcel_new();
	struct stream *s = parcel_stream(p);
	(void)state;
	s->free(s);
	parcel_send(p, (const uint8_t *)"hello", 5);
}

static void *send_it(void *parcel)
{
	parcel_send(parcel, (const uint8_t *)"hello", 5);
	return NULL;
}

static void both_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct parcel *p = parcel_new();
		struct stream *s = parcel_stream(p);
		pthread_t thread;
		assert_int_equal(pthread_create(&thread, NULL, send_it, p), 0);
		if (i % 2)
			while (s->next(s, out, sizeof out) == STREAM_LATER)
				;
		s->free(s);
		pthread_join(thread, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_told_once_and_when_it_is_there),
	    cmocka_unit_test(none_ends_the_stream),
	    cmocka_unit_test(a_receiver_may_be_gone),
	    cmocka_unit_test(both_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
