/* table.h - a hash table of pointers: one thread writes, any thread reads without a lock.
 * Owns its slots, never the items. Linear probing over (hash, item) pairs at most two thirds full. Readers need the
 * RCU rules of rcu.h; replaced slot arrays go to the caller's struct reclaim. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rcu.h"

struct table_slot {
	uint64_t hash; /* 0: never used, a probe ends here */
	void *item;    /* NULL: removed, a probe goes on */
};

struct table_slots {
	size_t mask; /* slots - 1, a power of two minus one */
	struct table_slot slot[];
};

struct table {
	struct table_slots *slots; /* read with rcu_get */
	size_t used;               /* slots with a hash, removed ones included */
	size_t count;              /* items */
	struct reclaim *reclaim;
};

/* True when `item` is the one `key` means; called only where the hashes agree. */
typedef bool table_match(const void *item, const void *key);

void table_init(struct table *table, struct reclaim *reclaim);
void table_fini(struct table *table); /* no reader may be left; items are the caller's */

/* Makes `item` the one under (hash, key). Returns the item it replaced (the caller reclaims it), or NULL. */
void *table_put(struct table *table, uint64_t hash, table_match *match, const void *key, void *item);
/* Returns the item that was removed, or NULL when there was none. */
void *table_remove(struct table *table, uint64_t hash, table_match *match, const void *key);

static inline uint64_t table_hash(uint64_t hash)
{
	return hash | (uint64_t)1 << 63; /* 0 means an unused slot */
}

static inline void *table_find(const struct table *table, uint64_t hash, table_match *match, const void *key)
{
	const struct table_slots *s = rcu_get(table->slots);
	hash = table_hash(hash);
	for (size_t i = hash & s->mask;; i = (i + 1) & s->mask) {
		uint64_t there = __atomic_load_n(&s->slot[i].hash, __ATOMIC_ACQUIRE);
		if (there == 0)
			return NULL;
		if (there != hash)
			continue;
		void *item = rcu_get(s->slot[i].item);
		/* A slot may be reused for another key between the two loads, so the key itself decides. */
		if (item && match(item, key))
			return item;
	}
}

/* Calls visit for every item; for the writing thread (items may be removed by visit) and for tests. */
void table_each(const struct table *table, void (*visit)(void *item, void *owner), void *owner);

#endif
