/* log_json: what a line says to people it says to programs, apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include "base/log_json.h"

static const struct {
	const char *message;
	const char *json;
} rows[] = {
    {"ready listen=[::1]:53 threads=2", "\"event\":\"ready\",\"fields\":{\"listen\":\"[::1]:53\",\"threads\":\"2\"}"},
    {"registry read whole path=/r.db seq=24: opened",
     "\"event\":\"registry read whole\",\"fields\":{\"path\":\"/r.db\",\"seq\":\"24\"},\"reason\":\"opened\""},
    {"ready listen=:53 listen=:54 metrics=[::1]:9153",
     "\"event\":\"ready\",\"fields\":{\"listen\":\":53 :54\",\"metrics\":\"[::1]:9153\"}"},
    {"app refused key=\"a \\\"b\\\" \\u00e9\" serving=nothing: bad",
     "\"event\":\"app refused\",\"fields\":{\"key\":\"a \\\"b\\\" "
     "\\u00e9\",\"serving\":\"nothing\"},\"reason\":\"bad\""},
    {"daemon ended last=\"a=b c=d: e\" code=1",
     "\"event\":\"daemon ended\",\"fields\":{\"last\":\"a=b c=d: e\",\"code\":\"1\"}"},
    {"threads=2 as the proxy has", "\"event\":\"\",\"fields\":{\"threads\":\"2\"},\"reason\":\"as the proxy has\""},
    {"no private keys: none there: really", "\"event\":\"no private keys\",\"reason\":\"none there: really\""},
    {"just words", "\"event\":\"just words\""},
    {"", "\"event\":\"\""},
    {":", "\"event\":\":\""},
    {"a: ", "\"event\":\"a\""},
    {"open key=\"never ends", "\"event\":\"open\",\"reason\":\"key=\\\"never ends\""},
    {"two  blanks k=v", "\"event\":\"two  blanks\",\"fields\":{\"k\":\"v\"}"},
    {"tab\there k=v\n", "\"event\":\"tab\\u0009here\",\"fields\":{\"k\":\"v\\u000a\"}"},
    {"empty k= next=1", "\"event\":\"empty\",\"fields\":{\"k\":\"\",\"next\":\"1\"}"},
};

static void a_line_is_taken_apart(void **state)
{
	char out[1024];
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t len = log_json(out, sizeof out, rows[i].message);
		assert_string_equal(out, rows[i].json);
		assert_int_equal(len, strlen(out));
	}
}

static void what_does_not_fit_is_nothing(void **state)
{
	char out[256];
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t size = 1; size < sizeof out; size++) {
			memset(out, '?', sizeof out);
			size_t len = log_json(out, size, rows[i].message);
			assert_int_equal(out[size], '?');
			if (len)
				assert_string_equal(out, rows[i].json);
		}
	}
}

static void many_pairs_are_no_harm(void **state)
{
	static const char pair[] = " k=\"v\"";
	char message[4000] = "many", out[8192];
	size_t len = strlen(message);
	(void)state;
	for (; len < sizeof message - 16; len += sizeof pair - 1)
		memcpy(message + len, pair, sizeof pair);
	assert_true(log_json(out, sizeof out, message) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_is_taken_apart),
	    cmocka_unit_test(what_does_not_fit_is_nothing),
	    cmocka_unit_test(many_pairs_are_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
