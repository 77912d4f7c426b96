/* release_copy.h - the folder of a release: a copy that never changes, beside the registry under releases/APP/IMAGE,
 * where IMAGE is the SHA-256 of what is in it. Made under another name, written out, then renamed: it is there whole or
 * not at all. */
#ifndef COMMAND_RELEASE_COPY_H
#define COMMAND_RELEASE_COPY_H

#include <stddef.h>
#include <stdint.h>

struct release_copy {
	const char *registry; /* its path */
	const char *app;
	const char *ignorefile; /* NULL: .flyignore, else .dockerignore */
	char image[65];         /* comes out: hex digits, NUL */
	size_t files;           /* comes out */
	int64_t bytes;          /* comes out */
	int directory;          /* releases/APP, locked */
};

/* Only one at a time deploys an app: holds until release_copy_close(). 0, or 1 after a sentence. */
int release_copy_open(struct release_copy *copy);
/* Copies the working directory. 0, or 1 after a sentence. */
int release_copy_make(struct release_copy *copy);
void release_copy_close(struct release_copy *copy);

#endif
