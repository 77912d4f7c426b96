/* outward: what goes out, what counts as its answer, and what the client gets of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <string.h>

#include "outward.h"

#define QUESTION "\3wWw\4test\0\0\1\0\1"
#define RECORD "\xc0\x0c\0\1\0\1\0\0\0\5\0\4\xc0\0\2\1"
#define OPT "\0\0\x29\x04\xd0\0\0\0\0\0\0"
#define OPT_EDE "\0\0\x29\x04\xd0\1\0\0\0\0\x0b\0\x0a\0\1x\0\x0f\0\2\0\x09" /* extended rcode 16, a cookie, EDE 9 */

static struct outward asked(bool edns, uint16_t room)
{
	static const uint8_t packet[] = "\x12\x34\1\x20\0\1\0\0\0\0\0\0" QUESTION;
	struct outward out = {.room = room, .has_edns = edns, .dnssec_ok = edns};
	outward_read(&out, packet, sizeof QUESTION - 1);
	return out;
}

/* A message as a server sends it; what stands in `head` follows the id. */
static size_t message(uint8_t *out, const char *head, const char *rest, size_t rest_len)
{
	memcpy(out, "\xaa\xbb", 2);
	memcpy(out + 2, head, 10);
	memcpy(out + 12, rest, rest_len);
	return 12 + rest_len;
}
#define MESSAGE(out, head, rest) message(out, head, rest, sizeof(rest) - 1)

static void the_question_goes_out_with_our_own_id_and_edns(void **state)
{
	struct outward o = asked(true, 1232);
	uint8_t out[OUTWARD_ASK];
	(void)state;
	static const uint8_t want[] = "\xaa\xbb\1\0\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\x04\xd0\0\0\x80\0\0\0";
	assert_int_equal(outward_ask(out, &o, 0xaabb), sizeof want - 1);
	assert_memory_equal(out, want, sizeof want - 1);
	o.flags |= 0x10; /* CD goes with it, AD never did */
	assert_int_equal(outward_ask(out, &o, 0xaabb), sizeof want - 1);
	assert_int_equal(out[3], 0x10);
}

static void the_same_question_is_one(void **state)
{
	struct outward a = asked(true, 512), b = asked(false, 4096);
	(void)state;
	b.dnssec_ok = true;
	memcpy(b.question, "\3Www", 4);
	assert_true(outward_same(&a, &b));
	assert_true(outward_hash(&a) == outward_hash(&b));
	b.dnssec_ok = false;
	assert_false(outward_same(&a, &b));
	assert_true(outward_same_question(&a, &b));
	b.question[b.question_len - 3] = 28;
	assert_false(outward_same_question(&a, &b));
	struct outward c = asked(true, 512);
	c.question[3] ^= 0x40; /* no letter any more */
	assert_false(outward_same(&a, &c));
}

static void only_its_answer_is_an_answer(void **state)
{
	struct outward o = asked(true, 1232);
	uint8_t m[512];
	size_t len = MESSAGE(m, "\x81\x80\0\1\0\1\0\0\0\1", QUESTION RECORD OPT);
	(void)state;
	assert_int_equal(outward_judge(&o, 0xaabb, m, len), OUTWARD_ANSWER);
	assert_int_equal(outward_judge(&o, 0xaabc, m, len), OUTWARD_FOREIGN);
	for (size_t cut = 0; cut < len; cut++) /* the header alone says something only with FORMERR */
		assert_int_equal(outward_judge(&o, 0xaabb, m, cut),
		                 cut < 12 + sizeof QUESTION - 1 ? OUTWARD_FOREIGN : OUTWARD_USELESS);
	m[13] = 'W'; /* a server may fold the name */
	assert_int_equal(outward_judge(&o, 0xaabb, m, len), OUTWARD_ANSWER);
	m[13] = 'x';
	assert_int_equal(outward_judge(&o, 0xaabb, m, len), OUTWARD_FOREIGN);
	m[13] = 'w';
	m[2] = 0x01; /* a question */
	assert_int_equal(outward_judge(&o, 0xaabb, m, len), OUTWARD_FOREIGN);
	m[2] = 0xa1; /* another opcode */
	assert_int_equal(outward_judge(&o, 0xaabb, m, len), OUTWARD_FOREIGN);
	m[2] = 0x81;
	for (unsigned rcode = 1; rcode < 16; rcode++) {
		m[3] = (uint8_t)(0x80 | rcode);
		assert_int_equal(outward_judge(&o, 0xaabb, m, len), rcode == 3 ? OUTWARD_ANSWER : OUTWARD_USELESS);
	}
	m[5] = 2; /* two questions */
	assert_int_equal(outward_judge(&o, 0xaabb, m, len), OUTWARD_FOREIGN);
	len = MESSAGE(m, "\x81\x81\0\0\0\0\0\0\0\0", "");
	assert_int_equal(outward_judge(&o, 0xaabb, m, len), OUTWARD_USELESS);
	assert_int_equal(outward_judge(&o, 0xaabc, m, len), OUTWARD_FOREIGN);
}

#define ASSERT_REPLY(o, m, len, want)                                                                                  \
	do {                                                                                                           \
		uint8_t out_[1300];                                                                                    \
		assert_int_equal(outward_reply(out_, o, m, len), sizeof(want) - 1);                                    \
		assert_memory_equal(out_, want, sizeof(want) - 1);                                                     \
	} while (0)

static void the_client_gets_the_records_and_our_own_edns(void **state)
{
	struct outward plain = asked(false, 512), edns = asked(true, 1232);
	uint8_t m[512];
	size_t len = MESSAGE(m, "\x85\xa0\0\1\0\1\0\0\0\1", "\3WWW\4TEST\0\0\1\0\1" RECORD OPT);
	(void)state;
	/* its own id and spelling; neither AA nor AD, which were said of another hop */
	ASSERT_REPLY(&plain, m, len, "\x12\x34\x81\x80\0\1\0\1\0\0\0\0" QUESTION RECORD);
	ASSERT_REPLY(&edns, m, len,
	             "\x12\x34\x81\x80\0\1\0\1\0\0\0\1" QUESTION RECORD "\0\0\x29\x04\xd0\0\0\x80\0\0\0");
	/* OPT before another record: nothing of the additional section is passed on */
	len = MESSAGE(m, "\x81\x83\0\1\0\0\0\1\0\3", QUESTION RECORD RECORD OPT_EDE RECORD);
	ASSERT_REPLY(&edns, m, len,
	             "\x12\x34\x81\x83\0\1\0\0\0\1\0\1" QUESTION RECORD
	             "\0\0\x29\x04\xd0\1\0\x80\0\0\6\0\x0f\0\2\0\x09");
	/* BADVERS cannot be told without EDNS */
	ASSERT_REPLY(&plain, m, len, "\x12\x34\x81\x82\0\1\0\0\0\1\0\0" QUESTION RECORD);
	/* no OPT at all: all of it */
	len = MESSAGE(m, "\x81\x80\0\1\0\1\0\0\0\2", QUESTION RECORD RECORD RECORD);
	ASSERT_REPLY(&plain, m, len, "\x12\x34\x81\x80\0\1\0\1\0\0\0\2" QUESTION RECORD RECORD RECORD);
	/* an option that runs over the record's end is none */
	len = MESSAGE(m, "\x81\x80\0\1\0\0\0\0\0\1", QUESTION "\0\0\x29\x04\xd0\0\0\0\0\0\5\0\x0f\0\2\0");
	ASSERT_REPLY(&edns, m, len, "\x12\x34\x81\x80\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\x04\xd0\0\0\x80\0\0\0");
	/* a header alone */
	len = MESSAGE(m, "\x81\x81\0\0\0\0\0\0\0\0", "");
	ASSERT_REPLY(&edns, m, len,
	             "\x12\x34\x81\x82\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\x04\xd0\0\0\x80\0\0\6\0\x0f\0\2\0\x17");
}

static void what_the_client_does_not_take_is_cut(void **state)
{
	struct outward o = asked(true, 0);
	uint8_t m[512], out[512];
	size_t len = MESSAGE(m, "\x81\x80\0\1\0\1\0\0\0\1", QUESTION RECORD OPT), whole = len;
	(void)state;
	o.room = (uint16_t)whole;
	assert_int_equal(outward_reply(out, &o, m, len), whole);
	assert_int_equal(out[2], 0x81);
	o.room = (uint16_t)(whole - 1);
	assert_int_equal(outward_reply(out, &o, m, len), whole - (sizeof RECORD - 1));
	assert_int_equal(out[2], 0x83);
	assert_int_equal(wire_get16(out + 6), 0);
	assert_int_equal(wire_get16(out + 10), 1);
	o.room = 1232;
	m[2] |= 2; /* cut by the server: what it had goes on with the mark */
	assert_int_equal(outward_reply(out, &o, m, len), whole);
	assert_int_equal(out[2], 0x83);
}

static void a_failure_says_why(void **state)
{
	struct outward plain = asked(false, 512), edns = asked(true, 1232);
	uint8_t out[512];
	(void)state;
	static const uint8_t want[] = "\x12\x34\x81\x82\0\1\0\0\0\0\0\1" QUESTION
	                              "\0\0\x29\x04\xd0\0\0\x80\0\0\6\0\x0f\0\2\0\x16";
	assert_int_equal(outward_fail(out, &edns, RCODE_SERVFAIL, EDE_NO_REACHABLE), sizeof want - 1);
	assert_memory_equal(out, want, sizeof want - 1);
	assert_int_equal(outward_fail(out, &plain, RCODE_SERVFAIL, EDE_NO_REACHABLE), 12 + sizeof QUESTION - 1);
	assert_int_equal(out[11], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_question_goes_out_with_our_own_id_and_edns),
	    cmocka_unit_test(the_same_question_is_one),
	    cmocka_unit_test(only_its_answer_is_an_answer),
	    cmocka_unit_test(the_client_gets_the_records_and_our_own_edns),
	    cmocka_unit_test(what_the_client_does_not_take_is_cut),
	    cmocka_unit_test(a_failure_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
