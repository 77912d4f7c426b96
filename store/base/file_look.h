/* file_look.h - a small file that somebody may replace while we run: is it another one than before, and what is in it.
 * Owns nothing but what it remembers of the file; whoever calls decides when to look. */
#ifndef BASE_FILE_LOOK_H
#define BASE_FILE_LOOK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/text.h"

enum { FILE_LOOK_MAX = 1 << 20 }; /* octets that are read */

struct file_look {
	const char *path;
	struct stat seen; /* zeroes: it could not be looked at */
};

/* Is it another file than at the last call, or has it other contents? A file is renamed into place, or a directory above
 * it is. The first call says yes where there is a file. */
bool file_look_changed(struct file_look *file);
/* The whole file, appended to out; what it may leave on the stack is wiped. -1: a sentence is appended to *why. */
int file_look_read(const char *path, struct text *out, struct text *why);

#endif
