/* quota: what is written into control groups of both versions, in directories that look like them. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "agent/quota.h"

static const char id[] = "0123456789abcd";
static const char *const files[] = {"cpu.max",
                                    "cpu.weight",
                                    "memory.max",
                                    "memory.swap.max",
                                    "memory.events",
                                    "cpu.shares",
                                    "cpu.cfs_period_us",
                                    "cpu.cfs_quota_us",
                                    "memory.limit_in_bytes",
                                    "memory.memsw.limit_in_bytes",
                                    "memory.oom_control",
                                    "cgroup.procs"};
enum { FILES = sizeof files / sizeof files[0] };

static char top[64];
static int group;

static int make(void **state)
{
	(void)state;
	snprintf(top, sizeof top, "/tmp/quota-test.XXXXXX");
	int dir = mkdtemp(top) ? open(top, O_RDONLY | O_DIRECTORY) : -1;
	mkdirat(dir, id, 0755);
	group = openat(dir, id, O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < FILES; i++)
		close(openat(group, files[i], O_WRONLY | O_CREAT, 0644));
	close(dir);
	return group < 0 ? -1 : 0;
}

static int clean(void **state)
{
	char path[128];
	(void)state;
	for (int i = 0; i < FILES; i++)
		unlinkat(group, files[i], 0);
	close(group);
	snprintf(path, sizeof path, "%s/%s", top, id);
	rmdir(path);
	return rmdir(top);
}

static void assert_file(const char *file, const char *want)
{
	char text[64] = "";
	int fd = openat(group, file, O_RDWR);
	ssize_t got = read(fd, text, sizeof text - 1);
	assert_true(got >= 0);
	assert_string_equal(text, want);
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
}

static void version_two_gets_every_limit_and_loses_them_again(void **state)
{
	static const struct {
		struct guest guest;
		const char *max, *weight, *memory, *swap;
	} rows[] = {{{"shared", 1, 256}, "100000 100000", "6", "268435456", "0"},
	            {{"performance", 16, 32768}, "1600000 100000", "1600", "34359738368", "0"},
	            {{"performance", 1024, 16}, "102400000 100000", "10000", "16777216", "0"},
	            {{0}, "max 100000", "100", "max", "max"}};
	struct quota quota = {.dirs = {-1, -1}, .unified = true};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct quota_run run;
		quota_set(&quota, id, group, &rows[i].guest, &run);
		assert_string_equal(run.why, "");
		assert_file("cpu.max", rows[i].max);
		assert_file("cpu.weight", rows[i].weight);
		assert_file("memory.max", rows[i].memory);
		assert_file("memory.swap.max", rows[i].swap);
		assert_true(run.oom >= 0);
		assert_true(run.enter[0] == -1 && run.enter[1] == -1);
		quota_run_fini(&run);
	}
	assert_int_equal(unlinkat(group, "memory.swap.max", 0), 0);
	struct quota_run run;
	quota_set(&quota, id, group, &rows[0].guest, &run); /* a kernel without swap */
	assert_string_equal(run.why, "");
	quota_run_fini(&run);
	assert_int_equal(unlinkat(group, "memory.max", 0), 0);
	quota_set(&quota, id, group, &rows[0].guest, &run);
	assert_non_null(strstr(run.why, "cannot be set up (No such file or directory)"));
	quota_run_fini(&run);
}

static void version_one_is_entered_by_the_process(void **state)
{
	static const struct guest small = {"shared", 2, 64}, none = {0};
	int dir = open(top, O_RDONLY | O_DIRECTORY);
	struct quota quota = {.dirs = {dir, dir}};
	struct quota_run run;
	(void)state;
	quota_set(&quota, id, -1, &small, &run);
	assert_file("cpu.shares", "128");
	assert_file("cpu.cfs_period_us", "100000");
	assert_file("cpu.cfs_quota_us", "200000");
	assert_file("memory.limit_in_bytes", "67108864");
	assert_file("memory.memsw.limit_in_bytes", "67108864");
	assert_true(run.enter[0] >= 0 && run.enter[1] >= 0 && run.oom >= 0);
	quota_run_fini(&run);
	assert_true(run.enter[0] == -1 && run.oom == -1);
	quota_set(&quota, id, -1, &none, &run);
	assert_file("cpu.shares", "");
	assert_true(run.enter[0] == -1 && run.enter[1] == -1 && run.oom == -1);
	quota_run_fini(&run);
	close(dir);
}

static void what_cannot_be_held_is_told_of_machines_with_a_size_only(void **state)
{
	static const struct guest small = {"shared", 2, 64}, none = {0};
	struct quota quota = {.dirs = {-1, -1}, .why = "no control group has the controller cpu"};
	struct quota_run run;
	(void)state;
	quota_set(&quota, id, group, &small, &run);
	assert_string_equal(run.why, "no control group has the controller cpu");
	quota_set(&quota, id, group, &none, &run);
	assert_string_equal(run.why, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(version_two_gets_every_limit_and_loses_them_again, make, clean),
	    cmocka_unit_test_setup_teardown(version_one_is_entered_by_the_process, make, clean),
	    cmocka_unit_test_setup_teardown(what_cannot_be_held_is_told_of_machines_with_a_size_only, make, clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
