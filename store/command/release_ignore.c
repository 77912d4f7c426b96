/* release_ignore.c - see release_ignore.h. */
#include "command/release_ignore.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "command/say.h"

enum { FILE_MOST = 256 * 1024, PATTERN = 1024 };

static void split(struct release_ignore *ignore)
{
	size_t room = 0;
	char *rest = ignore->text, *line;
	while ((line = strsep(&rest, "\n"))) {
		size_t len = strlen(line);
		while (len > 0 && strchr(" \t\r", line[len - 1]))
			line[--len] = '\0';
		if (len == 0 || *line == '#')
			continue;
		ignore->lines = (char **)mem_grow((void *)ignore->lines, ignore->count, &room, sizeof *ignore->lines);
		ignore->lines[ignore->count++] = line;
	}
}

int release_ignore_read(struct release_ignore *ignore, const char *path)
{
	*ignore = (struct release_ignore){0};
	const char *found = path ? path : access(".flyignore", F_OK) == 0 ? ".flyignore" : ".dockerignore";
	FILE *in = fopen(found, "re");
	if (!in && !path && errno == ENOENT)
		return 0;
	if (!in)
		return say_refused("%s could not be read (%s): it says what a release leaves out", found,
		                   strerror(errno));
	ignore->text = mem_new(FILE_MOST + 1);
	size_t len = fread(ignore->text, 1, FILE_MOST, in);
	int whole = feof(in);
	fclose(in);
	if (!whole || memchr(ignore->text, '\0', len))
		return say_refused("%s is longer than %d bytes or no text: it says what a release leaves out", found,
		                   FILE_MOST);
	split(ignore);
	for (size_t i = 0; i < ignore->count; i++)
		if (strlen(ignore->lines[i]) >= PATTERN)
			return say_refused("%s has a pattern of %zu bytes, and %d is the most: %.40s...", found,
			                   strlen(ignore->lines[i]), PATTERN - 1, ignore->lines[i]);
	return 0;
}

void release_ignore_fini(struct release_ignore *ignore)
{
	free((void *)ignore->lines);
	free(ignore->text);
	*ignore = (struct release_ignore){0};
}

/* Part by part; ** is any number of them. */
static bool matches_parts(const char *pattern, const char *path)
{
	char part[PATTERN], name[NAME_MAX + 1];
	size_t part_len = strcspn(pattern, "/"), name_len = strcspn(path, "/");
	if (part_len == 2 && strncmp(pattern, "**", 2) == 0) {
		while (strncmp(pattern, "**/**", 5) == 0 && (pattern[5] == '/' || !pattern[5]))
			pattern += 3;
		for (; pattern[2] && !matches_parts(pattern + 3, path); path++)
			if (!(path = strchr(path, '/')))
				return false;
		return true;
	}
	snprintf(part, sizeof part, "%.*s", (int)part_len, pattern);
	snprintf(name, sizeof name, "%.*s", (int)name_len, path);
	if (fnmatch(part, name, 0) != 0)
		return false;
	pattern += part_len;
	path += name_len;
	return *pattern && *path ? matches_parts(pattern + 1, path + 1) : *pattern == *path;
}

/* A pattern with a slash in it is of the whole path, any other of the last name; one with a slash at its end is of
 * folders. */
static bool matches(const char *line, const char *path, bool directory)
{
	char pattern[PATTERN];
	const char *slash = strrchr(path, '/'), *from = strncmp(line, "./", 2) == 0 ? line + 1 : line;
	size_t len = strlen(from);
	memcpy(pattern, from, len + 1);
	if (pattern[len - 1] == '/') {
		if (!directory)
			return false;
		pattern[len - 1] = '\0';
	}
	if (strchr(pattern, '/'))
		return matches_parts(pattern + (*pattern == '/'), path);
	return fnmatch(pattern, slash ? slash + 1 : path, 0) == 0;
}

bool release_ignored(const struct release_ignore *ignore, const char *path, bool directory)
{
	if (strcmp(path, ".git") == 0)
		return true;
	bool ignored = false;
	for (size_t i = 0; i < ignore->count; i++) {
		const char *line = ignore->lines[i];
		if (line[*line == '!'] && matches(line + (*line == '!'), path, directory))
			ignored = *line != '!';
	}
	return ignored;
}
