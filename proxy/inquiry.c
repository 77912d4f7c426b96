/* inquiry.c - see inquiry.h. */
#include "inquiry.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "metrics.h"
#include "status.h"

enum { MOST = 4 /* at a time */, REQUEST_SIZE = 1024, LIMIT_SECONDS = 5 /* for each read and write */ };

struct inquiry {
	const struct proxy *proxy;
	int fd;
	bool taken;
	_Atomic bool done; /* the thread is about to end */
	pthread_t thread;
};

struct inquiries {
	const struct proxy *proxy;
	struct inquiry all[MOST];
};

/* ------------------------------------------------------------------------------------------------- in its own thread */

/* The request's target, in the request; empty: it is not one of ours. */
static struct bytes read_target(int fd, char request[REQUEST_SIZE])
{
	size_t len = 0;
	request[0] = '\0';
	while (!strstr(request, "\r\n\r\n")) {
		ssize_t n = recv(fd, request + len, REQUEST_SIZE - 1 - len, 0);
		if (n <= 0)
			return BYTES("");
		len += (size_t)n;
		request[len] = '\0';
	}
	if (strncmp(request, "GET ", 4) != 0)
		return BYTES("");
	return (struct bytes){request + 4, strcspn(request + 4, " \r")};
}

static bool write_answer(struct text *out, const struct proxy *proxy, struct bytes target)
{
	static const struct bytes of_app = {"/status?app=", 12};
	if (bytes_equal(target, BYTES("/metrics"))) {
		metrics_write(out, proxy);
	} else if (bytes_equal(target, BYTES("/status"))) {
		status_write(out, proxy, BYTES(""));
	} else if (target.len > of_app.len && memcmp(target.at, of_app.at, of_app.len) == 0) {
		status_write(out, proxy, (struct bytes){target.at + of_app.len, target.len - of_app.len});
	} else {
		text_put(out, "GET /status, /status?app=NAME and /metrics are all there is here\n");
		return false;
	}
	return true;
}

static void send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

static void *answer(void *argument)
{
	struct inquiry *inquiry = argument;
	char request[REQUEST_SIZE];
	struct text body = {0}, head = {0};
	struct bytes target = read_target(inquiry->fd, request);
	if (target.len > 0) {
		rcu_register();
		bool found = write_answer(&body, inquiry->proxy, target);
		rcu_unregister(); /* nobody waits for us while we write */
		text_format(&head,
		            "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		            found ? "200 OK" : "404 Not Found",
		            found && body.at[0] == '{' ? "application/json" : "text/plain; version=0.0.4", body.len);
		send_all(inquiry->fd, head.at, head.len);
		send_all(inquiry->fd, body.at, body.len);
	}
	text_free(&head);
	text_free(&body);
	atomic_store(&inquiry->done, true); /* before the client may know, and ask again */
	shutdown(inquiry->fd, SHUT_RDWR);
	return NULL;
}

/* ------------------------------------------------------------------------------------------------- in the main thread */

static void settle(struct inquiry *inquiry)
{
	pthread_join(inquiry->thread, NULL);
	close(inquiry->fd);
	inquiry->taken = false;
}

static struct inquiry *free_one(struct inquiries *inquiries)
{
	struct inquiry *found = NULL;
	for (int i = 0; i < MOST; i++) {
		struct inquiry *inquiry = &inquiries->all[i];
		if (inquiry->taken && atomic_load(&inquiry->done))
			settle(inquiry);
		if (!inquiry->taken)
			found = inquiry;
	}
	return found;
}

static bool start(struct inquiry *inquiry)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the main thread's */
	bool started = pthread_create(&inquiry->thread, NULL, answer, inquiry) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return started;
}

void inquiries_take(struct inquiries *inquiries, int fd)
{
	static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	const struct timeval limit = {.tv_sec = LIMIT_SECONDS};
	struct inquiry *inquiry = free_one(inquiries);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (inquiry) {
		*inquiry = (struct inquiry){.proxy = inquiries->proxy, .fd = fd, .taken = true};
		if (start(inquiry))
			return;
		inquiry->taken = false;
	}
	(void)send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

struct inquiries *inquiries_new(const struct proxy *proxy)
{
	struct inquiries *inquiries = mem_new(sizeof *inquiries);
	inquiries->proxy = proxy;
	return inquiries;
}

void inquiries_free(struct inquiries *inquiries)
{
	if (!inquiries)
		return;
	for (int i = 0; i < MOST; i++) {
		if (!inquiries->all[i].taken)
			continue;
		shutdown(inquiries->all[i].fd, SHUT_RDWR);
		settle(&inquiries->all[i]);
	}
	free(inquiries);
}
