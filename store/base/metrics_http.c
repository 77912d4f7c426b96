/* metrics_http.c - see metrics_http.h. */
#include "base/metrics_http.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum { CLIENTS = 16, HEAD_SIZE = 4096 };
static const double deadline_seconds = 5;

struct client {
	struct metrics_http *http;
	ev_io io;
	ev_timer deadline;
	int fd;
	size_t head_len;
	struct text answer; /* empty: still reading the head */
	size_t sent;
	char head[HEAD_SIZE];
};

struct metrics_http {
	struct ev_loop *loop;
	ev_io listener;
	const struct metrics_page *pages;
	size_t count;
	struct client *clients[CLIENTS];
};

static void client_free(struct client *c)
{
	struct metrics_http *h = c->http;
	ev_io_stop(h->loop, &c->io);
	ev_timer_stop(h->loop, &c->deadline);
	close(c->fd);
	text_free(&c->answer);
	for (size_t i = 0; i < CLIENTS; i++)
		if (h->clients[i] == c)
			h->clients[i] = NULL;
	free(c);
}

static void add_answer(struct text *out, const char *status, const char *type, const struct text *body)
{
	text_format(out, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
	            type, body->len);
	text_add(out, text_string(body), body->len);
}

/* "GET /path HTTP/1.1": the page of that path, whatever follows '?'. */
static const struct metrics_page *find_page(const struct metrics_http *h, const char *head)
{
	if (strncmp(head, "GET ", 4) != 0)
		return NULL;
	struct bytes path = {head + 4, strcspn(head + 4, " ?\r\n")};
	for (size_t i = 0; i < h->count; i++)
		if (bytes_equal(path, bytes_of(h->pages[i].path)))
			return &h->pages[i];
	return NULL;
}

static void write_answer(struct client *c)
{
	const struct metrics_page *page = find_page(c->http, c->head);
	struct text body = {0};
	if (page) {
		page->render(page->owner, &body);
		add_answer(&c->answer, "200 OK", page->type, &body);
	} else {
		text_put(&body, "Here are:\n");
		for (size_t i = 0; i < c->http->count; i++)
			text_format(&body, "GET %s\n", c->http->pages[i].path);
		add_answer(&c->answer, "404 Not Found", "text/plain", &body);
	}
	text_free(&body);
}

/* 0: wait for more, -1: done with this client. */
static int client_read(struct client *c)
{
	ssize_t n = recv(c->fd, c->head + c->head_len, sizeof c->head - 1 - c->head_len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	c->head_len += (size_t)n;
	c->head[c->head_len] = '\0';
	if (!strstr(c->head, "\r\n\r\n"))
		return c->head_len == sizeof c->head - 1 ? -1 : 0;
	write_answer(c);
	return 0;
}

static int client_write(struct client *c)
{
	ssize_t n = send(c->fd, c->answer.at + c->sent, c->answer.len - c->sent, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	c->sent += (size_t)n;
	return c->sent == c->answer.len ? -1 : 0;
}

static void on_client(struct ev_loop *loop, ev_io *io, int events)
{
	struct client *c = io->data;
	(void)events;
	int rc = c->answer.len ? 0 : client_read(c);
	if (rc == 0 && c->answer.len)
		rc = client_write(c);
	if (rc < 0) {
		client_free(c);
		return;
	}
	int want = c->answer.len ? EV_WRITE : EV_READ;
	if (io->events != want) {
		ev_io_stop(loop, io);
		ev_io_set(io, c->fd, want);
		ev_io_start(loop, io);
	}
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	client_free(timer->data);
}

static void on_listener(struct ev_loop *loop, ev_io *io, int events)
{
	struct metrics_http *h = io->data;
	size_t slot = 0;
	(void)events;
	int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	while (slot < CLIENTS && h->clients[slot])
		slot++;
	if (slot == CLIENTS) {
		close(fd);
		return;
	}
	struct client *c = h->clients[slot] = mem_new(sizeof *c);
	c->http = h;
	c->fd = fd;
	ev_io_init(&c->io, on_client, fd, EV_READ);
	c->io.data = c;
	ev_timer_init(&c->deadline, on_deadline, deadline_seconds, 0);
	c->deadline.data = c;
	ev_io_start(loop, &c->io);
	ev_timer_start(loop, &c->deadline);
}

struct metrics_http *metrics_http_start(struct ev_loop *loop, int listener, const struct metrics_page *pages,
                                        size_t count)
{
	struct metrics_http *h = mem_new(sizeof *h);
	h->loop = loop;
	h->pages = pages;
	h->count = count;
	ev_io_init(&h->listener, on_listener, listener, EV_READ);
	h->listener.data = h;
	ev_io_start(loop, &h->listener);
	return h;
}

void metrics_http_stop(struct metrics_http *http)
{
	if (!http)
		return;
	for (size_t i = 0; i < CLIENTS; i++)
		if (http->clients[i])
			client_free(http->clients[i]);
	ev_io_stop(http->loop, &http->listener);
	close(http->listener.fd);
	free(http);
}
