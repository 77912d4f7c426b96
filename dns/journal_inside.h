/* journal_inside.h - what journal.c (changing) and extract.c (looking) share and nobody else includes. */
#ifndef DNS_JOURNAL_INSIDE_H
#define DNS_JOURNAL_INSIDE_H

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "extract.h"
#include "journal.h"

struct slot {             /* a key and its records */
	uint32_t changes; /* that it has in the past */
	uint8_t kind;
	uint8_t label_len;
	uint64_t round;           /* of the last extract that has its change */
	struct journal_part *now; /* NULL: none */
	struct change *last;      /* the newest of its changes; NULL: none */
	char label[];
};

struct change { /* before `first` the slot was `old`; from `last` on it was another one */
	uint32_t first;
	uint32_t last;
	struct slot *slot;
	struct journal_part *old;
	struct change *next;
};

struct view {
	uint32_t network;
	bool fresh; /* has no past yet, and begins with the next settling */
	bool taken_any;
	uint32_t base;    /* the oldest serial whose state is known */
	uint32_t taken;   /* the newest serial that somebody has extracted */
	uint32_t touched; /* the last settling that looked at it */
	uint32_t changed[ZONE_COUNT];
	size_t octets;      /* of all there is now */
	size_t past_octets; /* of all olds */
	struct table slots;
	struct change *first; /* by first */
	struct change **end;
};

struct pending {
	struct view *view;
	struct journal_key key; /* its label lies in `texts`, at the offset that its pointer is */
	struct journal_part *part;
};

struct journal {
	pthread_mutex_t lock;
	struct reclaim reclaim; /* slots of tables that grew; nobody reads them without the lock */
	uint32_t serial;
	uint32_t extracts;
	uint32_t extracted[JOURNAL_EXTRACTS_MAX]; /* the network of each, in no order */
	uint64_t round;
	bool settled; /* once at least */
	bool any_fresh;
	bool went_back;
	uint32_t unknown_before; /* after it went back: earlier serials may be those of the other past */
	struct view **views;     /* by network */
	size_t view_count, view_room;
	struct view **touched; /* with the last settling; the changing thread's, as what follows */
	size_t touched_count, touched_room;
	struct pending *pending;
	size_t pending_count, pending_room;
	struct text labels;
};

static inline struct journal_part *part_new(struct bytes records)
{
	if (records.len == 0)
		return NULL;
	struct journal_part *p = mem_new(sizeof *p + records.len);
	p->references = 1;
	p->len = (uint32_t)records.len;
	memcpy(p->records, records.at, records.len);
	return p;
}

static inline struct journal_part *part_hold(struct journal_part *p)
{
	if (p)
		__atomic_add_fetch(&p->references, 1, __ATOMIC_RELAXED);
	return p;
}

static inline void part_drop(struct journal_part *p)
{
	if (p && __atomic_sub_fetch(&p->references, 1, __ATOMIC_ACQ_REL) == 0)
		free(p);
}

/* Where the view is, or would be. */
static inline size_t place_of(const struct journal *j, uint32_t network)
{
	size_t low = 0, high = j->view_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (j->views[middle]->network < network)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static inline struct view *view_of(const struct journal *j, uint32_t network)
{
	size_t at = place_of(j, network);
	return at < j->view_count && j->views[at]->network == network ? j->views[at] : NULL;
}

#endif
