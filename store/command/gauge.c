/* gauge.c - see gauge.h. */
#include "command/gauge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/control_ask.h"

/* "flycast_dns_registry_seq 42": the number of the line whose name ends with `name`. */
static int find(const char *answer, const char *name, int64_t *out)
{
	size_t len = strlen(name);
	for (const char *line = answer; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		size_t word = strcspn(line, " \n");
		if (line[0] != '#' && word >= len && line[word] == ' ' && strncmp(line + word - len, name, len) == 0) {
			*out = strtoll(line + word, NULL, 10);
			return 0;
		}
	}
	return -1;
}

int gauge_read(const char *socket, const char *name, int64_t *out, char *why, size_t size)
{
	struct text answer = {0};
	int rc = control_ask(&answer, socket, "/metrics", why, size);
	if (rc == 0 && (rc = find(text_string(&answer), name, out)) < 0)
		snprintf(why, size, "its answer has no %s", name);
	text_free(&answer);
	return rc;
}
