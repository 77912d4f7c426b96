/* journal.c - see journal.h. */
#include "journal_inside.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

enum { PAST_LEAST = 65536 }; /* octets of its past that a small network has, too */

/* ------------------------------------------------------------------------------------------------ parts and slots */

static bool part_same(const struct journal_part *a, const struct journal_part *b)
{
	return a && b ? a->len == b->len && memcmp(a->records, b->records, a->len) == 0 : a == b;
}

static size_t part_len(const struct journal_part *p)
{
	return p ? p->len : 0;
}

static uint64_t slot_hash(const struct journal_key *key)
{
	return hash_bytes(key->label.at, key->label.len, (uint64_t)key->kind << 8 | 6);
}

static struct bytes slot_label(const struct slot *s)
{
	return (struct bytes){s->label, s->label_len};
}

static bool slot_is(const void *item, const void *key)
{
	const struct slot *s = item;
	const struct journal_key *k = key;
	return s->kind == k->kind && bytes_equal(slot_label(s), k->label);
}

static struct slot *slot_of(struct view *v, const struct journal_key *key)
{
	struct slot *s = table_find(&v->slots, slot_hash(key), slot_is, key);
	if (s)
		return s;
	s = mem_new(sizeof *s + key->label.len);
	s->kind = (uint8_t)key->kind;
	s->label_len = (uint8_t)key->label.len;
	if (key->label.len)
		memcpy(s->label, key->label.at, key->label.len);
	table_put(&v->slots, slot_hash(key), slot_is, key, s);
	return s;
}

static void slot_tidy(struct view *v, struct slot *s)
{
	struct journal_key key = {s->kind, slot_label(s)};
	if (s->now || s->changes)
		return;
	table_remove(&v->slots, slot_hash(&key), slot_is, &key);
	free(s);
}

/* ------------------------------------------------------------------------------------------------ the past */

static void forget_first(struct view *v)
{
	struct change *c = v->first;
	v->first = c->next;
	if (!v->first)
		v->end = &v->first;
	if (c->slot->last == c)
		c->slot->last = NULL;
	c->slot->changes--;
	v->past_octets -= part_len(c->old);
	if (serial_before(v->base, c->last))
		v->base = c->last;
	slot_tidy(v, c->slot);
	part_drop(c->old);
	free(c);
}

static void forget_all(struct view *v)
{
	while (v->first)
		forget_first(v);
}

/* The slot gets another part under this serial. What was between the change before and this one nobody has, unless
 * somebody extracted it. */
static void remember(struct view *v, struct slot *s, struct journal_part *old, uint32_t serial)
{
	struct change *c = s->last;
	if (c && !(v->taken_any && !serial_before(v->taken, c->last))) {
		c->last = serial;
		part_drop(old);
		return;
	}
	c = mem_new(sizeof *c);
	*c = (struct change){.first = serial, .last = serial, .slot = s, .old = old};
	*v->end = c;
	v->end = &c->next;
	s->last = c;
	s->changes++;
	v->past_octets += part_len(old);
}

static void apply(struct view *v, const struct journal_key *key, struct journal_part *part, uint32_t serial)
{
	struct slot *s = slot_of(v, key);
	struct journal_part *old = s->now;
	if (part_same(old, part)) {
		part_drop(part);
		slot_tidy(v, s);
		return;
	}
	s->now = part;
	v->octets += part_len(part);
	v->octets -= part_len(old);
	v->changed[key->kind] = serial;
	if (v->fresh) {
		part_drop(old);
		slot_tidy(v, s);
	} else {
		remember(v, s, old, serial);
	}
}

/* ------------------------------------------------------------------------------------------------ views */

static struct view *view_new(struct journal *j, uint32_t network)
{
	struct view *v = mem_new(sizeof *v);
	v->network = network;
	v->fresh = true;
	v->end = &v->first;
	table_init(&v->slots, &j->reclaim);
	return v;
}

static void free_slot(void *item, void *owner)
{
	struct slot *s = item;
	(void)owner;
	part_drop(s->now);
	free(s);
}

static void view_free(struct view *v)
{
	while (v->first) {
		struct change *next = v->first->next;
		part_drop(v->first->old);
		free(v->first);
		v->first = next;
	}
	table_each(&v->slots, free_slot, NULL);
	table_fini(&v->slots);
	free(v);
}

static bool among(const uint32_t *networks, size_t count, uint32_t network)
{
	for (size_t low = 0, high = count; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (networks[middle] == network)
			return true;
		if (networks[middle] < network)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

void journal_follow(struct journal *journal, const uint32_t *networks, size_t count,
                    void (*newly)(void *owner, uint32_t network), void *owner)
{
	struct journal *j = journal;
	assert(j->pending_count == 0);
	struct view **views = mem_new_array(count + 1, sizeof(struct view *)), **gone = j->views;
	size_t gone_count = j->view_count;
	for (size_t i = 0; i < count; i++) {
		struct view *there = view_of(j, networks[i]);
		views[i] = there ? there : view_new(j, networks[i]);
	}
	pthread_mutex_lock(&j->lock);
	j->views = views;
	j->view_count = count;
	pthread_mutex_unlock(&j->lock);
	for (size_t i = 0; i < gone_count; i++)
		if (!among(networks, count, gone[i]->network))
			view_free(gone[i]);
	j->touched_count = 0;
	free(gone);
	for (size_t i = 0; i < count; i++) {
		if (!views[i]->fresh)
			continue;
		j->any_fresh = true;
		newly(owner, networks[i]);
	}
}

bool journal_follows(const struct journal *journal, uint32_t network)
{
	return view_of(journal, network) != NULL;
}

void journal_put(struct journal *journal, uint32_t network, const struct journal_key *key, struct bytes records)
{
	struct journal *j = journal;
	struct view *v = view_of(j, network);
	if (!v)
		return;
	j->pending = mem_grow(j->pending, j->pending_count, &j->pending_room, sizeof *j->pending);
	struct pending *p = &j->pending[j->pending_count++];
	*p = (struct pending){.view = v, .key = {key->kind, {NULL, key->label.len}}, .part = part_new(records)};
	p->key.label.at = (const char *)(uintptr_t)j->labels.len; /* NOLINT(performance-no-int-to-ptr): until settled */
	text_add(&j->labels, key->label.at, key->label.len);
}

static void touch(struct journal *j, struct view *v, uint32_t serial)
{
	if (v->touched == serial && !v->fresh)
		return;
	v->touched = serial;
	j->touched = mem_grow(j->touched, j->touched_count, &j->touched_room, sizeof(struct view *));
	j->touched[j->touched_count++] = v;
}

static void settle_view(struct journal *j, struct view *v, uint32_t serial)
{
	touch(j, v, serial);
	size_t most = v->octets > PAST_LEAST ? v->octets : PAST_LEAST;
	while (v->first && v->past_octets > most)
		forget_first(v);
	if (v->fresh) {
		v->base = j->went_back && serial_before(serial, j->unknown_before) ? j->unknown_before : serial;
		for (int kind = 0; kind < ZONE_COUNT; kind++)
			v->changed[kind] = serial;
	}
	v->fresh = false;
}

/* Serials went back: another registry took the place of the one there was, and its past is another one. Or something
 * changed without a number of its own. */
static void begin_anew(struct journal *j)
{
	for (size_t i = 0; i < j->view_count; i++) {
		forget_all(j->views[i]);
		j->views[i]->fresh = true;
		j->views[i]->taken_any = false;
	}
	j->any_fresh = true;
	if (!j->went_back || serial_before(j->unknown_before, j->serial + 1))
		j->unknown_before = j->serial + 1;
	j->went_back = true;
}

void journal_settle(struct journal *journal, uint32_t serial)
{
	struct journal *j = journal;
	pthread_mutex_lock(&j->lock);
	if (j->settled && (serial_before(serial, j->serial) || (serial == j->serial && j->pending_count)))
		begin_anew(j);
	j->settled = true;
	j->touched_count = 0;
	for (size_t i = 0; i < j->pending_count; i++) {
		struct pending *p = &j->pending[i];
		p->key.label.at = text_string(&j->labels) + (uintptr_t)p->key.label.at;
		apply(p->view, &p->key, p->part, serial);
	}
	for (size_t i = 0; i < j->pending_count; i++)
		settle_view(j, j->pending[i].view, serial);
	for (size_t i = 0; j->any_fresh && i < j->view_count; i++)
		settle_view(j, j->views[i], serial);
	j->any_fresh = false;
	j->serial = serial;
	pthread_mutex_unlock(&j->lock);
	j->pending_count = 0;
	text_clear(&j->labels);
	reclaim_run(&j->reclaim);
}

void journal_changes(const struct journal *journal, void (*visit)(void *owner, uint32_t network, enum zone_kind kind),
                     void *owner)
{
	for (size_t i = 0; i < journal->touched_count; i++) {
		const struct view *v = journal->touched[i];
		for (enum zone_kind kind = ZONE_NONE + 1; kind < ZONE_COUNT; kind++)
			if (v->changed[kind] == journal->serial)
				visit(owner, v->network, kind);
	}
}

/* ------------------------------------------------------------------------------------------------ life */

struct journal *journal_new(void)
{
	struct journal *j = mem_new(sizeof *j);
	pthread_mutex_init(&j->lock, NULL);
	return j;
}

void journal_free(struct journal *journal)
{
	if (!journal)
		return;
	for (size_t i = 0; i < journal->pending_count; i++)
		part_drop(journal->pending[i].part);
	for (size_t i = 0; i < journal->view_count; i++)
		view_free(journal->views[i]);
	free(journal->views);
	free(journal->pending);
	free(journal->touched);
	text_free(&journal->labels);
	reclaim_free(&journal->reclaim);
	pthread_mutex_destroy(&journal->lock);
	free(journal);
}
