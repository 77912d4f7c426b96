/* name: wire names are read strictly, folded in A-Z only, and written back as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "name.h"

static void text_and_wire_say_the_same(void **state)
{
	static const struct {
		const char *text, *back;
	} rows[] = {
	    {".", "."},
	    {"", "."},
	    {"internal", "internal."},
	    {"My-App.Internal.", "my-app.internal."},
	    {"a\\.b.c", "a\\.b.c."},
	    {"a\\\\b", "a\\\\b."},
	    {"\\000\\255.x", "\\000\\255.x."},
	    {"sp\\032ace", "sp\\032ace."},
	    {"_apps.internal", "_apps.internal."},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct name n;
		char text[NAME_TEXT];
		assert_true(name_parse(&n, rows[i].text));
		assert_string_equal(name_text(text, n.wire), rows[i].back);
	}
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const texts[] = {
	    "a..b",  ".a",    "..",
	    "\\",    "a\\",   "\\25",
	    "\\256", "\\2x5", "0123456789012345678901234567890123456789012345678901234567890123", /* 64 */
	};
	struct name n;
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_false(name_parse(&n, texts[i]));
}

static void only_a_to_z_are_folded(void **state)
{
	(void)state;
	for (unsigned position = 0; position < 9; position++) { /* folding goes by eight octets */
		for (unsigned octet = 0; octet < 256; octet++) {
			uint8_t wire[16] = {9, 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 0};
			struct name n;
			wire[1 + position] = (uint8_t)octet;
			assert_int_equal(name_read(&n, wire, 11), 11);
			unsigned want = octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
			assert_int_equal(n.wire[1 + position], want);
			assert_int_equal(n.wire[0], 9);
		}
	}
}

static void labels_are_where_they_say(void **state)
{
	static const uint8_t wire[] = "\3Web\10internal\0rest";
	struct name n;
	(void)state;
	assert_int_equal(name_read(&n, wire, sizeof wire), 14);
	assert_int_equal(n.len, 14);
	assert_int_equal(n.count, 2);
	assert_int_equal(n.at[0], 0);
	assert_int_equal(n.at[1], 4);
	for (size_t room = 0; room < 14; room++)
		assert_int_equal(name_read(&n, wire, room), 0);
}

static void the_longest_name_is_255_octets_in_127_labels(void **state)
{
	uint8_t wire[300];
	struct name n;
	(void)state;
	for (int i = 0; i < 127; i++)
		memcpy(wire + 2 * (size_t)i, "\1A", 2);
	wire[254] = 0;
	assert_int_equal(name_read(&n, wire, sizeof wire), 255);
	assert_int_equal(n.count, 127);
	assert_int_equal(n.wire[253], 'a');
	memcpy(wire + 254, "\1A", 3);
	assert_int_equal(name_read(&n, wire, sizeof wire), 0);
	memset(wire, 'a', sizeof wire);
	wire[0] = wire[64] = wire[128] = 63;
	wire[192] = 61;
	wire[254] = 0;
	assert_int_equal(name_read(&n, wire, sizeof wire), 255);
	wire[192] = 62;
	wire[255] = 0;
	assert_int_equal(name_read(&n, wire, sizeof wire), 0);
}

static void a_label_has_1_to_63_octets(void **state)
{
	char long_label[65];
	struct text wire = {0};
	(void)state;
	memset(long_label, 'A', sizeof long_label);
	assert_false(name_add_label(&wire, BYTES("")));
	assert_false(name_add_label(&wire, (struct bytes){long_label, 64}));
	assert_int_equal(wire.len, 0);
	assert_true(name_add_label(&wire, (struct bytes){long_label, 63}));
	assert_int_equal(wire.len, 64);
	assert_int_equal(wire.at[0], 63);
	assert_int_equal(wire.at[63], 'a');
	text_free(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_and_wire_say_the_same),
	    cmocka_unit_test(what_is_no_name_is_refused),
	    cmocka_unit_test(only_a_to_z_are_folded),
	    cmocka_unit_test(labels_are_where_they_say),
	    cmocka_unit_test(the_longest_name_is_255_octets_in_127_labels),
	    cmocka_unit_test(a_label_has_1_to_63_octets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
