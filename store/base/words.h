/* words.h - a command line as a shell would split it: blanks, '...', "...", \. Nothing is expanded. Pure. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stddef.h>

/* The words, NULL-terminated, in one block to be freed; *count (may be NULL) is how many. NULL: a quote is not closed or
 * a backslash ends it. */
char **words_split(const char *line, size_t *count);

#endif
