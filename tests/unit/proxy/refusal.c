/* refusal: every kind has a code, a status and a sentence without a gap in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "refusal.h"

static const struct refusal_facts facts = {
    .app = "web",
    .machine = "e82d4f1a9b6c03",
    .client = "fdaa:0:2::1",
    .detail = "80, 443",
    .port = 8080,
    .internal_port = 3000,
    .tries = 15,
    .waited_ms = 8000,
};

static void every_kind_is_whole(void **state)
{
	(void)state;
	for (int i = 0; i < REFUSAL_KINDS; i++) {
		char text[512];
		const char *code = refusal_code((enum refusal)i);
		assert_int_equal(strlen(code), 4);
		assert_int_equal(code[0], 'P');
		assert_true(refusal_name((enum refusal)i) && *refusal_name((enum refusal)i));
		assert_in_range(refusal_status((enum refusal)i), 400, 599);
		refusal_sentence(text, sizeof text, (enum refusal)i, &facts);
		assert_true(strlen(text) > 20 && strlen(text) < sizeof text - 1);
		assert_null(strchr(text, '{'));
		assert_null(strchr(text, '}'));
	}
}

static void overload_and_absence_name_a_time_to_come_back(void **state)
{
	(void)state;
	for (int i = 0; i < REFUSAL_KINDS; i++) {
		if (refusal_status((enum refusal)i) == 503)
			assert_true(refusal_retry_seconds((enum refusal)i) > 0);
	}
}

static void a_sentence_has_the_facts_in_it(void **state)
{
	char text[512];
	(void)state;
	assert_string_equal(refusal_sentence(text, sizeof text, REFUSAL_NO_SERVICE, &facts),
	                    "app web has no service on port 8080; its ports: 80, 443");
	assert_string_equal(refusal_sentence(text, sizeof text, REFUSAL_WAKE_TIMEOUT, &facts),
	                    "Machine e82d4f1a9b6c03 of app web did not start within 8000 ms");
}

static void what_is_not_known_is_a_question_mark(void **state)
{
	char text[512];
	(void)state;
	assert_string_equal(refusal_sentence(text, sizeof text, REFUSAL_NO_SERVICE, &(struct refusal_facts){0}),
	                    "app ? has no service on port 0; its ports: ?");
}

static void a_sentence_is_cut_to_its_room(void **state)
{
	char text[16];
	(void)state;
	assert_string_equal(refusal_sentence(text, sizeof text, REFUSAL_NO_SERVICE, &facts), "app web has no ");
	assert_string_equal(refusal_sentence(text, 1, REFUSAL_NO_SERVICE, &facts), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_is_whole),
	    cmocka_unit_test(overload_and_absence_name_a_time_to_come_back),
	    cmocka_unit_test(a_sentence_has_the_facts_in_it),
	    cmocka_unit_test(what_is_not_known_is_a_question_mark),
	    cmocka_unit_test(a_sentence_is_cut_to_its_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
