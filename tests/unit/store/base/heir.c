/* heir: a message comes whole, with the descriptor that was sent with it and no other. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/heir.h"

static int pair[2];

static int start(void **state)
{
	(void)state;
	int rc = socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	heir_limit(pair[0]);
	heir_limit(pair[1]);
	return rc;
}

static int stop(void **state)
{
	(void)state;
	close(pair[0]);
	return close(pair[1]);
}

static void each_message_has_its_own_descriptor(void **state)
{
	struct heir_message sent = {.verb = HEIR_SOCKET}, got;
	struct stat facts[2], theirs;
	int fd, pipes[2];
	(void)state;
	assert_int_equal(pipe(pipes), 0);
	for (int i = 0; i < 2; i++) {
		sent.port = (uint32_t)i;
		assert_int_equal(fstat(pipes[i], &facts[i]), 0);
		assert_int_equal(heir_send(pair[0], &sent, pipes[i]), 0);
	}
	sent.verb = HEIR_END;
	assert_int_equal(heir_send(pair[0], &sent, -1), 0);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(heir_receive(pair[1], &got, &fd), 1);
		assert_int_equal(got.port, i);
		assert_int_equal(fstat(fd, &theirs), 0);
		assert_int_equal(theirs.st_ino, facts[i].st_ino);
		close(fd);
		close(pipes[i]);
	}
	assert_int_equal(heir_receive(pair[1], &got, &fd), 1);
	assert_int_equal(got.verb, HEIR_END);
	assert_int_equal(fd, -1);
}

static void the_end_is_no_message_and_a_half_is_none_either(void **state)
{
	struct heir_message got;
	int fd;
	(void)state;
	assert_int_equal(write(pair[0], "half", 4), 4);
	shutdown(pair[0], SHUT_WR);
	assert_int_equal(heir_receive(pair[1], &got, &fd), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(heir_receive(pair[1], &got, &fd), 0);
	assert_int_equal(fd, -1);
}

static void nobody_there_is_an_error(void **state)
{
	const struct heir_message sent = {.verb = HEIR_READY};
	(void)state;
	shutdown(pair[1], SHUT_RD);
	assert_int_equal(heir_send(pair[0], &sent, -1), -1);
	assert_int_equal(errno, EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(each_message_has_its_own_descriptor, start, stop),
	    cmocka_unit_test_setup_teardown(the_end_is_no_message_and_a_half_is_none_either, start, stop),
	    cmocka_unit_test_setup_teardown(nobody_there_is_an_error, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
