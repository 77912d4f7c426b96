/* reverse: against a plain list, every name above an address exists as long as the address does, and not longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/hash.h"
#include "reverse.h"

enum { ADDRESSES = 64, STEPS = 4000, NETWORK = 1 };

static struct in6_addr ips[ADDRESSES];
static bool there[ADDRESSES];

/* The name of the address' first nibbles. */
static struct name name_of(const struct in6_addr *ip, unsigned nibbles)
{
	char text[128], *to = text;
	struct name n;
	for (unsigned i = nibbles; i-- > 0;)
		to += sprintf(to, "%x.", ip->s6_addr[i / 2] >> (i % 2 ? 0 : 4) & 15);
	sprintf(to, "ip6.arpa");
	assert_true(name_parse(&n, text));
	return n;
}

static bool shares(const struct in6_addr *a, const struct in6_addr *b, unsigned nibbles)
{
	for (unsigned i = 0; i < nibbles; i++)
		if ((a->s6_addr[i / 2] >> (i % 2 ? 0 : 4) & 15) != (b->s6_addr[i / 2] >> (i % 2 ? 0 : 4) & 15))
			return false;
	return true;
}

static enum reverse_result want(const struct in6_addr *ip, unsigned nibbles)
{
	static const struct in6_addr server = {.s6_addr = {0xfd, 0xaa, 0, 0, 0, NETWORK, [15] = 3}};
	if (nibbles == 32 && shares(ip, &server, 32))
		return REVERSE_SERVER;
	for (int i = 0; i < ADDRESSES; i++)
		if (there[i] && shares(ip, &ips[i], nibbles))
			return nibbles == 32 ? REVERSE_POINTER : REVERSE_ABOVE;
	return nibbles < 32 && shares(ip, &server, nibbles) ? REVERSE_ABOVE : REVERSE_NOTHING;
}

static void it_agrees_with_a_plain_list(void **state)
{
	struct reclaim reclaim = {0};
	struct reverse r;
	struct encoder *encoder = encoder_new();
	unsigned seed = 7;
	(void)state;
	reverse_init(&r, &reclaim);
	for (int i = 0; i < ADDRESSES; i++) { /* few bits differ, so that many share their beginnings */
		ips[i] = (struct in6_addr){.s6_addr = {0xfd, 0xaa, 0, 0, 0, NETWORK}};
		for (int octet = 6; octet < 16; octet++)
			ips[i].s6_addr[octet] =
			    (uint8_t)(rand_r(&seed) % 4 ? 0 : rand_r(&seed) % 3 << 4 | rand_r(&seed) % 2);
		ips[i].s6_addr[15] = (uint8_t)(0x80 + i);
	}
	for (int step = 0; step < STEPS; step++) {
		int i = rand_r(&seed) % ADDRESSES;
		reverse_begin(&r);
		if (rand_r(&seed) % 2)
			reverse_put(&r, encoder, &ips[i], 1, "web.flycast."), there[i] = true;
		else
			reverse_drop(&r, &ips[i], 1), there[i] = false;
		const struct in6_addr *ip = &ips[rand_r(&seed) % ADDRESSES];
		for (unsigned nibbles = 5; nibbles <= 32; nibbles++) {
			struct bytes record;
			struct name n = name_of(ip, nibbles);
			assert_int_equal(reverse_find(&r, NETWORK, &n, &record), want(ip, nibbles));
			if (nibbles > 12)
				assert_int_equal(reverse_find(&r, NETWORK + 1, &n, &record), REVERSE_NOTHING);
		}
		reclaim_run(&reclaim);
	}
	for (int i = 0; i < ADDRESSES; i++) {
		reverse_begin(&r);
		reverse_drop(&r, &ips[i], 1);
	}
	assert_int_equal(r.pointers.count, 0);
	assert_int_equal(r.above.count, 0);
	reclaim_free(&reclaim);
	reverse_fini(&r);
	encoder_free(encoder);
}

static void an_address_is_dropped_by_its_owner_only(void **state)
{
	static const struct in6_addr ip = {.s6_addr = {0xfd, 0xaa, 0, 0, 0, NETWORK, [15] = 9}};
	struct reclaim reclaim = {0};
	struct reverse r;
	struct encoder *encoder = encoder_new();
	struct bytes record;
	struct name n = name_of(&ip, 32);
	(void)state;
	reverse_init(&r, &reclaim);
	reverse_begin(&r);
	reverse_put(&r, encoder, &ip, 1, "old.flycast.");
	reverse_begin(&r);
	reverse_put(&r, encoder, &ip, 2, "new.flycast."); /* moved */
	reverse_begin(&r);
	reverse_drop(&r, &ip, 1); /* the former owner lets go later */
	assert_int_equal(reverse_find(&r, NETWORK, &n, &record), REVERSE_POINTER);
	assert_memory_equal(record.at + record.len - 13, "\3new\7flycast", 13);
	reverse_begin(&r);
	reverse_put(&r, encoder, &ip, 2, "new.flycast.");
	reverse_drop(&r, &ip, 2); /* put in this round: it stays */
	assert_int_equal(reverse_find(&r, NETWORK, &n, &record), REVERSE_POINTER);
	reverse_begin(&r);
	reverse_drop(&r, &ip, 2);
	assert_int_equal(reverse_find(&r, NETWORK, &n, &record), REVERSE_NOTHING);
	reclaim_free(&reclaim);
	reverse_fini(&r);
	encoder_free(encoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_agrees_with_a_plain_list),
	    cmocka_unit_test(an_address_is_dropped_by_its_owner_only),
	};
	hash_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
