/* log_line: from the agent's file to a line of `flycast logs`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "command/log_line.h"

static void a_line_is_shown_as_fly_shows_it(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"2026-11-23T08:59:20.123Z out hello", "2026-11-23T08:59:20Z app[m] fra [info] hello\n"},
	    {"2026-11-23T08:59:20.123Z err  two  spaces", "2026-11-23T08:59:20Z app[m] fra [info]  two  spaces\n"},
	    {"2026-11-23T08:59:20.123Z out ", "2026-11-23T08:59:20Z app[m] fra [info] \n"},
	    {"2026-11-23T08:59:20.123Z fly exited", "2026-11-23T08:59:20Z runner[m] fra [info] exited\n"},
	    {"", "app[m] fra [info] \n"},
	    {"no time at all", "app[m] fra [info] no time at all\n"},
	    {"2026-11-23T08:59:20.123Z", "app[m] fra [info] 2026-11-23T08:59:20.123Z\n"},
	    {"2026-11-23T08:59:20.123Z what is it", "app[m] fra [info] 2026-11-23T08:59:20.123Z what is it\n"},
	    {"2026-11-23 08:59:20.123Z out x", "app[m] fra [info] 2026-11-23 08:59:20.123Z out x\n"},
	};
	struct text out = {0};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct log_line line = log_line_read(bytes_of(rows[i].in));
		text_clear(&out);
		log_line_write(&out, &line, "m", "fra");
		assert_string_equal(out.at, rows[i].out);
	}
	text_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_line_is_shown_as_fly_shows_it)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
