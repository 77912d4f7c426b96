/* io: what a socket does not take is kept whole and in order. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "io.h"

static int pair[2];
static struct blocks blocks;

static int start(void **state)
{
	(void)state;
	blocks = (struct blocks){0};
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
}

static int stop(void **state)
{
	(void)state;
	blocks_free(&blocks);
	close(pair[0]);
	return close(pair[1]);
}

static void the_rest_is_kept_and_flushed_in_order(void **state)
{
	(void)state;
	static char sent[BLOCK_SIZE];
	static char got[4 * 1024 * 1024];
	size_t in = 0, out = 0;
	struct block *rest = NULL;
	enum io_result result = IO_DONE;
	for (size_t i = 0; i < sizeof sent; i++)
		sent[i] = (char)(i * 7 % 251);
	while (result == IO_DONE) { /* until the socket is full */
		struct iovec parts[3] = {{sent, 100}, {sent + 100, 0}, {sent + 100, sizeof sent - 100}};
		result = io_write(pair[0], parts, 3, &blocks, &rest);
		in += sizeof sent;
		assert_true(in < sizeof got);
	}
	assert_int_equal(result, IO_AGAIN);
	assert_non_null(rest);
	while (out < in) {
		ssize_t n = recv(pair[1], got + out, sizeof got - out, 0);
		assert_true(n > 0);
		out += (size_t)n;
		assert_int_not_equal(io_flush(pair[0], &blocks, &rest), IO_FAILED);
	}
	assert_null(rest);
	for (size_t i = 0; i < in; i++)
		assert_int_equal(got[i], sent[i % sizeof sent]);
}

static void a_block_is_never_read_beyond_its_size(void **state)
{
	(void)state;
	static char bytes[2 * BLOCK_SIZE];
	struct block *block = block_take(&blocks);
	assert_int_equal(io_read(pair[1], block), IO_AGAIN);
	assert_true(send(pair[0], bytes, sizeof bytes, 0) > BLOCK_SIZE);
	while (block->to < BLOCK_SIZE)
		assert_int_equal(io_read(pair[1], block), IO_DONE);
	assert_int_equal(io_read(pair[1], block), IO_AGAIN);
	block_give(&blocks, block);
}

static void the_end_and_a_failure_are_told_apart(void **state)
{
	(void)state;
	struct block *block = block_take(&blocks);
	struct block *rest = NULL;
	shutdown(pair[0], SHUT_WR);
	assert_int_equal(io_read(pair[1], block), IO_END);
	struct iovec part = {(char[]){"x"}, 1};
	shutdown(pair[1], SHUT_WR);
	assert_int_equal(io_write(pair[1], &part, 1, &blocks, &rest), IO_FAILED);
	assert_null(rest);
	assert_int_equal(io_read(-1, block), IO_FAILED);
	block_give(&blocks, block);
}

static void a_few_spare_blocks_are_kept(void **state)
{
	(void)state;
	struct block *taken[BLOCK_SPARE + 2];
	for (int i = 0; i < BLOCK_SPARE + 2; i++)
		taken[i] = block_take(&blocks);
	for (int i = 0; i < BLOCK_SPARE + 2; i++)
		block_give(&blocks, taken[i]);
	assert_int_equal(blocks.count, BLOCK_SPARE);
	block_give(&blocks, NULL);
}

/* A TCP connection over loopback: pair[0] dialled, pair[1] was accepted. */
static void connect_pair(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof name;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	io_socket_options(listener);
	assert_int_equal(bind(listener, (struct sockaddr *)&name, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&name, &len), 0);
	pair[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(pair[0], (struct sockaddr *)&name, len), 0);
	pair[1] = accept(listener, NULL, NULL);
	close(listener);
}

static int option_of(int fd, int level, int option)
{
	int value = -1;
	socklen_t len = sizeof value;
	assert_int_equal(getsockopt(fd, level, option, &value, &len), 0);
	return value;
}

static void a_peer_may_be_silent_and_need_not_read(void **state)
{
	(void)state;
	stop(NULL);
	connect_pair();
	assert_int_equal(option_of(pair[1], SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option_of(pair[1], IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
	assert_int_equal(option_of(pair[1], IPPROTO_TCP, TCP_NODELAY), 1);
}

static void a_reset_is_seen_without_reading(void **state)
{
	(void)state;
	stop(NULL);
	connect_pair();
	assert_false(io_broken(pair[1]));
	shutdown(pair[0], SHUT_WR);
	assert_false(io_broken(pair[1])); /* an end is no reset */
	io_close(pair[0], true);
	assert_true(io_broken(pair[1]));
	pair[0] = dup(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_rest_is_kept_and_flushed_in_order, start, stop),
	    cmocka_unit_test_setup_teardown(a_block_is_never_read_beyond_its_size, start, stop),
	    cmocka_unit_test_setup_teardown(the_end_and_a_failure_are_told_apart, start, stop),
	    cmocka_unit_test_setup_teardown(a_peer_may_be_silent_and_need_not_read, start, stop),
	    cmocka_unit_test_setup_teardown(a_reset_is_seen_without_reading, start, stop),
	    cmocka_unit_test_setup_teardown(a_few_spare_blocks_are_kept, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
