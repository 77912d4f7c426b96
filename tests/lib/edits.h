/* edits.h - random SQL that edits a registry: legal, illegal and odd, as people and programs type it.
 * Pure: where the chance comes from is the caller's (a seed, or a fuzzer's bytes). */
#ifndef TEST_EDITS_H
#define TEST_EDITS_H

#include <stdint.h>

#include "base/text.h"

struct chance {
	uint32_t (*next)(void *owner);
	void *owner;
};

/* A registry must hold these first: organizations, networks, hosts and apps that the edits are about. */
extern const char *const edits_first[]; /* NULL ends the list */

/* One statement, without a semicolon, added to out. */
void edit_add(struct text *out, const struct chance *chance);

#endif
