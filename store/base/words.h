/* words.h - a command line as a shell would split it: blanks, '...', "...", \. Nothing is expanded. Pure. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stddef.h>

#include "base/text.h"

/* The words, NULL-terminated, in one block to be freed; *count (may be NULL) is how many. NULL: a quote is not closed or
 * a backslash ends it. */
char **words_split(const char *line, size_t *count);
/* Appends the word, in quotes where words_split() and a shell need them to take it back as it is. */
void words_put(struct text *out, const char *word);

#endif
