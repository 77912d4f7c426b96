/* table: what was put is found, what was removed is not, and readers never miss an item that stays. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"

struct item {
	uint64_t key;
	uint64_t value;
};

static bool item_is(const void *item, const void *key)
{
	return ((const struct item *)item)->key == *(const uint64_t *)key;
}

static struct item *item_new(uint64_t key, uint64_t value)
{
	struct item *i = mem_new(sizeof *i);
	*i = (struct item){key, value};
	return i;
}

/* Few hashes for many keys, so that chains are long and slots are reused by other keys. */
static uint64_t crowded(uint64_t key)
{
	return key % 7;
}

static void it_agrees_with_a_plain_array(void **state)
{
	enum { KEYS = 200, STEPS = 200000 };
	static struct item *model[KEYS];
	struct reclaim reclaim = {0};
	struct table table;
	unsigned seed = 1;
	(void)state;
	table_init(&table, &reclaim);
	for (int step = 0; step < STEPS; step++) {
		uint64_t key = (uint64_t)rand_r(&seed) % KEYS;
		uint64_t hash = crowded(key);
		switch (rand_r(&seed) % 3) {
		case 0: {
			struct item *item = item_new(key, (uint64_t)step);
			assert_ptr_equal(table_put(&table, hash, item_is, &key, item), model[key]);
			free(model[key]);
			model[key] = item;
			break;
		}
		case 1:
			assert_ptr_equal(table_remove(&table, hash, item_is, &key), model[key]);
			free(model[key]);
			model[key] = NULL;
			break;
		default:
			assert_ptr_equal(table_find(&table, hash, item_is, &key), model[key]);
		}
	}
	for (uint64_t key = 0; key < KEYS; key++)
		free(model[key]);
	reclaim_free(&reclaim);
	table_fini(&table);
}

static struct {
	struct table table;
	atomic_bool stop;
	atomic_uint_fast64_t misses;
	atomic_uint_fast64_t finds;
} shared;

enum { FIXED = 64, MOVING = 5000 };

static void *reader(void *nothing)
{
	rcu_register();
	for (uint64_t n = 0; !atomic_load(&shared.stop); n++) {
		uint64_t key = n % FIXED;
		const struct item *item = table_find(&shared.table, hash_bytes(&key, sizeof key, 0), item_is, &key);
		if (!item || item->key != key)
			atomic_fetch_add(&shared.misses, 1);
		atomic_fetch_add(&shared.finds, 1);
		rcu_quiescent();
	}
	rcu_unregister();
	return nothing;
}

static void readers_always_find_what_stays(void **state)
{
	struct reclaim reclaim = {0};
	pthread_t threads[2];
	(void)state;
	table_init(&shared.table, &reclaim);
	for (uint64_t key = 0; key < FIXED; key++)
		table_put(&shared.table, hash_bytes(&key, sizeof key, 0), item_is, &key, item_new(key, 0));
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, reader, NULL), 0);
	for (int round = 0; round < 20; round++) {
		for (uint64_t key = FIXED; key < MOVING; key++)
			reclaim_later(
			    &reclaim, free,
			    table_put(&shared.table, hash_bytes(&key, sizeof key, 0), item_is, &key, item_new(key, 1)));
		for (uint64_t key = 0; key < FIXED; key++)
			reclaim_later(
			    &reclaim, free,
			    table_put(&shared.table, hash_bytes(&key, sizeof key, 0), item_is, &key, item_new(key, 2)));
		for (uint64_t key = FIXED; key < MOVING; key++)
			reclaim_later(&reclaim, free,
			              table_remove(&shared.table, hash_bytes(&key, sizeof key, 0), item_is, &key));
		reclaim_run(&reclaim);
	}
	while (atomic_load(&shared.finds) < 1000)
		;
	atomic_store(&shared.stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&shared.misses), 0);
	for (uint64_t key = 0; key < FIXED; key++)
		free(table_remove(&shared.table, hash_bytes(&key, sizeof key, 0), item_is, &key));
	assert_int_equal(shared.table.count, 0);
	reclaim_free(&reclaim);
	table_fini(&shared.table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_agrees_with_a_plain_array),
	    cmocka_unit_test(readers_always_find_what_stays),
	};
	hash_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
