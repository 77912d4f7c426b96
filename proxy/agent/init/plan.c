/* plan.c - see plan.h. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *read_all(int fd, size_t *size)
{
	struct stat st;
	if (fstat(fd, &st) < 0 || st.st_size <= 0)
		return NULL;
	*size = (size_t)st.st_size;
	char *all = malloc(*size + 1);
	if (!all)
		return NULL;
	for (size_t at = 0; at < *size;) {
		ssize_t got = pread(fd, all + at, *size - at, (off_t)at);
		if (got <= 0) {
			free(all);
			return NULL;
		}
		at += (size_t)got;
	}
	all[*size] = '\0';
	return all;
}

static void take(struct plan *p, const char *key, char *value, size_t *counts)
{
	if (strcmp(key, "arg") == 0)
		p->argv[counts[0]++] = value;
	else if (strcmp(key, "env") == 0)
		p->envp[counts[1]++] = value;
	else if (strcmp(key, "place") == 0)
		p->places[counts[2]++] = value;
	else if (strcmp(key, "hide") == 0)
		p->hides[counts[3]++] = value;
	else if (strcmp(key, "fly") == 0)
		p->fly = value;
	else if (strcmp(key, "folder") == 0)
		p->folder = value;
	else if (strcmp(key, "machine") == 0)
		p->machine = value;
	else if (strcmp(key, "run") == 0)
		p->run = value;
	else if (strcmp(key, "user") == 0)
		p->user = (uid_t)strtoul(value, NULL, 10);
	else if (strcmp(key, "group") == 0)
		p->group = (gid_t)strtoul(value, NULL, 10);
	else if (strcmp(key, "files") == 0)
		p->files = strtoul(value, NULL, 10);
	else if (strcmp(key, "log_bytes") == 0)
		p->log_bytes = strtoul(value, NULL, 10);
	else if (strcmp(key, "image") == 0)
		p->image = value;
	else if (strcmp(key, "scratch") == 0)
		p->scratch = value;
	else if (strcmp(key, "scratch_bytes") == 0)
		p->scratch_bytes = strtoul(value, NULL, 10);
	else if (strcmp(key, "config") == 0)
		p->config = value;
	else if (strcmp(key, "runtime") == 0)
		p->runtime = value;
	else if (strcmp(key, "warning") == 0)
		p->warning = value;
}

int plan_read(struct plan *out, int fd)
{
	size_t size, texts = 0, counts[4] = {0};
	char *all = read_all(fd, &size);
	if (!all)
		return -1;
	for (size_t i = 0; i < size; i++)
		texts += all[i] == '\0';
	/* Four lists that each have room for everything there is, and their NULL. */
	char **lists = calloc(4 * (texts / 2 + 1), sizeof *lists);
	if (!lists)
		goto free_text;
	*out = (struct plan){.bytes = all,
	                     .argv = lists,
	                     .envp = lists + (texts / 2 + 1),
	                     .places = lists + 2 * (texts / 2 + 1),
	                     .hides = lists + 3 * (texts / 2 + 1),
	                     .machine = "machine",
	                     .run = "",
	                     .log_bytes = 1 << 20};
	for (char *at = all; at < all + size;) {
		const char *key = at;
		char *value = at + strlen(at) + 1;
		if (value >= all + size)
			break;
		at = value + strlen(value) + 1;
		take(out, key, value, counts);
	}
	if (counts[0] == 0 || (out->image && (!out->scratch || !out->config || !out->runtime)))
		goto free_lists;
	return 0;
free_lists:
	free(lists);
free_text:
	free(all);
	return -1;
}

void plan_fini(struct plan *plan)
{
	free(plan->argv); /* the first of the four lists, which are one allocation */
	free(plan->bytes);
	*plan = (struct plan){0};
}
