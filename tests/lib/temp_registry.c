/* temp_registry.c - see temp_registry.h. */
#include "temp_registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "registry.h"
#include "statement.h"

enum { DEADLINE_MS = 20000 };

static char directory[64], path[96];
static struct registry *writer;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "temp_registry: %s: %s\n", what, why);
	abort();
}

void temp_registry_sql(const char *sql)
{
	char *copy = strdup(sql), *rest = copy;
	for (char *one = strtok_r(copy, ";", &rest); one; one = strtok_r(NULL, ";", &rest))
		if (one[strspn(one, " \n\t")] && statement_run(writer, one) < 0)
			die(one, registry_error(writer));
	free(copy);
}

const char *temp_registry_make(void)
{
	snprintf(directory, sizeof directory, "/tmp/flycast-unit.XXXXXX");
	if (!mkdtemp(directory))
		die("mkdtemp", directory);
	snprintf(path, sizeof path, "%s/registry.db", directory);
	writer = registry_open(path, REGISTRY_CREATE);
	if (registry_failed(writer))
		die("create", registry_error(writer));
	temp_registry_sql("INSERT INTO organization (slug, name) VALUES ('acme', 'Acme');"
	                  "INSERT INTO networks (org, name) VALUES ('acme', 'default');"
	                  "INSERT INTO networks (org, name) VALUES ('acme', 'blue');"
	                  "INSERT INTO hosts (name, region) VALUES ('edge-1', 'fra')");
	return path;
}

void temp_registry_remove(void)
{
	char command[96];
	registry_close(writer);
	writer = NULL;
	snprintf(command, sizeof command, "rm -rf '%s'", directory);
	if (system(command) != 0)
		die("rm", directory);
}

static int shell(const char *text, const char *errors)
{
	char command[192];
	snprintf(command, sizeof command, "sqlite3 -bail -cmd '.timeout 20000' '%s' >/dev/null %s", path, errors);
	FILE *pipe = popen(command, "w");
	if (!pipe)
		die("popen", command);
	fputs(text, pipe);
	return pclose(pipe);
}

void temp_registry_shell(const char *text)
{
	if (shell(text, "") != 0)
		die("the shell failed at", text);
}

bool temp_registry_shell_refuses(const char *text)
{
	return shell(text, "2>/dev/null") != 0;
}

bool temp_registry_within(bool (*condition)(void *owner), void *owner)
{
	int64_t deadline = clock_mono_ms() + DEADLINE_MS;
	const struct timespec pause = {.tv_nsec = 500000};
	while (!condition(owner)) {
		if (clock_mono_ms() > deadline)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}
