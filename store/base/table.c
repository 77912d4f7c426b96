/* table.c - see table.h. */
#include "base/table.h"

#include <stdlib.h>

#include "base/mem.h"

enum { SLOTS_AT_FIRST = 16 };

static struct table_slots *slots_new(size_t count)
{
	struct table_slots *s = mem_new(sizeof *s + count * sizeof s->slot[0]);
	s->mask = count - 1;
	return s;
}

void table_init(struct table *table, struct reclaim *reclaim)
{
	*table = (struct table){.slots = slots_new(SLOTS_AT_FIRST), .reclaim = reclaim};
}

void table_fini(struct table *table)
{
	free(table->slots);
	*table = (struct table){0};
}

/* The slot that holds (hash, key), else NULL; *vacant is the first slot a new item may take. */
static struct table_slot *find_slot(struct table_slots *s, uint64_t hash, table_match *match, const void *key,
                                    struct table_slot **vacant)
{
	*vacant = NULL;
	for (size_t i = hash & s->mask;; i = (i + 1) & s->mask) {
		struct table_slot *slot = &s->slot[i];
		if (!slot->item && !*vacant)
			*vacant = slot;
		if (slot->hash == 0)
			return NULL;
		if (slot->hash == hash && slot->item && match(slot->item, key))
			return slot;
	}
}

static void take_slot(struct table *table, struct table_slot *slot, uint64_t hash, void *item)
{
	if (slot->hash == 0)
		table->used++;
	__atomic_store_n(&slot->hash, hash, __ATOMIC_RELEASE);
	rcu_set(slot->item, item);
	table->count++;
}

/* A new array, twice as large or just without the removed ones, and publish it. */
static void rebuild(struct table *table)
{
	struct table_slots *old = table->slots;
	size_t want = SLOTS_AT_FIRST;
	while (want < (table->count + 1) * 2)
		want *= 2;
	struct table_slots *next = slots_new(want);
	for (size_t i = 0; i <= old->mask; i++) {
		if (!old->slot[i].item)
			continue;
		size_t at = old->slot[i].hash & next->mask;
		while (next->slot[at].hash)
			at = (at + 1) & next->mask;
		next->slot[at] = old->slot[i];
	}
	table->used = table->count;
	rcu_set(table->slots, next);
	reclaim_later(table->reclaim, free, old);
}

void *table_put(struct table *table, uint64_t hash, table_match *match, const void *key, void *item)
{
	struct table_slot *vacant;
	hash = table_hash(hash);
	struct table_slot *slot = find_slot(table->slots, hash, match, key, &vacant);
	if (slot) {
		void *old = slot->item;
		rcu_set(slot->item, item);
		return old;
	}
	if (vacant->hash == 0 && (table->used + 1) * 3 > (table->slots->mask + 1) * 2) {
		rebuild(table);
		find_slot(table->slots, hash, match, key, &vacant);
	}
	take_slot(table, vacant, hash, item);
	return NULL;
}

void *table_remove(struct table *table, uint64_t hash, table_match *match, const void *key)
{
	struct table_slot *vacant;
	struct table_slot *slot = find_slot(table->slots, table_hash(hash), match, key, &vacant);
	if (!slot)
		return NULL;
	void *old = slot->item;
	rcu_set(slot->item, NULL);
	table->count--;
	return old;
}

void table_each(const struct table *table, void (*visit)(void *item, void *owner), void *owner)
{
	const struct table_slots *s = rcu_get(table->slots);
	for (size_t i = 0; i <= s->mask; i++) {
		void *item = rcu_get(s->slot[i].item);
		if (item)
			visit(item, owner);
	}
}
