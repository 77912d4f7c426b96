/* guest: what people say of a size and what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "guest.h"

static void what_is_said_of_a_size_says_the_rest(void **state)
{
	static const struct {
		struct guest_wish wish;
		const char *name;
	} rows[] = {
	    {{0}, ""},
	    {{.size = "shared-cpu-1x"}, "shared-cpu-1x:256MB"},
	    {{.size = "shared-cpu-8x"}, "shared-cpu-8x:2048MB"},
	    {{.size = "performance-1x"}, "performance-1x:2048MB"},
	    {{.size = "performance-16x"}, "performance-16x:32768MB"},
	    {{.memory_mb = 512}, "shared-cpu-1x:512MB"},
	    {{.cpus = 4}, "shared-cpu-4x:1024MB"},
	    {{.cpu_kind = "performance"}, "performance-1x:2048MB"},
	    {{.size = "shared-cpu-2x", .memory_mb = 4096}, "shared-cpu-2x:4096MB"},
	    {{.size = "shared-cpu-2x", .cpus = 3}, "shared-cpu-3x:768MB"},
	    {{.cpu_kind = "shared", .cpus = 1, .memory_mb = 16}, "shared-cpu-1x:16MB"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct guest guest;
		struct text why = {0};
		char name[GUEST_NAME];
		assert_int_equal(guest_read(&guest, &rows[i].wish, &why), 0);
		assert_string_equal(guest_name(name, &guest), rows[i].name);
		text_free(&why);
	}
}

static void what_cannot_be_a_size_is_told(void **state)
{
	static const struct {
		struct guest_wish wish;
		const char *why;
	} rows[] = {
	    {{.size = "shared-cpu-3x"}, "'shared-cpu-3x' is an invalid machine size, choose one of: ["},
	    {{.size = "shared-cpu-16x"}, "invalid machine size"},
	    {{.size = ""}, "invalid machine size"},
	    {{.cpu_kind = "fast"}, "CPU kind \"fast\" is not known"},
	    {{.cpus = 1025}, "1 to 1024 CPUs, not 1025"},
	    {{.memory_mb = 15}, "16 to 16777216 MB of memory, not 15"},
	    {{.memory_mb = 16777217}, "16 to 16777216 MB of memory"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct guest guest;
		struct text why = {0};
		assert_int_equal(guest_read(&guest, &rows[i].wish, &why), -1);
		assert_non_null(strstr(text_string(&why), rows[i].why));
		assert_null(guest.cpu_kind);
		text_free(&why);
	}
}

static void memory_is_written_in_several_ways(void **state)
{
	static const struct {
		const char *text;
		int64_t mb;
	} rows[] = {{"512", 512},   {"512mb", 512}, {"512 MB", 512},     {"1gb", 1024},
	            {"2GiB", 2048}, {"2g", 2048},   {"64m", 64},         {"", 0},
	            {"0", 0},       {"-1", 0},      {"mb", 0},           {"1tb", 0},
	            {"1.5gb", 0},   {"1gb ", 0},    {"99999999999", 0},  {"0x10", 0},
	            {" 1", 0},      {"1 g b", 0},   {"0000000000512", 0}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(guest_memory(rows[i].text), rows[i].mb);
}

static void a_row_that_cannot_be_is_no_size(void **state)
{
	(void)state;
	assert_string_equal(guest_of("shared", 1, 256).cpu_kind, "shared");
	assert_null(guest_of(NULL, 1, 256).cpu_kind);
	assert_null(guest_of("", 1, 256).cpu_kind);
	assert_null(guest_of("fast", 1, 256).cpu_kind);
	assert_null(guest_of("shared", 0, 256).cpu_kind);
	assert_null(guest_of("shared", INT64_MAX, 256).cpu_kind);
	assert_null(guest_of("shared", 1, 0).cpu_kind);
	assert_null(guest_of("shared", 1, INT64_MIN).cpu_kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_said_of_a_size_says_the_rest),
	    cmocka_unit_test(what_cannot_be_a_size_is_told),
	    cmocka_unit_test(memory_is_written_in_several_ways),
	    cmocka_unit_test(a_row_that_cannot_be_is_no_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
