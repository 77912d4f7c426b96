/* words.c - a command line becomes the words a shell would make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/words.h"

static void lines_are_split_as_a_shell_does(void **state)
{
	static const struct {
		const char *line, *words; /* each word followed by | ; NULL: refused */
	} rows[] = {
	    {"", ""},
	    {"  \t\n", ""},
	    {"node server.js", "node|server.js|"},
	    {"  a   b  ", "a|b|"},
	    {"sh -c 'echo \"hi there\"'", "sh|-c|echo \"hi there\"|"},
	    {"sh -c \"it's\"", "sh|-c|it's|"},
	    {"a\\ b c\\\\d", "a b|c\\d|"},
	    {"\"a\\\"b\\$c\\n\"", "a\"b$c\\n|"},
	    {"'a\\'", "a\\|"},
	    {"''", "|"},
	    {"a'' \"\" b", "a||b|"},
	    {"x'y'\"z\"w", "xyzw|"},
	    {"a 'b", NULL},
	    {"a \"b", NULL},
	    {"a \"b\\", NULL},
	    {"a b\\", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t count = SIZE_MAX;
		char **words = words_split(rows[i].line, &count);
		struct text joined = {0};
		if (!rows[i].words) {
			assert_null(words);
			continue;
		}
		assert_non_null(words);
		for (size_t k = 0; words[k]; k++)
			text_format(&joined, "%s|", words[k]);
		assert_string_equal(text_string(&joined), rows[i].words);
		size_t n = 0;
		while (words[n])
			n++;
		assert_int_equal(n, count);
		text_free(&joined);
		free(words);
	}
}

static void a_word_that_was_put_is_the_same_word_again(void **state)
{
	static const char *const words[] = {"",   "a",     "a b",  "it's", "'", "''", "\"",
	                                    "\\", "$HOME", "a\nb", "*",    "ä", "=x", "#"};
	struct text line = {0};
	size_t count;
	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		text_put(&line, " ");
		words_put(&line, words[i]);
	}
	char **again = words_split(line.at, &count);
	assert_non_null(again);
	assert_int_equal(count, sizeof words / sizeof words[0]);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(again[i], words[i]);
	free(again);
	text_free(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lines_are_split_as_a_shell_does),
	                                   cmocka_unit_test(a_word_that_was_put_is_the_same_word_again)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
