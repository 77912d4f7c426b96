/* extract.c - see extract.h. */
#include "journal_inside.h"

struct collecting {
	struct extract *extract;
	enum zone_kind kind;
	uint64_t round;
	size_t room;
};

static void collect(struct collecting *c, struct journal_part *old, struct journal_part *now)
{
	struct extract *e = c->extract;
	if (e->count == c->room) {
		c->room = c->room ? c->room * 2 : 16;
		c->extract = e = mem_resize(e, sizeof *e + c->room * sizeof e->items[0]);
	}
	e->items[e->count++] = (struct extract_item){part_hold(old), part_hold(now)};
}

static void collect_slot(void *item, void *owner)
{
	const struct slot *s = item;
	struct collecting *c = owner;
	if (s->kind == c->kind && s->now)
		collect(c, NULL, s->now);
}

/* Does the journal know what the view said under this serial? */
static bool reaches(const struct view *v, uint32_t serial, uint32_t from)
{
	if (serial_before(from, v->base) || serial_before(serial, from))
		return false;
	for (const struct change *c = v->first; c; c = c->next)
		if (!serial_before(from, c->first) && serial_before(from, c->last))
			return false;
	return true;
}

/* The first change of each slot behind `from` has what the slot was then. */
static void collect_changes(struct collecting *c, const struct view *v, uint32_t from)
{
	for (const struct change *at = v->first; at; at = at->next) {
		if (at->slot->kind != c->kind || !serial_before(from, at->first))
			continue;
		if (at->slot->round != c->round)
			collect(c, at->old, at->slot->now);
		at->slot->round = c->round;
	}
}

static bool has_room(const struct journal *j, uint32_t network)
{
	unsigned same = 0;
	for (uint32_t i = 0; i < j->extracts; i++)
		same += j->extracted[i] == network;
	return j->extracts < JOURNAL_EXTRACTS_MAX && same < JOURNAL_EXTRACTS_ONE;
}

/* One fewer of the network. */
static void leave(struct journal *j, uint32_t network)
{
	uint32_t at = 0;
	while (j->extracted[at] != network)
		at++;
	j->extracted[at] = j->extracted[--j->extracts];
}

struct extract *journal_extract(struct journal *journal, uint32_t network, enum zone_kind kind, const uint32_t *from)
{
	struct journal *j = journal;
	struct collecting c = {.kind = kind};
	pthread_mutex_lock(&j->lock);
	struct view *v = view_of(j, network);
	if (v && !v->fresh && has_room(j, network)) {
		c.extract = mem_new(sizeof *c.extract);
		*c.extract = (struct extract){.journal = j, .network = network, .serial = j->serial};
		c.round = ++j->round;
		c.extract->whole = !from || !reaches(v, j->serial, *from);
		if (c.extract->whole) {
			table_each(&v->slots, collect_slot, &c);
		} else {
			c.extract->from = *from;
			collect_changes(&c, v, *from);
		}
		v->taken = j->serial;
		v->taken_any = true;
		j->extracted[j->extracts++] = network;
	}
	pthread_mutex_unlock(&j->lock);
	return c.extract;
}

void extract_free(struct extract *extract)
{
	if (!extract)
		return;
	for (size_t i = 0; i < extract->count; i++) {
		part_drop(extract->items[i].old);
		part_drop(extract->items[i].now);
	}
	if (extract->journal) {
		pthread_mutex_lock(&extract->journal->lock);
		leave(extract->journal, extract->network);
		pthread_mutex_unlock(&extract->journal->lock);
	}
	free(extract);
}

struct extract *extract_of(struct bytes records, uint32_t serial, const uint32_t *from)
{
	struct extract *e = mem_new(sizeof *e + sizeof e->items[0]);
	*e = (struct extract){.serial = serial, .whole = !from || *from != serial, .from = serial};
	if (!e->whole)
		return e;
	e->count = 1;
	e->items[0] = (struct extract_item){NULL, part_new(records)};
	return e;
}
