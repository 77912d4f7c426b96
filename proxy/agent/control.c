/* control.c - see control.h. */
#include "control.h"

#include <errno.h>
#include <ev.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/sock.h"

enum { CLIENTS_MAX = 64, BACKLOG = 16, WAITING_MAX = 4 << 20, MESSAGES_PER_TURN = 64 };
static const double rest_seconds = 0.5;

struct packet {
	struct packet *next;
	size_t len;
	char bytes[];
};

struct client {
	struct control *control;
	struct client *next;
	int fd;
	bool
	    dropped; /* told and freed at the next turn of the loop: now somebody may walk over those who wait for an answer */
	ev_io readable;
	ev_io writable;
	struct packet *first; /* what the socket did not take yet */
	struct packet **last;
	size_t waiting; /* bytes */
};

struct control {
	struct ev_loop *loop;
	struct control_handler handler;
	char *path;
	int fd;
	ev_io arriving;
	ev_prepare burying;
	ev_timer resting; /* until descriptors may be had again */
	struct client *clients;
	size_t count;
};

static void drop(struct client *client, const char *why)
{
	struct control *control = client->control;
	if (client->dropped)
		return;
	client->dropped = true;
	if (why)
		log_warn("client of the control socket dropped: %s", why);
	ev_io_stop(control->loop, &client->readable);
	ev_io_stop(control->loop, &client->writable);
	close(client->fd);
	control->count--;
}

static void client_free(struct client *client)
{
	for (struct packet *packet = client->first, *next; packet; packet = next) {
		next = packet->next;
		free(packet);
	}
	free(client);
}

static void on_burying(struct ev_loop *loop, ev_prepare *watcher, int events)
{
	struct control *control = watcher->data;
	(void)loop, (void)events;
	for (struct client **at = &control->clients; *at;) {
		struct client *client = *at;
		if (!client->dropped) {
			at = &client->next;
			continue;
		}
		*at = client->next;
		control->handler.left(control->handler.owner, client);
		client_free(client);
	}
}

static void keep(struct client *client, const char *bytes, size_t len)
{
	if (client->waiting + len > WAITING_MAX) {
		drop(client, "it does not read what it is sent");
		return;
	}
	struct packet *packet = mem_new(sizeof *packet + len);
	packet->len = len;
	memcpy(packet->bytes, bytes, len);
	*client->last = packet;
	client->last = &packet->next;
	client->waiting += len;
	ev_io_start(client->control->loop, &client->writable);
}

static void on_writable(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct client *client = watcher->data;
	(void)events;
	while (client->first) {
		struct packet *packet = client->first;
		if (send(client->fd, packet->bytes, packet->len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
				drop(client, NULL);
			return;
		}
		client->first = packet->next;
		if (!client->first)
			client->last = &client->first;
		client->waiting -= packet->len;
		free(packet);
	}
	ev_io_stop(loop, watcher);
}

static void post(struct client *client, const char *bytes, size_t len)
{
	if (client->dropped)
		return;
	if (!client->first && send(client->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return;
	if (!client->first && errno != EAGAIN && errno != EINTR && errno != ENOBUFS) {
		drop(client, NULL);
		return;
	}
	keep(client, bytes, len);
}

void control_send(struct control *control, struct client *client, const struct ask *ask)
{
	char bytes[ASK_SIZE];
	(void)control;
	post(client, bytes, ask_write(bytes, ask));
}

void control_broadcast(struct control *control, const struct ask *ask)
{
	char bytes[ASK_SIZE];
	size_t len = ask_write(bytes, ask);
	for (struct client *client = control->clients; client; client = client->next)
		post(client, bytes, len);
}

static void refuse(struct client *client, const char *sentence)
{
	struct ask ask = {.verb = ASK_ERROR, .machine = "-", .state = MACHINE_CREATED, .text = sentence};
	control_send(client->control, client, &ask);
}

static void take(struct client *client, char *message, size_t len)
{
	struct ask ask;
	if (!ask_read(&ask, message, len)) {
		refuse(client, "not a message: expected <serial> start|stop|suspend|explain <machine>");
		return;
	}
	switch (ask.verb) {
	case ASK_START:
	case ASK_STOP:
	case ASK_SUSPEND:
	case ASK_EXPLAIN:
	case ASK_AWAY:
		client->control->handler.asked(client->control->handler.owner, client, &ask);
		return;
	case ASK_OK:
	case ASK_ERROR:
	case ASK_TOLD:
	case ASK_STATE:
		break;
	}
	refuse(client, "that is the agent's to say");
}

static void on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct client *client = watcher->data;
	char message[ASK_SIZE + 1];
	(void)loop, (void)events;
	for (int turn = 0; turn < MESSAGES_PER_TURN && !client->dropped; turn++) {
		ssize_t got = recv(client->fd, message, ASK_SIZE, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			drop(client, NULL);
			return;
		}
		take(client, message, (size_t)got);
	}
}

static void on_arriving(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct control *control = watcher->data;
	(void)events;
	int fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
			return;
		log_warn("client of the control socket waits: %s", strerror(errno));
		ev_io_stop(loop, watcher);
		ev_timer_again(loop, &control->resting);
		return;
	}
	if (control->count == CLIENTS_MAX) {
		log_warn("client of the control socket refused: there are %d already", CLIENTS_MAX);
		close(fd);
		return;
	}
	struct client *client = mem_new(sizeof *client);
	client->control = control;
	client->fd = fd;
	client->last = &client->first;
	ev_io_init(&client->readable, on_readable, fd, EV_READ);
	ev_io_init(&client->writable, on_writable, fd, EV_WRITE);
	client->readable.data = client->writable.data = client;
	ev_io_start(loop, &client->readable);
	client->next = control->clients;
	control->clients = client;
	control->count++;
	control->handler.greet(control->handler.owner, client);
}

static void on_resting(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct control *control = watcher->data;
	(void)events;
	ev_timer_stop(loop, watcher);
	ev_io_start(loop, &control->arriving);
}

static int address_of(struct sockaddr_un *out, const char *path)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof out->sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(out->sun_path, path, strlen(path));
	return 0;
}

static bool is_other(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode);
}

/* Nobody answers there: the agent that made it is dead. */
static bool is_stale(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool stale = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) < 0 && errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return stale;
}

/* The proxy runs as another user; who may enter the registry's directory as its group may ask. */
static void open_to_group(const char *path)
{
	struct stat st;
	char *copy = mem_text(path);
	char *slash = strrchr(copy, '/');
	if (slash)
		slash[slash == copy ? 1 : 0] = '\0';
	if (stat(slash ? copy : ".", &st) == 0 && lchown(path, (uid_t)-1, st.st_gid) < 0)
		log_warn("control socket keeps our group path=%s: %s", path, strerror(errno));
	free(copy);
}

static int listen_on(const char *path)
{
	struct sockaddr_un at;
	if (address_of(&at, path) < 0)
		return -1;
	/* A connection to a file is refused as well, and it may be the registry. */
	if (is_other(path)) {
		errno = ENOTSOCK;
		return -1;
	}
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	int lock = sock_unix_lock(path);
	if (is_stale(&at))
		unlink(path);
	mode_t mask = umask(0117);
	int rc = bind(fd, (const struct sockaddr *)&at, sizeof at);
	int saved = errno;
	umask(mask);
	errno = saved;
	if (rc == 0) {
		open_to_group(path);
		rc = listen(fd, BACKLOG);
	}
	saved = errno;
	if (lock >= 0)
		close(lock);
	if (rc < 0)
		close(fd);
	errno = saved;
	return rc < 0 ? -1 : fd;
}

struct control *control_start(struct ev_loop *loop, const char *path, const struct control_handler *handler)
{
	int fd = listen_on(path);
	if (fd < 0)
		return NULL;
	struct control *control = mem_new(sizeof *control);
	control->loop = loop;
	control->handler = *handler;
	control->path = mem_text(path);
	control->fd = fd;
	ev_io_init(&control->arriving, on_arriving, fd, EV_READ);
	ev_prepare_init(&control->burying, on_burying);
	ev_init(&control->resting, on_resting);
	control->resting.repeat = rest_seconds;
	control->arriving.data = control->burying.data = control->resting.data = control;
	ev_io_start(loop, &control->arriving);
	ev_prepare_start(loop, &control->burying);
	return control;
}

void control_stop(struct control *control)
{
	if (!control)
		return;
	for (struct client *client = control->clients; client; client = client->next)
		drop(client, NULL);
	on_burying(control->loop, &control->burying, 0);
	ev_io_stop(control->loop, &control->arriving);
	ev_prepare_stop(control->loop, &control->burying);
	ev_timer_stop(control->loop, &control->resting);
	unlink(control->path); /* as long as nobody else can have it */
	close(control->fd);
	free(control->path);
	free(control);
}
