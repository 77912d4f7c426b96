/* replay_cache: what is remembered is found under its key and no other, for its time, and within bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/hash.h"
#include "replay_cache.h"

static struct bytes key_of(char out[16], unsigned number)
{
	return (struct bytes){out, (size_t)snprintf(out, 16, "key %u", number)};
}

static bool put_one(struct replay_cache *cache, unsigned number, int64_t until_ms)
{
	char text[16];
	struct replay_route route = {.allow_bypass = number % 2};
	snprintf(route.steer.app, sizeof route.steer.app, "app-%u", number);
	return replay_cache_put(cache, key_of(text, number), until_ms, &route);
}

static bool has(struct replay_cache *cache, unsigned number, int64_t now_ms)
{
	char text[16], app[STEER_APP];
	struct replay_route route = {0};
	if (!replay_cache_find(cache, key_of(text, number), now_ms, &route))
		return false;
	snprintf(app, sizeof app, "app-%u", number);
	assert_string_equal(route.steer.app, app);
	assert_int_equal(route.allow_bypass, number % 2);
	return true;
}

static void what_was_put_is_found_until_its_time_is_over(void **state)
{
	_Atomic size_t bytes = 0;
	char text[16];
	(void)state;
	struct replay_cache *cache = replay_cache_new(&bytes);
	assert_true(replay_cache_is_empty(cache) && replay_cache_is_empty(NULL));
	assert_false(replay_cache_find(NULL, BYTES("x"), 0, NULL));
	for (unsigned i = 0; i < 100; i++)
		assert_true(put_one(cache, i, 1000 + i));
	for (unsigned i = 0; i < 100;
	     i++) /* those that are over are taken out on the way, and no neighbour with them */
		assert_int_equal(has(cache, i, 1050), i > 50);
	assert_false(has(cache, 100, 0));
	assert_true(put_one(cache, 60, 5000)); /* in the place of the one before */
	assert_true(has(cache, 60, 4999));
	assert_true(replay_cache_drop(cache, key_of(text, 60)));
	assert_false(replay_cache_drop(cache, key_of(text, 60)));
	assert_false(has(cache, 60, 0));
	replay_cache_expire(cache, 2000);
	assert_true(replay_cache_is_empty(cache));
	replay_cache_free(cache);
	assert_int_equal(bytes, 0);
}

static void the_oldest_goes_when_there_are_too_many(void **state)
{
	_Atomic size_t bytes = 0;
	(void)state;
	struct replay_cache *cache = replay_cache_new(&bytes);
	for (unsigned i = 0; i < REPLAY_CACHE_MOST; i++)
		assert_true(put_one(cache, i, 1000));
	assert_true(put_one(cache, 0, 1000)); /* the newest now */
	assert_true(put_one(cache, REPLAY_CACHE_MOST, 1000));
	assert_true(has(cache, 0, 0) && has(cache, 2, 0) && has(cache, REPLAY_CACHE_MOST, 0));
	assert_false(has(cache, 1, 0));
	replay_cache_free(cache);
	assert_int_equal(bytes, 0);
}

static void all_caches_share_one_budget(void **state)
{
	_Atomic size_t bytes = 0;
	(void)state;
	struct replay_cache *a = replay_cache_new(&bytes), *b = replay_cache_new(&bytes);
	assert_true(put_one(a, 1, 1000) && put_one(a, 2, 1000));
	size_t two = bytes;
	bytes = REPLAY_CACHE_BUDGET;
	assert_false(put_one(b, 1, 1000)); /* takes nothing from another app */
	assert_true(has(a, 1, 0) && has(a, 2, 0) && replay_cache_is_empty(b));
	assert_true(put_one(a, 3, 1000)); /* at the cost of its own oldest */
	assert_true(!has(a, 1, 0) && has(a, 2, 0) && has(a, 3, 0));
	assert_true(bytes <= REPLAY_CACHE_BUDGET);
	bytes -= REPLAY_CACHE_BUDGET - two;
	replay_cache_free(a);
	replay_cache_free(b);
	assert_int_equal(bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_put_is_found_until_its_time_is_over),
	    cmocka_unit_test(the_oldest_goes_when_there_are_too_many),
	    cmocka_unit_test(all_caches_share_one_budget),
	};
	hash_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
