/* heirloom.c - see heirloom.h. */
#include "base/heirloom.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/heir.h"

struct item {
	struct in6_addr address;
	uint32_t kind;
	uint32_t port;
	int fd; /* -1: claimed */
};

struct heirloom {
	int sock;
	uint32_t program;
	unsigned threads;
	int metrics;        /* -1: none, or claimed */
	int control;        /* likewise */
	struct item *items; /* in order */
	size_t count;
	size_t room;
	ev_io io;
	struct ev_loop *loop;
	void (*gone)(void *owner);
	void *owner;
};

static int compare(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;
	int order = (x->kind > y->kind) - (x->kind < y->kind);
	if (order == 0)
		order = memcmp(&x->address, &y->address, sizeof x->address);
	return order ? order : (x->port > y->port) - (x->port < y->port);
}

/* -1: nobody is there, or errno. */
static int dial(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof name.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(name.sun_path, path, strlen(path));
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -1;
	heir_limit(sock);
	if (connect(sock, (struct sockaddr *)&name, sizeof name) < 0) {
		int why = errno;
		close(sock);
		errno = why;
		return -1;
	}
	return sock;
}

static void keep(struct heirloom *h, const struct heir_message *m, int fd)
{
	if (h->count == h->room) {
		h->room = h->room ? h->room * 2 : 64;
		h->items = mem_resize(h->items, h->room * sizeof *h->items);
	}
	h->items[h->count++] = (struct item){m->address, m->count, m->port, fd};
}

/* A socket's message; false: it is none, or not one that must come. */
static bool take_one(struct heirloom *h, const struct heir_message *m, int fd)
{
	int *only = m->verb == HEIR_METRICS ? &h->metrics : m->verb == HEIR_CONTROL ? &h->control : NULL;
	if (fd < 0 || (only && *only >= 0) || (!only && m->verb != HEIR_SOCKET))
		return false;
	if (only)
		*only = fd;
	else
		keep(h, m, fd);
	return true;
}

/* 1: all of it; 0: there is nothing; -1: what came is not what must come, errno. */
static int take_all(struct heirloom *h)
{
	struct heir_message m = {.verb = HEIR_TAKE, .program = h->program};
	if (heir_send(h->sock, &m, -1) < 0)
		return -1;
	for (;;) {
		int fd;
		int rc = heir_receive(h->sock, &m, &fd);
		if (rc <= 0) {
			errno = rc == 0 ? ECONNRESET : errno;
			return -1;
		}
		if (m.verb == HEIR_END && h->threads > 0)
			return 1;
		if (m.verb == HEIR_NONE)
			return 0;
		if (m.verb == HEIR_THREADS && m.program == h->program && m.count > 0) {
			h->threads = m.count;
		} else if (h->threads == 0 || !take_one(h, &m, fd)) {
			if (fd >= 0)
				close(fd);
			errno = EPROTO;
			return -1;
		}
	}
}

struct heirloom *heirloom_take(const char *path, uint32_t program, char **error)
{
	struct text why = {0};
	*error = NULL;
	int sock = dial(path);
	if (sock < 0) {
		if (errno != ENOENT && errno != ECONNREFUSED) {
			text_format(&why, "%s: %s", path, strerror(errno));
			*error = why.at;
		}
		return NULL;
	}
	struct heirloom *h = mem_new(sizeof *h);
	h->sock = sock;
	h->program = program;
	h->metrics = h->control = -1;
	int taken = take_all(h);
	if (taken == 0) {
		log_info("the daemon that runs drains, nothing is taken over path=%s", path);
		heirloom_free(h);
		return NULL;
	}
	if (taken < 0) {
		text_format(&why,
		            "the daemon that runs did not hand over its sockets on %s: %s; stop it first, or try again",
		            path, strerror(errno));
		*error = why.at;
		heirloom_free(h);
		return NULL;
	}
	if (h->count)
		qsort(h->items, h->count, sizeof *h->items, compare);
	log_info("sockets taken over path=%s threads=%u listeners=%zu", path, h->threads, h->count);
	return h;
}

unsigned heirloom_threads(const struct heirloom *h)
{
	return h->threads;
}

int heirloom_only(struct heirloom *h, enum heir_verb which)
{
	int *only = !h ? NULL : which == HEIR_METRICS ? &h->metrics : &h->control;
	int fd = only ? *only : -1;
	if (only)
		*only = -1;
	return fd;
}

bool heirloom_has(const struct heirloom *h, uint32_t kind)
{
	for (size_t i = 0; h && i < h->count; i++)
		if (h->items[i].kind == kind)
			return true;
	return false;
}

int heirloom_socket(struct heirloom *h, uint32_t kind, const struct in6_addr *address, uint16_t port)
{
	struct item key = {*address, kind, port, -1};
	struct item *found = h && h->count ? bsearch(&key, h->items, h->count, sizeof key, compare) : NULL;
	if (!found)
		return -1;
	while (found > h->items && compare(found - 1, &key) == 0)
		found--;
	for (; found < h->items + h->count && compare(found, &key) == 0; found++) {
		int fd = found->fd;
		found->fd = -1;
		if (fd >= 0)
			return fd;
	}
	return -1;
}

void heirloom_settle(struct heirloom *h)
{
	for (size_t i = 0; h && i < h->count; i++)
		if (h->items[i].fd >= 0)
			close(h->items[i].fd);
	if (h)
		h->count = 0;
}

static void on_old(struct ev_loop *loop, ev_io *io, int events)
{
	struct heirloom *h = io->data;
	char byte;
	(void)events;
	if (recv(h->sock, &byte, sizeof byte, MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	ev_io_stop(loop, io);
	log_info("the daemon whose place this one took has ended");
	h->gone(h->owner);
}

void heirloom_ready(struct heirloom *h, struct ev_loop *loop, void (*gone)(void *owner), void *owner)
{
	struct heir_message m = {.verb = HEIR_READY};
	int fd;
	if (heir_send(h->sock, &m, -1) < 0 || heir_receive(h->sock, &m, &fd) != 1 || m.verb != HEIR_GONE)
		log_warn("no word that the former daemon has stopped accepting: %s", strerror(errno));
	h->loop = loop;
	h->gone = gone;
	h->owner = owner;
	ev_io_init(&h->io, on_old, h->sock, EV_READ);
	h->io.data = h;
	ev_io_start(loop, &h->io);
}

void heirloom_free(struct heirloom *h)
{
	if (!h)
		return;
	heirloom_settle(h);
	if (h->loop)
		ev_io_stop(h->loop, &h->io);
	if (h->metrics >= 0)
		close(h->metrics);
	if (h->control >= 0)
		close(h->control);
	close(h->sock);
	free(h->items);
	free(h);
}
