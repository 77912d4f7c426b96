/* query: what a question packet says, and what makes it none. The rules of every field are rows of responder_packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "query.h"

static const uint8_t plain[] = {0xbe, 0xef, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 'W', 'e', 'b', 7, 'f', 'l', 'y', 'c',
                                'a', 's', 't', 0, 0, 28, 0, 1,
                                /* OPT: 1400 octets, version 0, DO, an unknown option and NSID */
                                0, 0, 41, 0x05, 0x78, 0, 0, 0x80, 0, 0, 10, 0xfd, 0xe8, 0, 2, 1, 2, 0, 3, 0, 0};

static void every_field_is_read(void **state)
{
	struct query q;
	(void)state;
	assert_int_equal(query_read(&q, plain, sizeof plain), QUERY_READ);
	assert_int_equal(q.opcode, 0);
	assert_int_equal(q.type, TYPE_AAAA);
	assert_int_equal(q.class, CLASS_IN);
	assert_int_equal(q.question_len, 17);
	assert_memory_equal(q.name.wire, "\3web\7flycast", 13);
	assert_true(q.has_edns && q.dnssec_ok && q.options == HAS_NSID);
	assert_int_equal(q.edns_size, 1400);
	assert_int_equal(q.edns_version, 0);
	assert_null(q.tsig);
}

/* Cut anywhere, it is no good question; and nothing behind the cut is read (the copy ends there, for ASan to see). */
static void a_packet_cut_short_is_malformed(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof plain; len++) {
		struct query q;
		uint8_t *copy = malloc(len ? len : 1);
		assert_non_null(copy);
		memcpy(copy, plain, len);
		assert_int_equal(query_read(&q, copy, len), len < WIRE_HEADER ? QUERY_SILENT : QUERY_MALFORMED);
		free(copy);
	}
}

static void nothing_is_left_of_the_question_before(void **state)
{
	static const uint8_t bare[12] = {1, 2};
	struct query q;
	(void)state;
	assert_int_equal(query_read(&q, plain, sizeof plain), QUERY_READ);
	assert_int_equal(query_read(&q, bare, sizeof bare), QUERY_EMPTY);
	assert_false(q.has_edns || q.dnssec_ok || q.options || q.cookie_len);
	assert_int_equal(q.question_len, 0);
	assert_int_equal(q.edns_size, 0);
}

static void an_answer_is_silence(void **state)
{
	uint8_t answer[sizeof plain];
	struct query q;
	(void)state;
	memcpy(answer, plain, sizeof plain);
	answer[2] |= 0x80;
	assert_int_equal(query_read(&q, answer, sizeof answer), QUERY_SILENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_field_is_read),
	    cmocka_unit_test(a_packet_cut_short_is_malformed),
	    cmocka_unit_test(nothing_is_left_of_the_question_before),
	    cmocka_unit_test(an_answer_is_silence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
