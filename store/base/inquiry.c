/* inquiry.c - see inquiry.h. */
#include "base/inquiry.h"

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

enum { MOST = 4 /* at a time */, REQUEST_SIZE = 4096, LIMIT_SECONDS = 5 /* for each read and write */ };

struct inquiry {
	const struct inquiries *of;
	int fd;
	bool taken;
	_Atomic bool done; /* the thread is about to end */
	pthread_t thread;
};

struct inquiries {
	inquiry_answer *answer;
	void *owner;
	struct inquiry all[MOST];
};

/* ------------------------------------------------------------------------------------------------- in its own thread */

/* What is asked, in the request. false: it is not HTTP, or did not come whole. */
static bool read_ask(int fd, char request[REQUEST_SIZE], struct inquiry_ask *ask)
{
	size_t len = 0;
	request[0] = '\0';
	while (!strstr(request, "\r\n\r\n")) {
		ssize_t n = recv(fd, request + len, REQUEST_SIZE - 1 - len, 0);
		if (n <= 0)
			return false;
		len += (size_t)n;
		request[len] = '\0';
	}
	ask->change = strncmp(request, "POST ", 5) == 0;
	if (!ask->change && strncmp(request, "GET ", 4) != 0)
		return false;
	const char *target = strchr(request, ' ') + 1;
	ask->path = (struct bytes){target, strcspn(target, " ?\r")};
	const char *query = target + ask->path.len + (target[ask->path.len] == '?');
	ask->query = (struct bytes){query, strcspn(query, " \r")};
	return true;
}

static const char *status_text(enum inquiry_status status)
{
	switch (status) {
	case INQUIRY_OK:
		return "200 OK";
	case INQUIRY_WRONG:
		return "400 Bad Request";
	case INQUIRY_UNKNOWN:
		return "404 Not Found";
	case INQUIRY_REFUSED:
		return "405 Method Not Allowed";
	case INQUIRY_IMPOSSIBLE:
		break;
	}
	return "503 Service Unavailable";
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
	struct inquiry_ask ask;
	struct text body = {0}, head = {0};
	if (read_ask(inquiry->fd, request, &ask)) {
		rcu_register();
		enum inquiry_status status = inquiry->of->answer(inquiry->of->owner, &ask, &body);
		rcu_unregister(); /* nobody waits for us while we write */
		text_format(&head,
		            "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		            status_text(status),
		            text_string(&body)[0] == '{' ? "application/json" : "text/plain; version=0.0.4", body.len);
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
		*inquiry = (struct inquiry){.of = inquiries, .fd = fd, .taken = true};
		if (start(inquiry))
			return;
		inquiry->taken = false;
	}
	(void)send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

struct inquiries *inquiries_new(inquiry_answer *answer_asked, void *owner)
{
	struct inquiries *inquiries = mem_new(sizeof *inquiries);
	inquiries->answer = answer_asked;
	inquiries->owner = owner;
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

/* ---------------------------------------------------------------------------------------------------- what was asked */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode(char *out, size_t size, struct bytes value)
{
	size_t len = 0;
	for (size_t i = 0; i < value.len; i++) {
		int c = (unsigned char)value.at[i];
		if (c == '%') {
			int high = value.len - i < 3 ? -1 : digit(value.at[i + 1]);
			int low = high < 0 ? -1 : digit(value.at[i + 2]);
			if (low < 0)
				return false;
			c = high * 16 + low;
			i += 2;
		}
		if (c == 0 || len + 1 >= size)
			return false;
		out[len++] = (char)c;
	}
	out[len] = '\0';
	return true;
}

bool inquiry_value(char *out, size_t size, struct bytes query, const char *key)
{
	size_t key_len = strlen(key);
	while (query.len > 0) {
		const char *end = memchr(query.at, '&', query.len);
		size_t len = end ? (size_t)(end - query.at) : query.len;
		if (len > key_len && query.at[key_len] == '=' && memcmp(query.at, key, key_len) == 0)
			return decode(out, size, (struct bytes){query.at + key_len + 1, len - key_len - 1});
		query.at += len + (end != NULL);
		query.len -= len + (end != NULL);
	}
	return false;
}
