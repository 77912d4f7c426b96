/* The longest attached prefix wins, for every nesting and at both ends of the address space; regions are taken by their
 * code and place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/addr.h"
#include "reader_place.h"
#include "registry.h"
#include "statement.h"
#include "temp_registry.h"

enum { RANDOM_PREFIXES = 300, RANDOM_PROBES = 20000 };

static int refused_count;

static void on_refused(void *owner, const char *kind, const char *key, const char *reason)
{
	(void)owner, (void)kind, (void)key, (void)reason;
	refused_count++;
}

static const struct refusals refusals = {NULL, on_refused};
static struct registry *reading;

static int set_up(void **state)
{
	(void)state;
	refused_count = 0;
	reading = registry_open(temp_registry_make(), REGISTRY_READ);
	return registry_failed(reading) ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	registry_close(reading);
	temp_registry_remove();
	return 0;
}

static uint32_t find(const struct prefixes *p, const char *text)
{
	struct in6_addr ip;
	assert_true(addr_ip_parse(&ip, text));
	return reader_prefix_find(p, &ip);
}

static void the_name_of_a_region_may_be_anything(void **state)
{
	(void)state;
	temp_registry_sql("UPDATE region SET name = 'a' || char(0) || 'b' WHERE code = 'fra';"
	                  "UPDATE region SET name = printf('%.5000c', 'x') WHERE code = 'nrt';"
	                  "UPDATE region SET name = '' WHERE code = 'ams'");
	struct places *p = reader_place_read(reading, &refusals);
	assert_non_null(p);
	assert_int_equal(refused_count, 0);
	assert_true(p->region_count > 10);
	free(p);
}

static void nested_prefixes(void **state)
{
	(void)state;
	temp_registry_sql(
	    "INSERT INTO networks (org, name) VALUES ('acme', 'red');"
	    "INSERT INTO client_prefix (prefix, network) VALUES ('::/0', 1), ('2001:db8::/32', 2),"
	    " ('2001:db8:8000::/33', 3), ('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128', 1),"
	    " ('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128', 3), ('192.0.2.0/24', 2), ('192.0.2.7/32', 3)");
	struct prefixes *p = reader_prefix_read(reading, &refusals);
	assert_int_equal(find(p, "::"), 1);
	assert_int_equal(find(p, "2001:db7:ffff::1"), 1);
	assert_int_equal(find(p, "2001:db8::"), 2);
	assert_int_equal(find(p, "2001:db8:8000::"), 3);
	assert_int_equal(find(p, "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe"), 3);
	assert_int_equal(find(p, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), 1);
	assert_int_equal(find(p, "2001:db9::"), 1);
	assert_int_equal(find(p, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"), 1);
	assert_int_equal(find(p, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 3);
	assert_int_equal(find(p, "192.0.2.1"), 2);
	assert_int_equal(find(p, "192.0.2.7"), 3);
	assert_int_equal(find(p, "192.0.2.8"), 2);
	assert_int_equal(find(p, "192.0.3.0"), 1);
	free(p);
}

static uint8_t block(const struct prefixes *p, const char *text)
{
	struct in6_addr ip;
	assert_true(addr_ip_parse(&ip, text));
	return reader_prefix_block(p, &ip);
}

static void a_block_is_the_prefix_but_for_what_is_inside_it(void **state)
{
	(void)state;
	temp_registry_sql("INSERT INTO client_prefix (prefix, network) VALUES ('10.0.0.0/8', 1), ('10.1.0.0/16', 2),"
	                  " ('2001:db8::/32', 2), ('fc00::/7', 1), ('::1/128', 1)");
	struct prefixes *p = reader_prefix_read(reading, &refusals);
	assert_int_equal(block(p, "10.1.2.3"), 96 + 16);
	assert_int_equal(block(p, "10.0.2.3"), 96 + 16);
	assert_int_equal(block(p, "10.2.0.0"), 96 + 15);
	assert_int_equal(block(p, "10.128.0.0"), 96 + 9);
	assert_int_equal(block(p, "11.0.0.0"), 96 + 8);
	assert_int_equal(block(p, "192.0.2.1"), 96 + 1);
	assert_int_equal(block(p, "2001:db8:1::"), 32);
	assert_int_equal(block(p, "2001:db9::"), 32);
	assert_int_equal(block(p, "fc00::1"), 8);
	assert_int_equal(block(p, "fdab::1"), 16);
	assert_int_equal(block(p, "::1"), 128);
	assert_int_equal(block(p, "::"), 128);
	free(p);
}

static void no_prefix_leads_nowhere(void **state)
{
	(void)state;
	struct prefixes *p = reader_prefix_read(reading, &refusals);
	assert_int_equal(find(p, "::"), 0);
	assert_int_equal(find(p, "ffff::"), 0);
	assert_int_equal(block(p, "::"), 1); /* half of all: the other one has fdaa::/16 */
	assert_int_equal(block(p, "fe80::"), 7);
	free(p);
}

static void a_prefix_that_is_none_is_left_out(void **state)
{
	(void)state;
	temp_registry_shell("PRAGMA ignore_check_constraints = on;"
	                    "INSERT INTO client_prefix (prefix, network) VALUES ('10.0.0.1/8', 1), ('10.0.0.0/99', 1),"
	                    " ('ten/8', 1), ('10.0.0.0/8', 2);");
	struct prefixes *p = reader_prefix_read(reading, &refusals);
	assert_int_equal(refused_count, 3);
	assert_int_equal(find(p, "10.1.2.3"), 2);
	free(p);
}

/* Whether every attached prefix is around the block of this length or beside it. */
static bool is_one_piece(const struct prefix *list, struct in6_addr ip, int len)
{
	struct prefix block = {ip, (uint8_t)len};
	if (len < 0)
		return false;
	for (size_t i = 0; i < RANDOM_PREFIXES; i++)
		if (list[i].len > len && prefix_has(&block, &list[i].ip))
			return false;
	return len > 0; /* fdaa::/16 is beside it */
}

/* Against looking through all of them, on a narrow part of the address space so that they nest. */
static void random_prefixes_agree_with_a_search_through_all(void **state)
{
	static struct prefix list[RANDOM_PREFIXES];
	static uint32_t networks[RANDOM_PREFIXES];
	char text[ADDR_TEXT], sql[256];
	unsigned seed = 20261123;
	(void)state;
	for (size_t i = 0; i < RANDOM_PREFIXES; i++) {
		struct prefix *p = &list[i];
		p->ip = (struct in6_addr){.s6_addr = {0x20, (uint8_t)(rand_r(&seed) % 4), (uint8_t)rand_r(&seed)}};
		p->len = (uint8_t)(8 + rand_r(&seed) % 17);
		for (unsigned bit = p->len; bit < 24; bit++)
			p->ip.s6_addr[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
		networks[i] = 1 + i % 2;
		snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO client_prefix (prefix, network) VALUES ('%s', %u)",
		         prefix_text(text, p), networks[i]);
		temp_registry_sql(sql);
	}
	struct prefixes *p = reader_prefix_read(reading, &refusals);
	for (int probe = 0; probe < RANDOM_PROBES; probe++) {
		struct in6_addr ip = {.s6_addr = {0x20, (uint8_t)(rand_r(&seed) % 5), (uint8_t)rand_r(&seed)}};
		uint32_t want = 0;
		int best = -1;
		for (size_t i = 0; i < RANDOM_PREFIXES; i++) {
			if (!prefix_has(&list[i], &ip) || list[i].len < best)
				continue;
			best = list[i].len; /* of two equal ones the later replaced the earlier */
			want = networks[i];
		}
		assert_int_equal(reader_prefix_find(p, &ip), want);
		int len = reader_prefix_block(p, &ip);
		assert_true(is_one_piece(list, ip, len));
		assert_false(is_one_piece(list, ip, len - 1));
	}
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_name_of_a_region_may_be_anything, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(nested_prefixes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_block_is_the_prefix_but_for_what_is_inside_it, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(no_prefix_leads_nowhere, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_prefix_that_is_none_is_left_out, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(random_prefixes_agree_with_a_search_through_all, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
