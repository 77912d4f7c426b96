/* What a pattern of .flyignore leaves out of a release: as git does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <stdio.h>

#include "command/release_ignore.h"

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *path; /* of a file; with a slash at its end: of a folder */
		bool out;
	} rows[] = {
	    {".env", ".env", true},
	    {".env", "a/b/.env", true},
	    {".env", ".env.example", false},
	    {"*.log", "a/x.log", true},
	    {"/.env", ".env", true},
	    {"/.env", "a/.env", false},
	    {"./.env", ".env", true},
	    {"./.env", "a/.env", false},
	    {"a/key", "a/key", true},
	    {"a/key", "b/a/key", false},
	    {"a/key", "a/key/x", false},
	    {"a/*", "a/key", true},
	    {"a/*", "a/b/key", false},
	    {"*/key", "a/key", true},
	    {"**/.env", ".env", true},
	    {"**/.env", "a/b/.env", true},
	    {"**/keys/*.pem", "keys/a.pem", true},
	    {"**/keys/*.pem", "srv/keys/a.pem", true},
	    {"**/keys/*.pem", "x/srv/keys/a.pem", true},
	    {"**/keys/*.pem", "srv/keys/old/a.pem", false},
	    {"a/**/key", "a/key", true},
	    {"a/**/key", "a/b/c/key", true},
	    {"a/**/key", "b/a/key", false},
	    {"a/**", "a/b/c", true},
	    {"a/**", "a/", false},
	    {"**/**/a/**/**", "x/a/b", true},
	    {"**", "a", true},
	    {"/**", "a/b", true},
	    {"a**", "ab", true},
	    {"build/", "build/", true},
	    {"build/", "x/build/", true},
	    {"build/", "build", false},
	    {"/build/", "x/build/", false},
	    {"**/build/", "x/build/", true},
	    {"/", "a", false},
	    {"./", "a/", false},
	    {"\\!x", "!x", true},
	    {"", ".git", true},
	    {"", "a", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char pattern[64], path[64], *lines[] = {pattern};
		const struct release_ignore ignore = {.lines = lines, .count = *rows[i].pattern != '\0'};
		snprintf(pattern, sizeof pattern, "%s", rows[i].pattern);
		snprintf(path, sizeof path, "%s", rows[i].path);
		size_t len = strlen(path);
		bool folder = path[len - 1] == '/';
		if (folder)
			path[len - 1] = '\0';
		if (release_ignored(&ignore, path, folder) != rows[i].out)
			fail_msg("%s of %s", rows[i].pattern, rows[i].path);
	}
}

static void the_last_one_that_matches_counts(void **state)
{
	char *lines[] = {"*.log", "!kept.log", "old/", "old/kept.log"};
	const struct release_ignore ignore = {.lines = lines, .count = 4};
	(void)state;
	assert_true(release_ignored(&ignore, "x.log", false));
	assert_false(release_ignored(&ignore, "a/kept.log", false));
	assert_true(release_ignored(&ignore, "old/kept.log", false));
}

static void what_cannot_be_meant_is_refused(void **state)
{
	char name[] = "/tmp/flycast-ignore.XXXXXX", line[1100];
	struct release_ignore ignore;
	int fd = mkstemp(name);
	(void)state;
	assert_true(fd >= 0);
	memset(line, 'a', sizeof line);
	for (int good = 1; good >= 0; good--) {
		size_t len = good ? 1023 : 1024;
		assert_int_equal(pwrite(fd, line, len, 0), len);
		assert_int_equal(release_ignore_read(&ignore, name), good ? 0 : 1);
		release_ignore_fini(&ignore);
	}
	close(fd);
	unlink(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(patterns),
	    cmocka_unit_test(the_last_one_that_matches_counts),
	    cmocka_unit_test(what_cannot_be_meant_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
