/* http_load: an HTTP/1.1 client for benches, on one thread; at most one request at a time on a connection.
 *
 *   http_load close [--tls [--resume]] --connections N --count N ADDRESS PORT   a connection for every request
 *   http_load rate --connections N --rate N --seconds N ADDRESS PORT            kept connections, requests when they are
 *                                                                               due, whether or not answers came
 *   http_load hold [--tls] --count N ADDRESS PORT    opens N connections, one request on each, says "held", and ends with
 *                                                    standard input
 *   http_load storm                                  asks all the "ADDRESS PORT" of standard input at the same time
 *
 * Prints, of all but hold: requests, sessions resumed, requests a second, and how long they took, in microseconds:
 * p50 p99 p99.9 max. From the connect (close, storm), or from the time it was due (rate), to the last byte. A response
 * that is not 200 ends it with 1. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, RESPONSE_MOST = 2048, TICKETS_MOST = 256 };

enum mode { MODE_CLOSE, MODE_RATE, MODE_HOLD, MODE_STORM };

enum state { STATE_IDLE, STATE_CONNECT, STATE_HANDSHAKE, STATE_ASK, STATE_ANSWER };

struct call {
	struct call *next; /* of the idle ones */
	SSL *ssl;
	int64_t since_ns;
	int fd;
	enum state state;
	bool complete; /* the response is; the end of the connection is waited for */
	size_t len;
	struct sockaddr_in6 to;
	char in[RESPONSE_MOST];
};

struct load {
	enum mode mode;
	long connections;
	long count;
	long rate;
	long seconds;
	bool tls;
	bool resume;
	struct sockaddr_in6 to;
	SSL_CTX *context;
	SSL_SESSION *tickets[TICKETS_MOST]; /* each is used once */
	int ticket_count;
	int poll;
	struct call *calls;
	struct call *idle;
	long started;
	long done;
	long resumed;
	int64_t began_ns;
	uint32_t *times_us; /* of those done */
};

static void die(const char *what)
{
	fprintf(stderr, "http_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ------------------------------------------------------------------------------------------------------- one request */

static void call_open(struct load *load, struct call *call)
{
	call->fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	const int on = 1;
	if (call->fd < 0 || setsockopt(call->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
		die("socket");
	if (connect(call->fd, (struct sockaddr *)&call->to, sizeof call->to) < 0 && errno != EINPROGRESS)
		die("connect");
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = call};
	if (epoll_ctl(load->poll, EPOLL_CTL_ADD, call->fd, &event) < 0)
		die("epoll");
	call->state = STATE_CONNECT;
	if (!load->tls)
		return;
	call->ssl = SSL_new(load->context);
	if (!call->ssl || SSL_set_fd(call->ssl, call->fd) != 1 ||
	    SSL_set_tlsext_host_name(call->ssl, "bench.test") != 1)
		die("TLS");
	SSL_set_connect_state(call->ssl);
	if (load->resume && load->ticket_count > 0) {
		SSL_set_session(call->ssl, load->tickets[--load->ticket_count]);
		SSL_SESSION_free(load->tickets[load->ticket_count]);
	}
}

static void call_close(struct call *call)
{
	if (call->ssl) /* else OpenSSL takes the session for a bad one, as the end was not said */
		SSL_set_shutdown(call->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(call->ssl);
	call->ssl = NULL;
	close(call->fd);
	call->fd = -1;
	call->state = STATE_IDLE;
}

static void call_begin(struct load *load, struct call *call, int64_t since_ns)
{
	call->since_ns = since_ns;
	call->complete = false;
	call->len = 0;
	load->started++;
	if (call->fd < 0)
		call_open(load, call);
	else
		call->state = STATE_ASK;
}

static bool would_block(const struct call *call, int rc)
{
	if (!call->ssl)
		return rc < 0 && errno == EAGAIN;
	int error = SSL_get_error(call->ssl, rc);
	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static int call_read(struct call *call)
{
	char *to = call->in + call->len;
	size_t room = sizeof call->in - 1 - call->len;
	return call->ssl ? SSL_read(call->ssl, to, (int)room) : (int)recv(call->fd, to, room, 0);
}

static void ask(const struct load *load, struct call *call)
{
	const char *text = load->mode == MODE_CLOSE ? "GET / HTTP/1.1\r\nHost: bench.test\r\nConnection: close\r\n\r\n"
	                                            : "GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n";
	int len = (int)strlen(text);
	int n = call->ssl ? SSL_write(call->ssl, text, len) : (int)send(call->fd, text, (size_t)len, MSG_NOSIGNAL);
	if (n != len)
		die("send");
}

/* Is the whole response there? */
static bool is_complete(struct call *call)
{
	call->in[call->len] = '\0';
	const char *end = strstr(call->in, "\r\n\r\n");
	const char *length = strcasestr(call->in, "\r\ncontent-length:");
	if (!end || !length || length > end)
		return false;
	if (strncmp(call->in, "HTTP/1.1 200 ", 13) != 0) {
		fprintf(stderr, "http_load: %.300s\n", call->in);
		exit(1);
	}
	return (size_t)(end + 4 - call->in) + strtoul(length + 17, NULL, 10) <= call->len;
}

static void call_done(struct load *load, struct call *call)
{
	int64_t now = now_ns();
	load->times_us[load->done++] = (uint32_t)((now - call->since_ns) / 1000);
	load->resumed += call->ssl && SSL_session_reused(call->ssl);
	if (load->mode == MODE_CLOSE || load->mode == MODE_STORM)
		call_close(call);
	call->state = STATE_IDLE;
	if (load->mode == MODE_CLOSE && load->started < load->count) {
		call_begin(load, call, now);
	} else if (load->mode == MODE_RATE) {
		call->next = load->idle;
		load->idle = call;
	}
}

/* False: it waits. */
static bool call_answer(struct load *load, struct call *call)
{
	int n = call_read(call);
	if (n > 0) {
		call->len += (size_t)n;
		call->complete = call->complete || is_complete(call);
		if (call->complete && load->mode != MODE_CLOSE) {
			call_done(load, call);
			return false;
		}
		return true;
	}
	if (would_block(call, n))
		return false;
	if (!call->complete)
		die("the response is cut");
	call_done(load, call);
	return false;
}

static void call_step(struct load *load, struct call *call)
{
	int err = 0;
	socklen_t len = sizeof err;
	int rc;
	for (;;) {
		switch (call->state) {
		case STATE_IDLE:
			return;
		case STATE_CONNECT:
			if (getsockopt(call->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 || err)
				die(err ? strerror(err) : "connect");
			call->state = load->tls ? STATE_HANDSHAKE : STATE_ASK;
			break;
		case STATE_HANDSHAKE:
			rc = SSL_do_handshake(call->ssl);
			if (rc != 1 && would_block(call, rc))
				return;
			if (rc != 1)
				die("handshake");
			call->state = STATE_ASK;
			break;
		case STATE_ASK:
			ask(load, call);
			call->state = STATE_ANSWER;
			break;
		case STATE_ANSWER:
			if (!call_answer(load, call))
				return;
			break;
		}
	}
}

/* -------------------------------------------------------------------------------------------------------------- loop */

/* Until everything is done, or the time (0: none) has come. */
static void turn(struct load *load, int64_t until_ns)
{
	struct epoll_event events[EVENTS];
	int64_t left = until_ns ? until_ns - now_ns() : 30000000000;
	struct timespec wait = {left / 1000000000, left % 1000000000};
	if (left < 0)
		wait = (struct timespec){0, 0};
	int n = epoll_pwait2(load->poll, events, EVENTS, &wait, NULL);
	if (n < 0 && errno != EINTR)
		die("epoll");
	if (n == 0 && !until_ns) {
		fprintf(stderr, "http_load: no answer for 30 s; %ld of %ld are done\n", load->done, load->started);
		exit(1);
	}
	for (int i = 0; i < n; i++) {
		struct call *call = events[i].data.ptr;
		/* The connect is not over before the socket can be written. */
		if (call->state != STATE_CONNECT || events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
			call_step(load, call);
	}
}

/* So many requests, on as many connections at a time as there are. */
static void run_count(struct load *load, long count)
{
	long at_once = load->connections < count ? load->connections : count;
	load->count = count;
	load->started = load->done = load->resumed = 0;
	load->began_ns = now_ns();
	for (long i = 0; i < at_once; i++)
		call_begin(load, &load->calls[i], now_ns());
	while (load->done < count)
		turn(load, 0);
}

static void run_rate(struct load *load)
{
	run_count(load, load->connections); /* each is there before time is taken */
	load->count = load->rate * load->seconds;
	load->started = load->done = 0;
	load->began_ns = now_ns();
	while (load->done < load->count) {
		int64_t due = load->began_ns + (int64_t)((double)load->started * 1e9 / (double)load->rate);
		bool more = load->started < load->count && load->idle;
		if (!more || due > now_ns()) {
			turn(load, more ? due : 0);
			continue;
		}
		struct call *call = load->idle;
		load->idle = call->next;
		call_begin(load, call, due);
		call_step(load, call);
	}
}

static void run_hold(struct load *load)
{
	char byte;
	for (long i = 0; i < load->count; i++) { /* one after the other: it is not a burst that is measured */
		call_begin(load, &load->calls[i], now_ns());
		while (load->done < load->started)
			turn(load, 0);
	}
	puts("held");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, sizeof byte) > 0)
		;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static uint32_t percentile(const struct load *load, double part)
{
	long at = (long)(part * (double)load->done);
	return load->times_us[at < load->done ? at : load->done - 1];
}

static void report(const struct load *load)
{
	double took = (double)(now_ns() - load->began_ns) / 1e9;
	qsort(load->times_us, (size_t)load->done, sizeof *load->times_us, compare);
	printf("%ld %ld %.0f %u %u %u %u\n", load->done, load->resumed, (double)load->done / took,
	       percentile(load, 0.5), percentile(load, 0.99), percentile(load, 0.999), percentile(load, 1));
}

/* ------------------------------------------------------------------------------------------------------------ set up */

static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct load *load = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	if (load->ticket_count == TICKETS_MOST)
		return 0;
	load->tickets[load->ticket_count++] = session;
	return 1; /* kept */
}

static void set_up_tls(struct load *load)
{
	load->context = SSL_CTX_new(TLS_client_method());
	if (!load->context)
		die("TLS");
	SSL_CTX_set_app_data(load->context, load);
	SSL_CTX_set_mode(load->context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(load->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(load->context, on_session);
}

static void set_target(struct sockaddr_in6 *to, const char *address, const char *port)
{
	to->sin6_family = AF_INET6;
	to->sin6_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (inet_pton(AF_INET6, address, &to->sin6_addr) != 1) {
		fprintf(stderr, "http_load: %s is no address\n", address);
		exit(2);
	}
}

/* The targets of a storm, each for one call. */
static void read_targets(struct load *load)
{
	char line[128], address[64], port[16];
	long room = 0;
	while (fgets(line, sizeof line, stdin)) {
		if (sscanf(line, "%63s %15s", address, port) != 2)
			exit(2);
		if (load->count == room) {
			room = room ? 2 * room : 1024;
			load->calls = reallocarray(load->calls, (size_t)room, sizeof *load->calls);
			if (!load->calls)
				die("memory");
		}
		load->calls[load->count] = (struct call){.fd = -1};
		set_target(&load->calls[load->count++].to, address, port);
	}
	load->connections = load->count;
}

static void make_calls(struct load *load)
{
	long count = load->mode == MODE_HOLD ? load->count : load->connections;
	load->calls = calloc((size_t)count, sizeof *load->calls);
	if (!load->calls)
		die("memory");
	for (long i = 0; i < count; i++) {
		load->calls[i].fd = -1;
		load->calls[i].to = load->to;
	}
}

static void read_options(struct load *load, int argc, char **argv)
{
	static const char *const modes[] = {"close", "rate", "hold", "storm"};
	static const struct option known[] = {
	    {"connections", 1, NULL, 'c'}, {"count", 1, NULL, 'n'},  {"rate", 1, NULL, 'r'}, {"seconds", 1, NULL, 's'},
	    {"tls", 0, NULL, 't'},         {"resume", 0, NULL, 'u'}, {NULL, 0, NULL, 0}};
	int option;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			load->connections = strtol(optarg, NULL, 10);
			break;
		case 'n':
			load->count = strtol(optarg, NULL, 10);
			break;
		case 'r':
			load->rate = strtol(optarg, NULL, 10);
			break;
		case 's':
			load->seconds = strtol(optarg, NULL, 10);
			break;
		case 't':
			load->tls = true;
			break;
		case 'u':
			load->resume = true;
			break;
		default:
			exit(2);
		}
	}
	for (int i = 0; optind < argc && i < 4; i++)
		if (strcmp(argv[optind], modes[i]) == 0)
			load->mode = (enum mode)i;
	if (argc - optind != (load->mode == MODE_STORM ? 1 : 3)) {
		fputs("http_load: what is wanted is written in its first lines\n", stderr);
		exit(2);
	}
	if (load->mode != MODE_STORM)
		set_target(&load->to, argv[optind + 1], argv[optind + 2]);
}

int main(int argc, char **argv)
{
	struct load load = {.mode = MODE_CLOSE, .connections = 1};
	read_options(&load, argc, argv);
	if (load.mode == MODE_STORM)
		read_targets(&load);
	else
		make_calls(&load);
	long most = load.mode == MODE_RATE ? load.rate * load.seconds : load.count;
	load.times_us = calloc((size_t)(most > load.connections ? most : load.connections) + 1, sizeof *load.times_us);
	load.poll = epoll_create1(0);
	if (!load.times_us || load.poll < 0)
		die("start");
	if (load.tls)
		set_up_tls(&load);
	long count = load.count;
	if (load.resume)
		run_count(&load, load.connections); /* for a ticket each */
	if (load.mode == MODE_RATE)
		run_rate(&load);
	else if (load.mode == MODE_HOLD)
		run_hold(&load);
	else
		run_count(&load, count);
	if (load.mode != MODE_HOLD)
		report(&load);
	free(load.calls);
	free(load.times_us);
	return 0;
}
