/* backend.c - see backend.h. */
#include "backend.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "conn.h"
#include "exchange.h"
#include "http2_machine.h"
#include "io.h"
#include "proxy.h"
#include "worker.h"

static void pool_remove(struct backend *b)
{
	if (b->next)
		b->next->prev = b->prev;
	if (b->prev)
		b->prev->next = b->next;
	else
		b->service->idle[b->worker->index] = b->next;
	b->prev = b->next = NULL;
}

static void on_machine(struct ev_loop *loop, ev_io *io, int events)
{
	struct backend *b = io->data;
	(void)loop;
	if (b->conn) {
		conn_machine(b->conn, events);
		return;
	}
	pool_remove(b);
	backend_free(b, false);
}

static struct backend *backend_new(struct conn *conn, struct live_service *service, int fd)
{
	struct backend *b = mem_new(sizeof *b);
	b->worker = conn->worker;
	b->conn = conn;
	b->service = service;
	b->epoch = atomic_load(&service->machine->epoch);
	b->entered = true;
	wire_init(&b->wire, fd, on_machine, b);
	counter_add(&b->worker->counters.dials, 1);
	return b;
}

static void give_back(struct worker *worker, struct live_service *service)
{
	int why = errno;
	queue_release(worker->proxy, &worker->chooser, service);
	live_service_drop(service);
	errno = why;
}

struct backend *backend_dial(struct conn *conn, struct live_service *service)
{
	struct sockaddr_in name = {
	    .sin_family = AF_INET, .sin_addr = service->machine->ipv4, .sin_port = htons(service->internal_port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		give_back(conn->worker, service);
		return NULL;
	}
	io_socket_options(fd);
	if (connect(fd, (struct sockaddr *)&name, sizeof name) < 0 && errno != EINPROGRESS) {
		int why = errno;
		close(fd);
		errno = why;
		give_back(conn->worker, service);
		return NULL;
	}
	struct backend *b = backend_new(conn, service, fd);
	/* On this host the Machine's kernel has answered by now: ask once more before waiting for an event. */
	b->connected = connect(fd, (struct sockaddr *)&name, sizeof name) == 0 || errno == EISCONN;
	if (!b->connected && errno != EALREADY && errno != EINPROGRESS) {
		int why = errno;
		backend_free(b, false);
		errno = why;
		return NULL;
	}
	if (!b->connected)
		deadline_set(&b->worker->deadlines, &b->deadline, DEADLINE_CONNECT);
	wire_want(b->worker->loop, &b->wire, b->connected ? EV_READ : EV_READ | EV_WRITE);
	return b;
}

struct backend *backend_adopt(struct conn *conn, struct live_service *service, int fd)
{
	struct backend *b = backend_new(conn, service, fd);
	b->connected = true;
	wire_want(b->worker->loop, &b->wire, EV_READ);
	return b;
}

struct backend *backend_reuse(struct conn *conn, struct live_service *service)
{
	struct worker *worker = conn->worker;
	struct backend *b;
	while ((b = service->idle[worker->index])) {
		pool_remove(b);
		deadline_clear(&b->deadline);
		if (b->epoch == atomic_load(&service->machine->epoch) && !backend_spoke(b) &&
		    conn->http2_machine == (b->http2 != NULL))
			break;
		backend_free(b, false);
	}
	if (!b)
		return NULL;
	live_service_drop(service); /* it has its own hold */
	b->entered = true;
	b->conn = conn;
	counter_add(&worker->counters.reused, 1);
	return b;
}

bool backend_spoke(const struct backend *b)
{
	char byte;
	if (b->http2)
		return !http2_machine_quiet(b);
	return recv(b->wire.io.fd, &byte, sizeof byte, MSG_PEEK) >= 0 || errno != EAGAIN;
}

void backend_rest(struct backend *b)
{
	b->conn = NULL;
	b->used = true;
	if (b->epoch != atomic_load(&b->service->machine->epoch) || b->worker->draining) {
		backend_free(b, false);
		return;
	}
	struct backend **list = &b->service->idle[b->worker->index];
	b->prev = NULL;
	b->next = *list;
	if (*list)
		(*list)->prev = b;
	*list = b;
	wire_want(b->worker->loop, &b->wire, EV_READ);
	deadline_set(&b->worker->deadlines, &b->deadline, DEADLINE_POOL);
	b->entered = false;
	queue_release(b->worker->proxy, &b->worker->chooser, b->service);
}

void backend_free(struct backend *b, bool reset)
{
	if (!b)
		return;
	deadline_clear(&b->deadline);
	wire_close(b->worker->loop, &b->wire, reset);
	http2_machine_free(b, reset);
	if (b->entered)
		queue_release(b->worker->proxy, &b->worker->chooser, b->service);
	live_service_drop(b->service);
	free(b);
}

static struct backend *limited(struct deadline *deadline)
{
	return (struct backend *)((char *)deadline - offsetof(struct backend, deadline));
}

static void on_pool_time(struct deadline *deadline)
{
	struct backend *b = limited(deadline);
	if (b->conn) { /* kept by its client's connection, with its slot */
		conn_unkeep(b->conn);
		return;
	}
	pool_remove(b);
	backend_free(b, false);
}

void backends_close(struct worker *worker, const struct live_machine *machine, const struct live_app *app)
{
	/* Everything idle waits for DEADLINE_POOL, in the pool or kept by its client's connection with its slot. */
	struct deadline *next;
	for (struct deadline *d = deadline_first(&worker->deadlines, DEADLINE_POOL); d; d = next) {
		struct backend *b = limited(d);
		next = deadline_next(&worker->deadlines, DEADLINE_POOL, d);
		if ((machine && b->service->machine != machine) ||
		    (app && (!b->entered || b->service->machine->app != app)))
			continue;
		deadline_clear(d);
		on_pool_time(d);
	}
}

static void on_connect_time(struct deadline *deadline)
{
	conn_machine_failed(limited(deadline)->conn, ETIMEDOUT);
}

static void on_response_time(struct deadline *deadline)
{
	exchange_response_late(limited(deadline)->conn);
}

void backend_deadlines(struct worker *worker)
{
	const struct proxy_limits *limits = &worker->proxy->limits;
	deadlines_kind(&worker->deadlines, DEADLINE_POOL, limits->pool_timeout, on_pool_time);
	deadlines_kind(&worker->deadlines, DEADLINE_CONNECT, limits->connect_timeout, on_connect_time);
	deadlines_kind(&worker->deadlines, DEADLINE_RESPONSE, limits->response_timeout, on_response_time);
}
