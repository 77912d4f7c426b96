/* pour: what goes in comes out whole and in order, whoever is slow; pipes are used again and not without end. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "pour.h"

static struct pours pours;
static int in[2], out[2];

static int start(void **state)
{
	(void)state;
	pours = (struct pours){0};
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, in) |
	       socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, out);
}

static int stop(void **state)
{
	(void)state;
	pours_free(&pours);
	close(in[1]);
	close(out[0]);
	return close(out[1]);
}

static void everything_arrives_in_order(void **state)
{
	enum { SIZE = 3 * 1024 * 1024 };
	char *sent = malloc(SIZE), *got = malloc(SIZE);
	size_t written = 0, read_back = 0;
	struct pour *pour = pour_take(&pours);
	bool ended = false;
	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		sent[i] = (char)(i * 31 + i / 4096);
	while (read_back < SIZE) {
		ssize_t n = written < SIZE ? write(in[0], sent + written, SIZE - written) : 0;
		written += n > 0 ? (size_t)n : 0;
		if (written == SIZE && in[0] >= 0) {
			close(in[0]);
			in[0] = -1;
		}
		if (!pour->held && !ended)
			ended = pour_fill(pour, in[1]) == IO_END;
		assert_int_not_equal(pour_empty(pour, out[0]), IO_FAILED);
		n = read(out[1], got + read_back, 20000);
		read_back += n > 0 ? (size_t)n : 0;
	}
	assert_memory_equal(sent, got, SIZE);
	assert_int_equal(pour->held, 0);
	pour_give(&pours, pour);
	free(sent);
	free(got);
}

static void a_pipe_with_something_in_it_is_not_used_again(void **state)
{
	struct pour *pour = pour_take(&pours);
	(void)state;
	assert_int_equal(pour_fill(pour, in[1]), IO_AGAIN);
	assert_int_equal(write(in[0], "left", 4), 4);
	assert_int_equal(pour_fill(pour, in[1]), IO_DONE);
	assert_int_equal(pour->held, 4);
	pour_give(&pours, pour);
	assert_int_equal(pours.count, 0);
	pour = pour_take(&pours);
	pour_give(&pours, pour);
	assert_ptr_equal(pour_take(&pours), pour);
	pour_give(&pours, pour);
	assert_int_equal(pours.count, 1);
	close(in[0]);
}

static void there_is_an_end_to_them(void **state)
{
	struct pour *taken[POUR_MOST];
	(void)state;
	for (unsigned i = 0; i < POUR_MOST; i++)
		assert_non_null(taken[i] = pour_take(&pours));
	assert_null(pour_take(&pours));
	for (unsigned i = 0; i < POUR_MOST; i++)
		pour_give(&pours, taken[i]);
	assert_in_range(pours.count, 1, 32);
	close(in[0]);
}

static void a_peer_that_is_gone_is_an_error(void **state)
{
	struct pour *pour = pour_take(&pours);
	(void)state;
	assert_int_equal(write(in[0], "lost", 4), 4);
	assert_int_equal(pour_fill(pour, in[1]), IO_DONE);
	shutdown(out[1], SHUT_RD);
	shutdown(out[0], SHUT_WR);
	assert_int_equal(pour_empty(pour, out[0]), IO_FAILED);
	pour_give(&pours, pour);
	close(in[0]);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(everything_arrives_in_order, start, stop),
	    cmocka_unit_test_setup_teardown(a_pipe_with_something_in_it_is_not_used_again, start, stop),
	    cmocka_unit_test_setup_teardown(there_is_an_end_to_them, start, stop),
	    cmocka_unit_test_setup_teardown(a_peer_that_is_gone_is_an_error, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
