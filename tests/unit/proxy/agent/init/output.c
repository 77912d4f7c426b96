/* output.c - the bounded log of a Machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/init/output.h"

struct fixture {
	char path[64];
	int dir;
	int pipe[2];
	struct output output;
	struct stream stream;
};

static int set_up(void **state)
{
	static struct fixture f;
	f = (struct fixture){.path = "/tmp/flycast-output.XXXXXX"};
	if (!mkdtemp(f.path) || pipe2(f.pipe, O_NONBLOCK) < 0)
		return -1;
	f.dir = open(f.path, O_RDONLY | O_DIRECTORY);
	output_open(&f.output, f.dir, 4096);
	f.stream = (struct stream){.fd = f.pipe[0], .tag = "out"};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	unlinkat(f->dir, "log", 0);
	unlinkat(f->dir, "log.1", 0);
	close(f->dir);
	close(f->pipe[1]);
	if (f->stream.fd >= 0)
		close(f->stream.fd);
	close(f->output.fd);
	return rmdir(f->path);
}

static void put(struct fixture *f, const char *text)
{
	assert_int_equal(write(f->pipe[1], text, strlen(text)), strlen(text));
	while (stream_copy(&f->stream, &f->output))
		continue;
}

/* The log without its times. */
static void assert_log(struct fixture *f, const char *want)
{
	char text[16384], got[16384] = "";
	size_t at = 0;
	int fd = openat(f->dir, "log", O_RDONLY);
	ssize_t len = read(fd, text, sizeof text - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		assert_int_equal(strcspn(line, " "), strlen("2026-11-23T08:59:20.123Z"));
		at += (size_t)snprintf(got + at, sizeof got - at, "%s\n", strchr(line, ' ') + 1);
	}
	assert_string_equal(got, want);
}

static off_t size_of(struct fixture *f, const char *name)
{
	struct stat st;
	return fstatat(f->dir, name, &st, 0) == 0 ? st.st_size : -1;
}

static void lines_are_written_whole(void **state)
{
	struct fixture *f = *state;
	put(f, "first\nsec");
	assert_log(f, "out first\n");
	put(f, "ond\r\n\nthird");
	assert_log(f, "out first\nout second\nout \n");
	output_say(&f->output, "exited with code %d", 3);
	stream_drain(&f->stream, &f->output);
	assert_log(f, "out first\nout second\nout \nfly exited with code 3\nout third\n");
}

static void a_log_never_grows_beyond_two_files(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 400; i++)
		put(f, "0123456789012345678901234567890123456789\n");
	assert_in_range(size_of(f, "log"), 1, 4096);
	assert_in_range(size_of(f, "log.1"), 1, 4096);
}

static void a_line_without_end_is_cut(void **state)
{
	struct fixture *f = *state;
	char part[1025];
	memset(part, 'x', 1024);
	part[1024] = '\0';
	for (int i = 0; i < 20; i++)
		put(f, part);
	assert_in_range(f->stream.len, 1, OUTPUT_LINE - 1);
	assert_int_equal(f->stream.len, 20 * 1024 % OUTPUT_LINE);
}

static void an_ended_stream_is_closed(void **state)
{
	struct fixture *f = *state;
	put(f, "last words");
	close(f->pipe[1]);
	f->pipe[1] = open("/dev/null", O_WRONLY);
	assert_false(stream_copy(&f->stream, &f->output));
	assert_int_equal(f->stream.fd, -1);
	stream_drain(&f->stream, &f->output);
	assert_log(f, "out last words\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(lines_are_written_whole, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_log_never_grows_beyond_two_files, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_line_without_end_is_cut, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(an_ended_stream_is_closed, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
