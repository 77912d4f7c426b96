/* flow: a body comes out whole and framed anew, however it was cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "flow.h"

/* Feeds `in` in pieces of `step` bytes; returns what came out. *event is the last answer. */
static const char *through(struct flow *flow, const char *in, size_t step, enum http1_body_event *event)
{
	static struct text out;
	static struct block block;
	size_t len = strlen(in);
	text_clear(&out);
	block.from = block.to = 0;
	*event = HTTP1_BODY_MORE;
	for (size_t at = 0; at < len && *event == HTTP1_BODY_MORE; at += step) {
		size_t n = step < len - at ? step : len - at;
		memcpy(block.bytes + block.to, in + at, n);
		block.to += (uint32_t)n;
		struct flow_parts parts;
		*event = flow_take(flow, &block, &parts);
		assert_true(parts.count <= FLOW_PARTS);
		for (int i = 0; i < parts.count; i++)
			text_add(&out, parts.part[i].iov_base, parts.part[i].iov_len);
	}
	return text_string(&out);
}

static const char chunked[] = "3;a=b\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\nX-Sum: 1\r\n\r\n";

static void chunks_that_arrive_together_become_one(void **state)
{
	(void)state;
	struct flow flow;
	enum http1_body_event event;
	flow_init(&flow, HTTP1_CHUNKED, 0, HTTP1_CHUNKED);
	assert_string_equal(through(&flow, chunked, sizeof chunked, &event),
	                    "b\r\nonetwothree\r\n0\r\nX-Sum: 1\r\n\r\n");
	assert_int_equal(event, HTTP1_BODY_END);
}

static void however_it_is_cut_the_data_is_the_same(void **state)
{
	(void)state;
	for (size_t step = 1; step < sizeof chunked; step++) {
		struct flow flow;
		enum http1_body_event event;
		flow_init(&flow, HTTP1_CHUNKED, 0, HTTP1_UNTIL_CLOSE);
		assert_string_equal(through(&flow, chunked, step, &event), "onetwothree");
		assert_int_equal(event, HTTP1_BODY_END);

		static char again[4096];
		flow_init(&flow, HTTP1_CHUNKED, 0, HTTP1_CHUNKED);
		snprintf(again, sizeof again, "%s", through(&flow, chunked, step, &event));
		assert_int_equal(event, HTTP1_BODY_END);
		flow_init(&flow, HTTP1_CHUNKED, 0, HTTP1_UNTIL_CLOSE);
		assert_string_equal(through(&flow, again, sizeof again, &event), "onetwothree");
		assert_non_null(strstr(again, "0\r\nX-Sum: 1\r\n\r\n"));
	}
}

static void a_length_is_passed_on_as_it_is(void **state)
{
	(void)state;
	struct flow flow;
	enum http1_body_event event;
	flow_init(&flow, HTTP1_LENGTH, 5, HTTP1_LENGTH);
	assert_string_equal(through(&flow, "12345rest", 9, &event), "12345");
	assert_int_equal(event, HTTP1_BODY_END);
}

static void no_body_needs_no_block(void **state)
{
	(void)state;
	struct flow flow;
	struct flow_parts parts;
	flow_init(&flow, HTTP1_EMPTY, 0, HTTP1_EMPTY);
	assert_int_equal(flow_take(&flow, NULL, &parts), HTTP1_BODY_END);
	assert_int_equal(parts.count, 0);
}

static void a_body_until_close_is_ended_by_the_close(void **state)
{
	(void)state;
	struct flow flow;
	struct flow_parts parts;
	enum http1_body_event event;
	flow_init(&flow, HTTP1_UNTIL_CLOSE, 0, HTTP1_CHUNKED);
	assert_string_equal(through(&flow, "abc", 3, &event), "3\r\nabc\r\n");
	assert_int_equal(event, HTTP1_BODY_MORE);
	assert_true(flow_closed(&flow, &parts));
	assert_int_equal(parts.count, 1);
	assert_memory_equal(parts.part[0].iov_base, "0\r\n\r\n", 5);
}

static void a_body_that_is_cut_off_never_looks_whole(void **state)
{
	(void)state;
	struct flow flow;
	struct flow_parts parts;
	enum http1_body_event event;
	flow_init(&flow, HTTP1_CHUNKED, 0, HTTP1_CHUNKED);
	through(&flow, "3\r\nabc\r\n", 8, &event);
	assert_int_equal(event, HTTP1_BODY_MORE);
	assert_false(flow_closed(&flow, &parts));
	flow_init(&flow, HTTP1_LENGTH, 4, HTTP1_LENGTH);
	through(&flow, "abc", 3, &event);
	assert_false(flow_closed(&flow, &parts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chunks_that_arrive_together_become_one),
	    cmocka_unit_test(however_it_is_cut_the_data_is_the_same),
	    cmocka_unit_test(a_length_is_passed_on_as_it_is),
	    cmocka_unit_test(no_body_needs_no_block),
	    cmocka_unit_test(a_body_until_close_is_ended_by_the_close),
	    cmocka_unit_test(a_body_that_is_cut_off_never_looks_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
