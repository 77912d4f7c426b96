/* node: what was added is found, whole and under its own name only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/hash.h"
#include "node.h"

static const struct node_key key = {7, NODE_INTERNAL, {"web", 3}};

static void every_name_finds_its_answer(void **state)
{
	enum { NAMES = 5000 };
	struct node_maker maker = {0};
	char name[16];
	(void)state;
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof name, "\7n%06d", i);
		node_add(&maker, (struct bytes){name, 8}, (struct answer){.at = (uint32_t)i, .type = TYPE_TXT});
	}
	struct node *n = node_build(&maker, &key);
	assert_int_equal(n->below_count, NAMES);
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof name, "\7n%06d", i);
		const struct answer *a = node_find(n, (const uint8_t *)name, 8, TYPE_TXT);
		assert_non_null(a);
		assert_int_equal(a->at, i);
	}
	assert_null(node_find(n, (const uint8_t *)"\7n000000\1x", 10, TYPE_TXT));
	assert_null(node_find(n, (const uint8_t *)"\7m000000", 8, TYPE_TXT));
	assert_ptr_equal(node_find(n, (const uint8_t *)"", 0, TYPE_TXT), &n->own);
	free(n);
	node_maker_free(&maker);
}

static void of_equal_names_the_one_with_records_stays(void **state)
{
	struct node_maker maker = {0};
	(void)state;
	for (int order = 0; order < 2; order++) {
		struct answer empty = {.type = TYPE_NONE}, full = {.type = TYPE_AAAA, .len = WIRE_AAAA, .count = 1};
		node_add(&maker, BYTES("\2vm"), order ? full : empty);
		node_add(&maker, BYTES("\2vm"), order ? empty : full);
		struct node *n = node_build(&maker, &key);
		assert_int_equal(n->below_count, 1);
		assert_int_equal(node_find(n, (const uint8_t *)"\2vm", 3, TYPE_TXT)->type, TYPE_AAAA);
		free(n);
	}
	node_maker_free(&maker);
}

static struct answer set(uint16_t type, uint16_t count)
{
	return (struct answer){.type = type, .count = count, .len = count * 28u};
}

/* What is asked for is found whatever else there is under the name; else something is found that says what there is. */
static void a_name_may_hold_several_types(void **state)
{
	static const uint16_t types[] = {TYPE_TXT, TYPE_AAAA, TYPE_SRV, TYPE_HTTPS};
	enum { TYPES = sizeof types / sizeof *types };
	struct node_maker maker = {0};
	(void)state;
	for (unsigned turn = 0; turn < TYPES; turn++)
		for (unsigned there = 1; there < 1 << TYPES; there++) {
			bool own = false;
			node_add(&maker, BYTES("\1b"), set(TYPE_NONE, 0));
			for (unsigned i = 0; i < TYPES; i++) {
				unsigned at = (i + turn) % TYPES;
				if (!(there >> at & 1))
					continue;
				node_add(&maker, BYTES("\1b"), set(types[at], (uint16_t)at)); /* TXT holds nothing */
				if (own)
					node_add(&maker, BYTES(""), set(types[at], (uint16_t)at));
				else
					maker.own = set(types[at], (uint16_t)at);
				own = true;
			}
			node_add(&maker, BYTES("\1a"), set(TYPE_PTR, 1));
			node_add(&maker, BYTES("\1c"), set(TYPE_PTR, 1));
			struct node *n = node_build(&maker, &key);
			for (unsigned at = 0; at < TYPES; at++) {
				const struct answer *below = node_find(n, (const uint8_t *)"\1b", 2, types[at]);
				const struct answer *self = node_find(n, (const uint8_t *)"", 0, types[at]);
				assert_int_equal(below->type == types[at], there >> at & 1);
				assert_int_equal(self->type == types[at], there >> at & 1);
				if (there >> at & 1)
					assert_true(below->count == at && self->count == at);
			}
			assert_int_equal(node_find(n, (const uint8_t *)"\1b", 2, TYPE_ANY)->count != 0, there != 1);
			assert_int_equal(node_find(n, (const uint8_t *)"", 0, TYPE_ANY)->count != 0, there != 1);
			assert_int_equal(n->below_count, 2 + 2 * __builtin_popcount(there) - 1);
			free(n);
		}
	node_maker_free(&maker);
}

static void a_maker_starts_anew(void **state)
{
	struct node_maker maker = {0};
	(void)state;
	text_add(&maker.records, "0123456789012345678901234567", WIRE_AAAA);
	maker.own = (struct answer){.type = TYPE_AAAA, .len = WIRE_AAAA, .count = 1};
	maker.has_nearest = true;
	node_add(&maker, BYTES(""), set(TYPE_TXT, 1));
	struct node *first = node_build(&maker, &key);
	struct node *second = node_build(&maker, &(struct node_key){8, NODE_FLYCAST, {"api", 3}});
	assert_memory_equal(node_records(first), "0123456789012345678901234567", WIRE_AAAA);
	assert_int_equal(second->own.type, TYPE_NONE);
	assert_false(second->has_nearest);
	assert_false(second->own_more);
	assert_true(node_is(first, &key));
	assert_false(node_is(second, &key));
	assert_false(node_is(first, &(struct node_key){7, NODE_FLYCAST, {"web", 3}}));
	assert_false(node_is(first, &(struct node_key){7, NODE_INTERNAL, {"webs", 4}}));
	free(first);
	free(second);
	node_maker_free(&maker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_name_finds_its_answer),
	    cmocka_unit_test(of_equal_names_the_one_with_records_stays),
	    cmocka_unit_test(a_name_may_hold_several_types),
	    cmocka_unit_test(a_maker_starts_anew),
	};
	hash_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
