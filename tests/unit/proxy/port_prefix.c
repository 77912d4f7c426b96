/* port_prefix: the prefixes of a range are the range, each port once, and no two of them could be one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "port_prefix.h"

static uint32_t size_of(struct port_prefix prefix)
{
	return 1U << (16 - prefix.bits);
}

static void check(uint16_t start, uint16_t end)
{
	struct port_prefix all[PORT_PREFIX_MAX];
	unsigned count = port_prefixes(all, start, end);
	uint32_t next = start;
	assert_in_range(count, 1, PORT_PREFIX_MAX);
	for (unsigned i = 0; i < count; i++) {
		uint32_t size = size_of(all[i]);
		assert_int_equal(all[i].port, next);
		assert_int_equal(all[i].port % size, 0);
		if (i > 0 && size == size_of(all[i - 1]))
			assert_int_not_equal(all[i - 1].port % (size * 2), 0);
		next += size;
	}
	assert_int_equal(next, (uint32_t)end + 1);
}

static void a_range_is_covered_exactly(void **state)
{
	(void)state;
	for (uint32_t start = 0; start < 300; start++)
		for (uint32_t end = start; end < 300; end++)
			check((uint16_t)start, (uint16_t)end);
	srand(1);
	for (int i = 0; i < 100000; i++) {
		uint16_t a = (uint16_t)rand(), b = (uint16_t)rand();
		check(a < b ? a : b, a < b ? b : a);
	}
}

static void the_ends_of_all_ports_are_no_exception(void **state)
{
	struct port_prefix all[PORT_PREFIX_MAX];
	(void)state;
	check(65535, 65535);
	check(1, 65535);
	check(1, 65534);
	assert_int_equal(port_prefixes(all, 0, 65535), 1);
	assert_int_equal(all[0].bits, 0);
	assert_int_equal(port_prefixes(all, 1, 65534), PORT_PREFIX_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_range_is_covered_exactly),
	    cmocka_unit_test(the_ends_of_all_ports_are_no_exception),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
