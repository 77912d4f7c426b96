/* roster.h - apps in the order of their names, and the text of as many of them as one TXT record holds.
 * A change costs O(log n) here; writing the text costs what fits, never what there is. Used by the feeder thread only;
 * borrows the apps: replace or drop one before it dies. Pure. */
#ifndef DNS_ROSTER_H
#define DNS_ROSTER_H

#include <stddef.h>

#include "base/text.h"
#include "catalog.h"

struct roster_entry;

/* Appends what one app says to the text; false: it would not all fit into `most` octets. */
typedef bool roster_writer(struct text *out, const struct catalog_app *app, size_t most);

struct roster {
	struct roster_entry *root;
	roster_writer *writer;
	size_t count;
	bool stale;    /* the text may be different now */
	bool cut;      /* not all of it fitted ... */
	char last[64]; /* ... and this was the last app that was asked to write */
};

void roster_init(struct roster *roster, roster_writer *writer);
void roster_fini(struct roster *roster);
void roster_put(struct roster *roster, const struct catalog_app *app); /* also in the place of an older one */
void roster_remove(struct roster *roster, const char *app);
/* The text, not longer than `most`; the roster is not stale any more. */
void roster_write(struct roster *roster, struct text *out, size_t most);

#endif
