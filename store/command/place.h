/* place.h - files that are there completely or not at all: written under another name beside the place they go to.
 * Says what is wrong on stderr. */
#ifndef COMMAND_PLACE_H
#define COMMAND_PLACE_H

#include <stdbool.h>

struct text;

enum place_rule { PLACE_NEW, PLACE_OVER /* whatever is there */ };

/* "<path>.<what>-<pid>" into *out. */
void place_name(struct text *out, const char *path, const char *what);
/* Makes the directory that the registry will be in, when only that is missing, and sees whether it may be written.
 * 0, or 1 after a sentence. */
int place_directory(const char *path);
/* Says a sentence about what is being made under the name it will have. Returns 1. */
int place_refused(const char *made, const char *path, const char *sentence);
/* Moves the finished, synced file to its name. 0, or 1 after a sentence. */
int place_put(const char *made, const char *path, enum place_rule rule);
/* Removes what was made, with the files SQLite keeps beside it. */
void place_forget(const char *made);

#endif
