/* draft_word.h - what a value in a row may look like before an object is made of it. Pure.
 * The schema says the same; this is for rows that came past it (checks switched off, a damaged page). */
#ifndef STORE_DRAFT_WORD_H
#define STORE_DRAFT_WORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

bool word_is_label(struct bytes text);  /* a-z 0-9 -, 1 to 63, no - at either end */
bool word_is_name(struct bytes text);   /* A-Z a-z 0-9 - _, 1 to 63 */
bool word_is_region(struct bytes text); /* three letters a-z */
bool word_is_hex(struct bytes text, size_t digits);
bool word_is_text(struct bytes text, size_t most); /* no NUL in it */

bool number_is_network(int64_t id);
bool number_is_host(int64_t number);
bool number_is_port(int64_t port);
static inline bool number_within(int64_t number, int64_t least, int64_t most)
{
	return number >= least && number <= most;
}

#endif
