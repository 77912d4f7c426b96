/* sock: a path belongs to one daemon, however many want it at the same moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sock.h"

enum { DAEMONS = 6, ROUNDS = 60 };

static char directory[] = "/tmp/flycast-sock-XXXXXX";
static char path[64];

static int make_directory(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof path, "%s/control.sock", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

/* Wants the path when the gate opens, says how it went, and keeps it until it is told to end. */
static void be_daemon(int gate, int report, int end)
{
	char byte;
	(void)!read(gate, &byte, 1);
	int fd = sock_unix(path);
	byte = fd >= 0 ? 'y' : errno == EADDRINUSE ? 'n' : '?';
	(void)!write(report, &byte, 1);
	(void)!read(end, &byte, 1);
	_exit(0);
}

static bool answers(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	memcpy(name.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool connected = connect(fd, (struct sockaddr *)&name, sizeof name) == 0;
	close(fd);
	return connected;
}

static void one_of_many_that_start_at_once_has_the_path(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		int gate[2], report[2], end[2], won = 0;
		char said;
		assert_int_equal(pipe(gate) | pipe(report) | pipe(end), 0);
		for (int i = 0; i < DAEMONS; i++) {
			if (fork() > 0)
				continue;
			close(gate[1]);
			close(end[1]);
			be_daemon(gate[0], report[1], end[0]);
		}
		close(gate[0]);
		close(gate[1]);
		for (int i = 0; i < DAEMONS; i++) {
			assert_int_equal(read(report[0], &said, 1), 1);
			assert_int_not_equal(said, '?');
			won += said == 'y';
		}
		assert_int_equal(won, 1);
		assert_true(answers());
		close(end[0]);
		close(end[1]);
		while (wait(NULL) > 0)
			;
		close(report[0]);
		close(report[1]);
		assert_false(answers()); /* what is left over is the next round's */
	}
}

static void a_lock_that_somebody_keeps_delays_and_does_not_prevent(void **state)
{
	(void)state;
	int kept = sock_unix_lock(path);
	assert_true(kept >= 0);
	int fd = sock_unix(path);
	assert_true(fd >= 0);
	close(fd);
	close(kept);
}

static void a_path_may_have_no_directory_in_it(void **state)
{
	(void)state;
	assert_int_equal(chdir(directory), 0);
	int fd = sock_unix("control.sock");
	assert_true(fd >= 0);
	assert_true(answers());
	close(fd);
	assert_int_equal(chdir("/"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_of_many_that_start_at_once_has_the_path),
	    cmocka_unit_test(a_lock_that_somebody_keeps_delays_and_does_not_prevent),
	    cmocka_unit_test(a_path_may_have_no_directory_in_it),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
