/* tree.c - see tree.h. */
#include "command/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A description of its own: one that is shared would go on where the last reader of it stopped. */
static DIR *open_directory(int directory)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

char **tree_list(int directory, size_t *count)
{
	char **names = NULL;
	size_t room = 0;
	struct dirent *entry;
	DIR *dir = open_directory(directory);
	*count = 0;
	if (!dir)
		return NULL;
	names = (char **)mem_grow((void *)names, 0, &room, sizeof *names);
	while ((errno = 0, entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		names = (char **)mem_grow((void *)names, *count, &room, sizeof *names);
		names[(*count)++] = mem_text(entry->d_name);
	}
	int error = errno;
	closedir(dir);
	if (error) {
		while (*count > 0)
			free(names[--*count]);
		free((void *)names);
		errno = error;
		return NULL;
	}
	qsort((void *)names, *count, sizeof *names, by_name);
	return names;
}

void tree_remove(int directory, const char *name)
{
	size_t count = 0;
	int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char **names = fd >= 0 ? tree_list(fd, &count) : NULL;
	for (size_t i = 0; i < count; i++) {
		if (unlinkat(fd, names[i], 0) < 0)
			tree_remove(fd, names[i]);
		free(names[i]);
	}
	free((void *)names);
	if (fd >= 0)
		close(fd);
	unlinkat(directory, name, AT_REMOVEDIR);
}
