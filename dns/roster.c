/* roster.c - see roster.h. A red-black tree of libbsd's header tree.h. */
#include "roster.h"

#include <bsd/sys/tree.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

struct roster_entry {
	RB_ENTRY(roster_entry) link;
	const struct catalog_app *app;
};

RB_HEAD(roster_tree, roster_entry);

static int compare(const struct roster_entry *a, const struct roster_entry *b)
{
	return strcmp(a->app->name, b->app->name);
}

/* RB_GENERATE_STATIC wants a macro __unused, which only the BSDs' libc has. */
RB_GENERATE_INTERNAL(roster_tree, roster_entry, link, compare, __attribute__((unused)) static)

/* An app behind the cut is in no text: changing it changes nothing. */
static void touch(struct roster *roster, const char *app)
{
	if (!roster->cut || strcmp(app, roster->last) <= 0)
		roster->stale = true;
}

void roster_init(struct roster *roster, roster_writer *writer)
{
	*roster = (struct roster){.writer = writer};
}

void roster_fini(struct roster *roster)
{
	struct roster_tree tree = {roster->root};
	struct roster_entry *entry, *next;
	RB_FOREACH_SAFE(entry, roster_tree, &tree, next)
	{
		RB_REMOVE(roster_tree, &tree, entry);
		free(entry);
	}
	roster->root = NULL;
	roster->count = 0;
}

void roster_put(struct roster *roster, const struct catalog_app *app)
{
	struct roster_tree tree = {roster->root};
	struct roster_entry *fresh = mem_new(sizeof *fresh);
	fresh->app = app;
	struct roster_entry *there = RB_INSERT(roster_tree, &tree, fresh);
	if (there) {
		there->app = app;
		free(fresh);
	} else {
		roster->count++;
	}
	roster->root = RB_ROOT(&tree);
	touch(roster, app->name);
}

void roster_remove(struct roster *roster, const char *app)
{
	struct roster_tree tree = {roster->root};
	struct catalog_app named = {.name = app};
	struct roster_entry key = {.app = &named};
	struct roster_entry *there = RB_FIND(roster_tree, &tree, &key);
	if (!there)
		return;
	RB_REMOVE(roster_tree, &tree, there);
	roster->root = RB_ROOT(&tree);
	roster->count--;
	free(there);
	touch(roster, app);
}

void roster_write(struct roster *roster, struct text *out, size_t most)
{
	struct roster_tree tree = {roster->root};
	struct roster_entry *entry;
	roster->stale = roster->cut = false;
	RB_FOREACH(entry, roster_tree, &tree)
	{
		snprintf(roster->last, sizeof roster->last, "%s", entry->app->name);
		if (!roster->writer(out, entry->app, most)) {
			roster->cut = true;
			return;
		}
	}
}
