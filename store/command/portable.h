/* portable.h - which tables export writes and import reads, in an order that import can insert them in. What happens on
 * a host (states, events), the audit and the change log stay where they are. */
#ifndef COMMAND_PORTABLE_H
#define COMMAND_PORTABLE_H

#include <stdbool.h>
#include <stddef.h>

struct registry;

enum { PORTABLE_VERSION = 1, PORTABLE_COLUMNS = 40 };
#define PORTABLE_FORMAT "flycast-registry"

struct portable_table {
	const char *name;
	const char *order;  /* columns that order the rows; all together are unique */
	const char *number; /* a column whose rows must be inserted in growing order, or NULL */
};
extern const struct portable_table portable_tables[]; /* a NULL name ends it; counter is the last */

struct portable_columns { /* that are stored, in the table's order */
	size_t count;
	struct {
		char name[32];
		char type[8]; /* TEXT INTEGER REAL */
	} column[PORTABLE_COLUMNS];
};
int portable_columns(struct registry *registry, const char *table, struct portable_columns *out); /* 0 or -1 */

#endif
