/* reference.h - the schema as this program lays it down, to hold a registry against. An operator with a shell may drop a
 * trigger for a bulk edit and forget it; then rules and change log have a hole. Owns nothing. */
#ifndef STORE_REFERENCE_H
#define STORE_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

struct registry;

struct reference_difference {
	char type[16]; /* table index trigger view */
	char name[64];
	bool missing; /* else it is there and says something else; spaces and comments do not count */
};

/* What differs, in the order of the schema; free() it. Things that are only in the registry are its owner's business.
 * NULL with *count 0: nothing; -1 in *count: failed. */
struct reference_difference *reference_compare(struct registry *registry, long *count);

/* Makes triggers and views as they should be, and what is missing anew; inside a transaction. Readers are told to read
 * everything again. A table that is there but different is left alone: its rows would have to go. 0 or -1. */
int reference_mend(struct registry *registry);

#endif
