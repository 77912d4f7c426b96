/* trim.h - removes what nobody needs from the front of the change log and of the audit, in small transactions.
 * For the checkpointer's thread; registry is its writing connection, outside a transaction. */
#ifndef STORE_TRIM_H
#define STORE_TRIM_H

#include <stdint.h>

struct registry;

struct trim_limits {
	int64_t most_rows; /* of the change log */
	int64_t most_ms;   /* older changes go too, */
	int64_t least;     /* but only this many rows at once are worth a write */
};

/* Removes at most one batch of each. 1: there may be more, 0: no more, -1: registry_error(). Advances meta.trimmed_to
 * in the transaction of the removal. wall_ms: now. */
int trim_some(struct registry *registry, const struct trim_limits *limits, int64_t wall_ms);

#endif
