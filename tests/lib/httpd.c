/* httpd.c - a small HTTP/1.1 server for Machines in tests, benches and the demo: one thread per connection, keep-alive,
 * pipelining. It understands honest requests only.
 *
 *   httpd [--bind ADDRESS] [--port N] [--body TEXT] [--start-delay MS] [--warm-up MS]
 *
 * GET /            the body: --body, else "hello from $FLY_MACHINE_ID"
 * ANY /echo        the request head as it came
 * GET /sleep/MS    the body, after MS milliseconds
 * GET /bytes/N     N bytes of 'x'
 * GET /health      200, or 503 for --warm-up MS after it began to listen
 * GET /health/NNN  the body; /health answers NNN from now on
 * A request body with Content-Length is read and dropped. SIGINT and SIGTERM end it with 0. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MAX = 16384 };

static char body[4096];
static _Atomic int health = 200;
static struct timespec warm; /* when it is */

static void on_signal(int signal)
{
	(void)signal;
	_exit(0);
}

static void sleep_ms(long ms)
{
	struct timespec left = {ms / 1000, ms % 1000 * 1000000};
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static int send_all(int fd, const char *at, size_t len, int flags)
{
	while (len > 0) {
		ssize_t n = send(fd, at, len, flags | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int answer_with(int fd, int status, const char *text, size_t len)
{
	char head[160];
	int n = snprintf(head, sizeof head, "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
	                 status, status == 200 ? "OK" : "Not So", len);
	if (send_all(fd, head, (size_t)n, MSG_MORE) < 0)
		return -1;
	return send_all(fd, text, len, 0);
}

static int answer(int fd, const char *text, size_t len)
{
	return answer_with(fd, 200, text, len);
}

static int answer_health(int fd)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	bool cold = now.tv_sec < warm.tv_sec || (now.tv_sec == warm.tv_sec && now.tv_nsec < warm.tv_nsec);
	return answer_with(fd, cold ? 503 : health, "well?\n", 6);
}

static void warm_up(long ms)
{
	clock_gettime(CLOCK_MONOTONIC, &warm);
	warm.tv_sec += ms / 1000 + (warm.tv_nsec + ms % 1000 * 1000000) / 1000000000;
	warm.tv_nsec = (warm.tv_nsec + ms % 1000 * 1000000) % 1000000000;
}

static int answer_bytes(int fd, size_t len)
{
	char *block = malloc(len ? len : 1);
	if (!block)
		return -1;
	memset(block, 'x', len);
	int result = answer(fd, block, len);
	free(block);
	return result;
}

/* head is NUL-terminated and ends with an empty line. */
static int serve(int fd, const char *head, size_t len)
{
	const char *path = strchr(head, ' ');
	path = path ? path + 1 : "/";
	if (strncmp(path, "/echo", 5) == 0)
		return answer(fd, head, len);
	if (strncmp(path, "/health ", 8) == 0)
		return answer_health(fd);
	if (strncmp(path, "/health/", 8) == 0)
		health = (int)strtol(path + 8, NULL, 10);
	if (strncmp(path, "/bytes/", 7) == 0)
		return answer_bytes(fd, strtoul(path + 7, NULL, 10));
	if (strncmp(path, "/sleep/", 7) == 0)
		sleep_ms(strtol(path + 7, NULL, 10));
	return answer(fd, body, strlen(body));
}

static size_t content_length(const char *head)
{
	for (const char *line = head; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncasecmp(line, "Content-Length:", 15) == 0)
			return strtoul(line + 15, NULL, 10);
	}
	return 0;
}

static void *serve_connection(void *arg)
{
	int fd = (int)(long)arg;
	char in[HEAD_MAX + 1];
	size_t have = 0, drop = 0; /* drop: what is left of a request body */
	for (;;) {
		size_t skip = drop < have ? drop : have;
		memmove(in, in + skip, have - skip);
		have -= skip;
		drop -= skip;
		in[have] = '\0';
		char *end = drop == 0 ? strstr(in, "\r\n\r\n") : NULL;
		if (end) {
			size_t len = (size_t)(end - in) + 4;
			char kept = in[len];
			in[len] = '\0';
			drop = len + content_length(in);
			if (serve(fd, in, len) < 0)
				break;
			in[len] = kept;
			continue;
		}
		ssize_t n = have < HEAD_MAX ? recv(fd, in + have, HEAD_MAX - have, 0) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	close(fd);
	return NULL;
}

static int listen_on(const char *bind_to, int port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int is_v4 = inet_pton(AF_INET, bind_to, &v4.sin_addr) == 1, on = 1;
	if (!is_v4 && inet_pton(AF_INET6, bind_to, &v6.sin6_addr) != 1) {
		errno = EINVAL;
		return -1;
	}
	int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* inherited by connections */
	if (bind(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6, is_v4 ? sizeof v4 : sizeof v6) < 0 ||
	    listen(fd, 4096) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"bind", 1, NULL, 'b'},    {"port", 1, NULL, 'p'},
	                                        {"body", 1, NULL, 't'},    {"start-delay", 1, NULL, 'd'},
	                                        {"warm-up", 1, NULL, 'w'}, {NULL, 0, NULL, 0}};
	const char *bind_to = "0.0.0.0", *machine = getenv("FLY_MACHINE_ID");
	int port = 8080;
	long delay_ms = 0, warm_ms = 0;
	snprintf(body, sizeof body, "hello from %s\n", machine ? machine : "nowhere");
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'b')
			bind_to = optarg;
		else if (c == 'p')
			port = (int)strtol(optarg, NULL, 10);
		else if (c == 't')
			snprintf(body, sizeof body, "%s\n", optarg);
		else if (c == 'd')
			delay_ms = strtol(optarg, NULL, 10);
		else if (c == 'w')
			warm_ms = strtol(optarg, NULL, 10);
		else
			return 2;
	}
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sleep_ms(delay_ms);
	int listener = listen_on(bind_to, port);
	if (listener < 0) {
		fprintf(stderr, "httpd: listen on %s port %d: %s\n", bind_to, port, strerror(errno));
		return 1;
	}
	warm_up(warm_ms);
	printf("listening on %s port %d\n", bind_to, port);
	fflush(stdout);
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 131072);
	for (;;) {
		pthread_t thread;
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			sleep_ms(1); /* no descriptor left: one will be closed */
		else if (pthread_create(&thread, &attr, serve_connection, (void *)(long)fd) != 0)
			close(fd);
	}
}
