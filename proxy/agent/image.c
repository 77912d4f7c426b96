/* image.c - see image.h. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/number.h"

enum { LINE = 4096, FIELDS = 7, FILE_MOST = 16 << 20, WORDS_MOST = 4096 };

static char **words_of(const json_t *list)
{
	size_t count = json_array_size(list), filled = 0;
	char **words = mem_new_array(count + 1, sizeof *words);
	for (size_t i = 0; i < count; i++) {
		const char *word = json_string_value(json_array_get(list, i));
		if (word)
			words[filled++] = mem_text(word);
	}
	return words;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

struct image *image_parse(const char *ref, const char *json, struct text *why)
{
	json_t *list = json_loads(json, 0, NULL), *all = json_array_get(list, 0);
	const json_t *config = json_object_get(all, "Config");
	if (!*text_of(all, "Id")) {
		text_format(why, "the store of images says nothing sensible of %s", ref);
		json_decref(list);
		return NULL;
	}
	if (json_array_size(json_object_get(config, "Entrypoint")) + json_array_size(json_object_get(config, "Cmd")) +
	        json_array_size(json_object_get(config, "Env")) >
	    WORDS_MOST) {
		text_format(why, "the image %s has more than %d words of command and environment", ref, WORDS_MOST);
		json_decref(list);
		return NULL;
	}
	struct image *image = mem_new(sizeof *image);
	image->ref = mem_text(ref);
	image->id = mem_text(text_of(all, "Id"));
	image->entrypoint = words_of(json_object_get(config, "Entrypoint"));
	image->command = words_of(json_object_get(config, "Cmd"));
	image->env = words_of(json_object_get(config, "Env"));
	image->directory = mem_text(text_of(config, "WorkingDir"));
	image->user = mem_text(text_of(config, "User"));
	json_decref(list);
	return image;
}

/* ---------------------------------------------------------------------------------------- its users */

/* A file of the image, however its links lead: never one of the host, never a pipe that nobody writes to, and none that
 * takes forever to read. NULL: there is none. */
static FILE *open_inside(const char *root, const char *path)
{
	const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
	                             .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	struct stat st;
	int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = dir < 0 ? -1 : (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
	if (dir >= 0)
		close(dir);
	bool fits = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_MOST;
	FILE *f = fits ? fdopen(fd, "re") : NULL;
	if (fd >= 0 && !f)
		close(fd);
	return f;
}

static bool is_number(const char *text, uint32_t *out)
{
	int64_t number;
	if (!number_read(&number, text, 0, UINT32_MAX - 1))
		return false;
	*out = (uint32_t)number;
	return true;
}

/* The fields of the next line that has so many; false: the end. */
static bool next_line(FILE *f, char line[LINE], char *fields[FIELDS], size_t count)
{
	while (f && fgets(line, LINE, f)) {
		char *rest = line;
		size_t filled = 0;
		line[strcspn(line, "\n")] = '\0';
		while (filled < count && (fields[filled] = strsep(&rest, ":")))
			filled++;
		if (filled == count)
			return true;
	}
	return false;
}

/* By name or number. A number that /etc/passwd does not have is a user all the same. */
static int find_user(struct image *image, const char *name, struct text *why)
{
	char line[LINE], *fields[FIELDS];
	struct image_user *who = &image->who;
	bool found = false, number = is_number(name, &who->uid);
	FILE *f = open_inside(image->root, "etc/passwd");
	while (!found && next_line(f, line, fields, FIELDS)) {
		uint32_t uid, gid;
		if (!is_number(fields[2], &uid) || !is_number(fields[3], &gid))
			continue;
		found = number ? uid == who->uid : strcmp(fields[0], name) == 0;
		if (!found)
			continue;
		*who = (struct image_user){.uid = uid, .gid = gid, .home = mem_text(fields[5])};
	}
	if (f)
		fclose(f);
	if (found || number)
		return 0;
	text_format(why, "the image %s wants to run as user %.64s, which its /etc/passwd does not have", image->ref,
	            name);
	return -1;
}

static bool is_member(const char *members, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = members; *at; at += *at == ',') {
		size_t part = strcspn(at, ",");
		if (part == len && strncmp(at, name, len) == 0)
			return true;
		at += part;
	}
	return false;
}

/* group NULL: those the user is a member of; else that one alone, by name or number. */
static int find_groups(struct image *image, const char *user, const char *group, struct text *why)
{
	char line[LINE], *fields[FIELDS];
	struct image_user *who = &image->who;
	bool found = !group || is_number(group, &who->gid);
	FILE *f = found && group ? NULL : open_inside(image->root, "etc/group");
	while (next_line(f, line, fields, 4)) {
		uint32_t gid;
		if (!is_number(fields[2], &gid))
			continue;
		if (group && strcmp(fields[0], group) == 0) {
			who->gid = gid;
			found = true;
		} else if (!group && gid != who->gid && is_member(fields[3], user) && who->group_count < IMAGE_GROUPS) {
			who->groups[who->group_count++] = gid;
		}
	}
	if (f)
		fclose(f);
	if (!found)
		text_format(why, "the image %s wants to run as group %.64s, which its /etc/group does not have",
		            image->ref, group);
	return found ? 0 : -1;
}

int image_find_user(struct image *image, struct text *why)
{
	char *copy = mem_text(*image->user ? image->user : "0"), *rest = copy;
	const char *user = strsep(&rest, ":");
	const char *group = rest && *rest ? rest : NULL;
	int rc = find_user(image, *user ? user : "0", why);
	if (rc == 0)
		rc = find_groups(image, user, group, why);
	free(copy);
	return rc;
}

static void free_words(char **words)
{
	for (char **at = words; at && *at; at++)
		free(*at);
	free(words);
}

void image_free(struct image *image)
{
	if (!image)
		return;
	free(image->ref);
	free(image->id);
	free(image->root);
	free(image->directory);
	free(image->user);
	free(image->who.home);
	free_words(image->entrypoint);
	free_words(image->command);
	free_words(image->env);
	free(image);
}
