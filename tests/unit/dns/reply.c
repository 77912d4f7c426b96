/* reply: records are copied nearest first, evenly turned, whole, and never over the room there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "reply.h"

enum { RECORD = 4 }; /* octets of a record in these tests; the last one says which it is */

static const uint8_t packet[WIRE_HEADER] = {1, 2};
static const struct query bare = {.packet = packet};

/* Which records an answer has, in their order, as letters. */
static const char *picked(const struct zone_answer *answer, uint32_t turn, size_t room, uint16_t *flags)
{
	static char letters[64];
	uint8_t out[512];
	struct reply reply;
	reply_start(&reply, &bare, out, room, NULL);
	reply_answer(&reply, answer, turn, true);
	*flags = reply.flags;
	size_t len = reply_end(&reply, &bare, NULL), count = (len - WIRE_HEADER) / RECORD;
	assert_true(len <= room);
	assert_int_equal(wire_get16(out + 6), count);
	for (size_t i = 0; i < count; i++)
		letters[i] = (char)out[WIRE_HEADER + i * RECORD + RECORD - 1];
	letters[count] = '\0';
	return letters;
}

static const uint8_t records[] = "...a...b...c...d...e...f";

static struct zone_answer answer_of(const struct node_run *runs, uint32_t run_count, const uint32_t *away)
{
	return (struct zone_answer){.count = 6,
	                            .len = 6 * RECORD,
	                            .most = UINT32_MAX,
	                            .runs = runs,
	                            .run_count = run_count,
	                            .away = away,
	                            .records = records};
}

static const struct node_run three[] = {{2, 0}, {1, 1}, {3, 2}}; /* ab c def */

static void the_nearest_come_first(void **state)
{
	static const struct {
		uint32_t away[3];
		const char *regions; /* which region each place of the answer has */
	} rows[] = {
	    {{10, 20, 30}, "001222"},
	    {{30, 20, 10}, "222100"},
	    {{20, 0, 30}, "100222"},
	    {{20, UINT32_MAX, 20}, "xxxxx1"}, /* two at one distance, mixed */
	    {{UINT32_MAX, UINT32_MAX, UINT32_MAX}, "xxxxxx"},
	};
	(void)state;
	for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
		struct zone_answer answer = answer_of(three, 3, rows[row].away);
		for (uint32_t most = 1; most <= 7; most++) {
			for (uint32_t turn = 0; turn < 20; turn++) {
				uint16_t flags;
				answer.most = most;
				const char *got = picked(&answer, turn, 512, &flags);
				assert_int_equal(strlen(got), most < 6 ? most : 6);
				assert_false(flags & REPLY_TC);
				for (size_t i = 0; got[i]; i++) {
					char region = got[i] <= 'b' ? '0' : got[i] == 'c' ? '1' : '2';
					assert_null(strchr(got + i + 1, got[i])); /* each once */
					if (rows[row].regions[i] != 'x')
						assert_int_equal(region, rows[row].regions[i]);
				}
			}
		}
	}
}

/* Every step through the turns, not only one by one, has each record first as often as the others. */
static void each_is_first_equally_often(void **state)
{
	const uint32_t far[] = {7, 7, 7};
	(void)state;
	for (int runs = 0; runs <= 3; runs += 3) {
		struct zone_answer answer = answer_of(three, (uint32_t)runs, far);
		for (uint32_t step = 1; step < 12; step++) {
			int first[6] = {0};
			for (uint32_t i = 0; i < 600; i++) {
				uint16_t flags;
				first[picked(&answer, i * step, 512, &flags)[0] - 'a']++;
			}
			for (int i = 0; i < 6; i++)
				assert_in_range(first[i], 90, 110);
		}
	}
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
	const uint32_t far[] = {1, 2, 3};
	(void)state;
	for (size_t room = WIRE_HEADER; room < WIRE_HEADER + 7 * RECORD; room++) {
		struct zone_answer answer = answer_of(three, 3, far);
		uint16_t flags;
		size_t fit = (room - WIRE_HEADER) / RECORD;
		assert_int_equal(strlen(picked(&answer, 5, room, &flags)), fit < 6 ? fit : 6);
		assert_int_equal(flags & REPLY_TC, fit < 6 ? REPLY_TC : 0);
	}
}

static void room_for_opt_is_set_aside(void **state)
{
	const struct reply_edns edns = {
	    .options = HAS_EDE | HAS_NSID, .error = EDE_PROHIBITED, .identity = BYTES("edge"), .size = 1232};
	const struct bytes record = {(const char *)records, RECORD};
	uint8_t out[512];
	(void)state;
	for (size_t spare = 0; spare < (size_t)2 * RECORD; spare++) {
		struct reply reply;
		size_t room = WIRE_HEADER + WIRE_OPT + 6 + 8 + spare;
		reply_start(&reply, &bare, out, room, &edns);
		assert_int_equal(reply_record(&reply, 2, record), spare >= RECORD);
		assert_false(reply_record(&reply, 3, record));
		reply_rcode(&reply, RCODE_BADVERS);
		size_t len = reply_end(&reply, &bare, &edns);
		assert_int_equal(len, room - spare + (spare >= RECORD ? RECORD : 0));
		assert_int_equal(wire_get16(out + 8), spare >= RECORD);
		assert_int_equal(wire_get16(out + 10), 1);
		assert_int_equal(out[3] & 15, 0); /* 16 is 1 in OPT and 0 here */
		assert_int_equal(out[len - 14 - 6], 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_nearest_come_first),
	    cmocka_unit_test(each_is_first_equally_often),
	    cmocka_unit_test(what_does_not_fit_is_left_out_whole),
	    cmocka_unit_test(room_for_opt_is_set_aside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
