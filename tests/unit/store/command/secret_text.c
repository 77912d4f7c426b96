/* secret_text: NAME=VALUE as people write it, and what is no such line is told without repeating it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "command/secret_text.h"

/* "A=1|B=two" of what was read, or the sentence. */
static const char *read_lines(const char *lines, size_t len)
{
	static char said[512];
	struct secret_list list = {0};
	struct text in = {0}, out = {0}, why = {0};
	text_add(&in, lines, len);
	int rc = secret_lines_read(&list, &in, &why);
	for (size_t i = 0; i < list.count && rc == 0; i++) {
		const struct secret_change *c = &list.items[i];
		text_format(&out, "%s%s=%.*s", i ? "|" : "", c->name, (int)c->value.len, c->value.at);
	}
	snprintf(said, sizeof said, "%s", text_string(rc == 0 ? &out : &why));
	secret_list_free(&list);
	text_free(&in);
	text_free(&out);
	text_free(&why);
	return said;
}

#define reads(want, lines) assert_string_equal(read_lines(lines, sizeof(lines) - 1), want)

static void lines_are_names_and_values(void **state)
{
	(void)state;
	reads("A=1|B=two", "A=1\nB=two\n");
	reads("A=1|B=two", "A=1\nB=two");
	reads("A=1|B=two", "A=1\r\nB=two\r\n");
	reads("A=1", "\n  \t\n# B=2\n  # C=3\nA=1\n\n");
	reads("A=1", "export A=1\n");
	reads("exportA=1", "exportA=1\n");
	reads("A=1", " A = 1 \n");
	reads("A=x=y", "A=x=y\n");
	reads("A=|B=", "A=\nB= ");
	reads("A=2|B=1", "A=1\nB=1\nA=2\n");
	reads("A=b # c", "A=b # c\n");
	reads("", "");
	reads("", "\n");
}

static void one_pair_of_quotes_is_no_part_of_a_value(void **state)
{
	(void)state;
	reads("A=two words", "A=\"two words\"\n");
	reads("A=two words", "A='two words'\n");
	reads("A= x ", "A=\" x \"\n");
	reads("A=\"x'", "A=\"x'\n");
	reads("A=\"", "A=\"\n");
	reads("A=|B=", "A=\"\"\nB=''\n");
	reads("A=\\n", "A=\"\\n\"\n");
	reads("A=say \"x\" again", "A=say \"x\" again\n");
}

static void three_quotes_hold_lines(void **state)
{
	(void)state;
	reads("A=one\n\ntwo|B=3", "A=\"\"\"one\n\ntwo\"\"\"\nB=3\n");
	reads("A=one\ntwo", "A=\"\"\"one\r\ntwo\"\"\"\r\n");
	reads("A=one", "A=\"\"\"one\"\"\"");
	reads("A=|B=3", "A=\"\"\"\"\"\"\nB=3\n");
	reads("A=\n# no comment\nB=no name\n|C=1", "A=\"\"\"\n# no comment\nB=no name\n\"\"\" \nC=1\n");
	reads("A=x \"\"\" y\nz", "A=\"\"\"x \"\"\" y\nz\"\"\"\n");
}

static void what_is_wrong_is_told_by_its_line(void **state)
{
	(void)state;
	reads("line 2 is no NAME=VALUE: secrets must be provided as NAME=VALUE pairs", "A=1\ntop secret\n");
	reads("line 5 is no NAME=VALUE: secrets must be provided as NAME=VALUE pairs", "A=\"\"\"\n\n\"\"\"\nB=1\nx\n");
	reads("line 1: a value begins with \"\"\" and does not end with it", "A=\"\"\"x\nB=1\n");
	reads("line 1: a value begins with \"\"\" and does not end with it", "A=\"\"\"");
#define NAME "what stands before = is no name of a variable: a name has letters, digits and _, and no digit first"
	reads("line 1: " NAME, "=1\n");
	reads("line 1: " NAME, "1A=1\n");
	reads("line 1: " NAME, "A B=1\n");
	reads("line 3: " NAME, "\n\nMIIEpAIBAAKCAQEA0Z3+==\n");
	reads("it has a zero octet, which no variable can have: it is no text", "A=1\0B=2\n");
}

static void words_are_names_and_values(void **state)
{
	(void)state;
	struct secret_list list = {0};
	struct text why = {0};
	char one[] = "A= 'x' ", two[] = "B=", three[] = "topsecret", four[] = "postgres://u:p@h?x=1", five[] = "A=2";
	assert_int_equal(secret_word_read(&list, one, 1, &why), 0);
	assert_int_equal(secret_word_read(&list, two, 2, &why), 0);
	assert_int_equal(secret_word_read(&list, three, 3, &why), -1);
	assert_null(strstr(text_string(&why), "topsecret"));
	text_clear(&why);
	assert_int_equal(secret_word_read(&list, four, 4, &why), -1);
	assert_string_equal(text_string(&why), "word 4: " NAME);
	assert_int_equal(secret_word_read(&list, five, 5, &why), 0);
	assert_int_equal(list.count, 2);
	assert_true(bytes_equal(list.items[0].value, BYTES("2"))); /* a word is as the shell gave it, the last counts */
	assert_true(bytes_equal(list.items[1].value, BYTES("")));
	secret_list_free(&list);
	text_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_names_and_values), cmocka_unit_test(one_pair_of_quotes_is_no_part_of_a_value),
	    cmocka_unit_test(three_quotes_hold_lines),    cmocka_unit_test(what_is_wrong_is_told_by_its_line),
	    cmocka_unit_test(words_are_names_and_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
