/* release_copy.h - the folder of a release: a copy that never changes, in the app's release_folder.h, where its name is
 * the SHA-256 of what is in it. Made under another name, written out, then renamed: it is there whole or not at all. */
#ifndef COMMAND_RELEASE_COPY_H
#define COMMAND_RELEASE_COPY_H

#include <stddef.h>
#include <stdint.h>

struct release_folder;

struct release_copy {
	const struct release_folder *folder;
	const char *ignorefile; /* NULL: .flyignore, else .dockerignore */
	char image[65];         /* comes out: hex digits, NUL */
	size_t files;           /* comes out */
	int64_t bytes;          /* comes out */
};

/* Copies the working directory. 0, or 1 after a sentence. */
int release_copy_make(struct release_copy *copy);

#endif
