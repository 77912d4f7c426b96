/* release_ignore.h - which files of a folder are left out of a release: patterns as in .gitignore, one a line. */
#ifndef COMMAND_RELEASE_IGNORE_H
#define COMMAND_RELEASE_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

struct release_ignore {
	char *text;
	char **lines; /* in it */
	size_t count;
};

/* path NULL: .flyignore, else .dockerignore, else nothing. 0, or 1 after a sentence; release_ignore_fini() in both cases. */
int release_ignore_read(struct release_ignore *ignore, const char *path);
void release_ignore_fini(struct release_ignore *ignore);
/* path from the folder, without a slash at its front. .git is always left out. */
bool release_ignored(const struct release_ignore *ignore, const char *path, bool directory);

#endif
