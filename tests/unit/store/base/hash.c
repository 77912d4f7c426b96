/* hash: what tables count on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/hash.h"

enum { KEYS = 10000, SALTS = 8, ALL = SALTS * KEYS };

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return (a > b) - (a < b);
}

/* Salts are ids of networks, one after another, and names of apps are much alike. */
static void keys_of_neighbouring_salts_share_no_hash(void **state)
{
	static uint64_t hashes[ALL];
	(void)state;
	for (size_t len = 5; len < 8; len++) {
		for (uint64_t salt = 0; salt < SALTS; salt++) {
			for (unsigned i = 0; i < KEYS; i++) {
				char key[16];
				snprintf(key, sizeof key, "%c%0*u", salt % 2 ? 'a' : 'b', (int)len - 1, i);
				hashes[salt * KEYS + i] = hash_bytes(key, len, salt + 1);
			}
		}
		qsort(hashes, ALL, sizeof *hashes, compare);
		for (size_t i = 1; i < ALL; i++)
			assert_true(hashes[i - 1] != hashes[i]);
	}
}

static void the_salt_and_every_octet_count(void **state)
{
	(void)state;
	assert_true(hash_bytes("ab", 2, 1) == hash_bytes("ab", 2, 1));
	assert_true(hash_bytes("ab", 2, 1) != hash_bytes("ab", 2, 2));
	assert_true(hash_bytes("ab", 2, 1) != hash_bytes("ac", 2, 1));
	assert_true(hash_bytes("ab", 2, 1) != hash_bytes("ab", 1, 1));
	assert_true(hash_bytes("ab", 2, 1) != hash_bytes("ab", 2, 1 | (uint64_t)1 << 32));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_of_neighbouring_salts_share_no_hash),
	    cmocka_unit_test(the_salt_and_every_octet_count),
	};
	hash_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
