/* reverse.c - see reverse.h.
 * A prefix of n nibbles exists as long as something exists right below it; `above` counts that, so adding an address
 * touches only the prefixes that nobody else has. A prefix is known by its 64-bit keyed hash and nothing else: with ten
 * million of them, one question in 10^12 for a name that is not there would get NODATA instead of NXDOMAIN. */
#include "reverse.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

enum {
	NETWORK_NIBBLES = 12, /* fdaa:<net>:<net> */
	ALL_NIBBLES = 32,
	ZONE_NIBBLES = 4, /* fdaa */
};

struct reverse_pointer {
	struct in6_addr ip;
	uint64_t owner;
	uint64_t target; /* hash of what it points to */
	uint64_t round;
	size_t len;
	char record[];
};

static uint64_t hash_ip(const struct in6_addr *ip, unsigned nibbles)
{
	return hash_bytes(ip, sizeof *ip, nibbles);
}

static bool pointer_is(const void *item, const void *key)
{
	return memcmp(&((const struct reverse_pointer *)item)->ip, key, sizeof(struct in6_addr)) == 0;
}

static bool any(const void *item, const void *key)
{
	(void)item, (void)key;
	return true;
}

static void clear_nibble(struct in6_addr *ip, unsigned nibble)
{
	ip->s6_addr[nibble / 2] &= nibble % 2 ? 0xf0 : 0x0f;
}

/* The items of table `above` are numbers: places on this scale. A prefix has at most sixteen names right below it. */
static char scale[16 + 1];

static unsigned count_at(const struct reverse *r, uint64_t hash)
{
	const char *place = table_find(&r->above, hash, any, NULL);
	return place ? (unsigned)(place - scale) : 0;
}

static void count_set(struct reverse *r, uint64_t hash, unsigned count)
{
	if (count)
		table_put(&r->above, hash, any, NULL, &scale[count]);
	else
		table_remove(&r->above, hash, any, NULL);
}

/* One more (or one less) name at `ip`: tell the prefixes above, from the longest up, until one is there (or stays). */
static void count_above(struct reverse *r, struct in6_addr ip, bool more)
{
	for (unsigned nibbles = ALL_NIBBLES - 1; nibbles > NETWORK_NIBBLES; nibbles--) {
		clear_nibble(&ip, nibbles);
		uint64_t hash = hash_ip(&ip, nibbles);
		unsigned count = count_at(r, hash);
		count_set(r, hash, more ? count + 1 : count - 1);
		if (more ? count > 0 : count > 1)
			return;
	}
}

void reverse_init(struct reverse *reverse, struct reclaim *reclaim)
{
	*reverse = (struct reverse){.reclaim = reclaim};
	table_init(&reverse->pointers, reclaim);
	table_init(&reverse->above, reclaim);
}

static void free_pointer(void *item, void *owner)
{
	(void)owner;
	free(item);
}

void reverse_fini(struct reverse *reverse)
{
	table_each(&reverse->pointers, free_pointer, NULL);
	table_fini(&reverse->pointers);
	table_fini(&reverse->above);
}

void reverse_begin(struct reverse *reverse)
{
	reverse->round++;
}

void reverse_put(struct reverse *reverse, struct encoder *encoder, const struct in6_addr *ip, uint64_t owner,
                 const char *target)
{
	struct text record = {0};
	uint64_t target_hash = hash_bytes(target, strlen(target), 2);
	struct reverse_pointer *old = table_find(&reverse->pointers, hash_ip(ip, ALL_NIBBLES), pointer_is, ip);
	if (old && old->owner == owner && old->target == target_hash) {
		old->round = reverse->round;
		return;
	}
	encode_ptr(encoder, &record, target);
	struct reverse_pointer *fresh = mem_new(sizeof *fresh + record.len);
	*fresh = (struct reverse_pointer){*ip, owner, target_hash, reverse->round, record.len};
	memcpy(fresh->record, record.at, record.len);
	text_free(&record);
	if (!old)
		count_above(reverse, *ip, true); /* before the name itself: it never stands without its parents */
	reclaim_later(reverse->reclaim, free,
	              table_put(&reverse->pointers, hash_ip(ip, ALL_NIBBLES), pointer_is, ip, fresh));
}

void reverse_drop(struct reverse *reverse, const struct in6_addr *ip, uint64_t owner)
{
	uint64_t hash = hash_ip(ip, ALL_NIBBLES);
	const struct reverse_pointer *there = table_find(&reverse->pointers, hash, pointer_is, ip);
	if (!there || there->owner != owner || there->round == reverse->round)
		return;
	reclaim_later(reverse->reclaim, free, table_remove(&reverse->pointers, hash, pointer_is, ip));
	count_above(reverse, *ip, false);
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The nibbles a name stands for, the rest zero. Returns how many, fdaa included; 0: it cannot be an address. */
static unsigned read_nibbles(struct in6_addr *ip, const struct name *name)
{
	unsigned nibbles = ZONE_NIBBLES;
	*ip = (struct in6_addr){.s6_addr = {0xfd, 0xaa}};
	if (name->count > ALL_NIBBLES - ZONE_NIBBLES + REVERSE_LABELS)
		return 0;
	for (int label = name->count - REVERSE_LABELS - 1; label >= 0; label--, nibbles++) {
		const uint8_t *at = name->wire + name->at[label];
		int value = at[0] == 1 ? hex_value(at[1]) : -1;
		if (value < 0)
			return 0;
		ip->s6_addr[nibbles / 2] |= (uint8_t)(nibbles % 2 ? value : value << 4);
	}
	return nibbles;
}

/* fdaa:<net>::3 with its last nibbles cut off, as far as the name goes; network 0: fdaa::3. */
static struct in6_addr server_prefix(uint32_t network, unsigned nibbles)
{
	struct in6_addr ip = {.s6_addr = {0xfd, 0xaa, (uint8_t)(network >> 24), (uint8_t)(network >> 16),
	                                  (uint8_t)(network >> 8), (uint8_t)network}};
	ip.s6_addr[15] = 3;
	while (nibbles < ALL_NIBBLES)
		clear_nibble(&ip, nibbles++);
	return ip;
}

enum reverse_result reverse_find(const struct reverse *reverse, uint32_t network, const struct name *name,
                                 struct bytes *record)
{
	struct in6_addr ip;
	unsigned nibbles = read_nibbles(&ip, name);
	if (nibbles == 0)
		return REVERSE_NOTHING;
	struct in6_addr server = server_prefix(network, nibbles), every = server_prefix(0, nibbles);
	if (memcmp(&ip, &server, sizeof ip) == 0 || memcmp(&ip, &every, sizeof ip) == 0)
		return nibbles == ALL_NIBBLES ? REVERSE_SERVER : REVERSE_ABOVE;
	if (memcmp(&ip, &server, NETWORK_NIBBLES / 2) != 0)
		return REVERSE_NOTHING; /* another network's */
	if (nibbles < ALL_NIBBLES)
		return count_at(reverse, hash_ip(&ip, nibbles)) ? REVERSE_ABOVE : REVERSE_NOTHING;
	const struct reverse_pointer *p = table_find(&reverse->pointers, hash_ip(&ip, ALL_NIBBLES), pointer_is, &ip);
	if (!p)
		return REVERSE_NOTHING;
	*record = (struct bytes){p->record, p->len};
	return REVERSE_POINTER;
}

struct pointer_visit {
	void (*visit)(const struct in6_addr *ip, struct bytes record, void *owner);
	void *owner;
};

static void visit_pointer(void *item, void *owner)
{
	const struct reverse_pointer *p = item;
	const struct pointer_visit *v = owner;
	v->visit(&p->ip, (struct bytes){p->record, p->len}, v->owner);
}

void reverse_each(const struct reverse *reverse,
                  void (*visit)(const struct in6_addr *ip, struct bytes record, void *owner), void *owner)
{
	struct pointer_visit v = {visit, owner};
	table_each(&reverse->pointers, visit_pointer, &v);
}

bool reverse_at(const struct reverse *reverse, const struct in6_addr *ip, struct bytes *record)
{
	const struct reverse_pointer *p = table_find(&reverse->pointers, hash_ip(ip, ALL_NIBBLES), pointer_is, ip);
	if (p)
		*record = (struct bytes){p->record, p->len};
	return p != NULL;
}

size_t reverse_name(char *out, const struct in6_addr *ip)
{
	static const char arpa[] = "\3ip6\4arpa";
	char *at = out;
	for (int nibble = ALL_NIBBLES - 1; nibble >= 0; nibble--) {
		*at++ = 1;
		*at++ = "0123456789abcdef"[ip->s6_addr[nibble / 2] >> (nibble % 2 ? 0 : 4) & 15];
	}
	memcpy(at, arpa, sizeof arpa);
	return (size_t)(at - out) + sizeof arpa;
}
