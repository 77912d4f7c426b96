/* metrics.c - see metrics.h. */
#include "metrics.h"

#include <errno.h>
#include <ev.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "catalog.h"
#include "counters.h"
#include "proxy.h"
#include "sounder.h"
#include "vip.h"
#include "worker.h"

enum { CLIENTS_MAX = 16, REQUEST_SIZE = 4096 };
static const double CLIENT_SECONDS = 5;
static const double PAUSE_SECONDS = 0.1; /* before accepting again when descriptors ran out */

struct client {
	struct metrics *metrics;
	unsigned index; /* in metrics->clients */
	ev_io io;
	ev_timer limit;
	struct text out;
	size_t sent;
	size_t got;
	char request[REQUEST_SIZE];
};

struct metrics {
	struct proxy *proxy;
	struct ev_loop *loop;
	ev_io io;
	ev_timer resume;
	struct client *clients[CLIENTS_MAX];
};

static const struct {
	const char *name;
	const char *type;
	const char *help;
	size_t offset;
} counts[] = {
    {"connections_total", "counter", "Connections accepted.", offsetof(struct counters, connections)},
    {"connections_open", "gauge", "Connections open now.", offsetof(struct counters, open)},
    {"requests_total", "counter", "HTTP requests read.", offsetof(struct counters, requests)},
    {"responses_total", "counter", "Final responses of Machines passed on.", offsetof(struct counters, responses)},
    {"tunnels_total", "counter", "Connections upgraded.", offsetof(struct counters, tunnels)},
    {"machine_connections_total", "counter", "Connections made to Machines.", offsetof(struct counters, dials)},
    {"machine_connections_reused_total", "counter", "Requests on a connection that was there already.",
     offsetof(struct counters, reused)},
    {"replays_total", "counter", "Requests that a Machine sent elsewhere.", offsetof(struct counters, replays)},
    {"replay_cache_hits_total", "counter", "Requests that went where a remembered replay leads.",
     offsetof(struct counters, replay_hits)},
    {"retries_total", "counter", "Requests sent again on another connection.", offsetof(struct counters, retries)},
    {"waits_total", "counter", "Requests and connections that had to wait.", offsetof(struct counters, waits)},
    {"wait_milliseconds_total", "counter", "How long they waited.", offsetof(struct counters, wait_ms)},
    {"ejections_total", "counter", "Times a Machine's service was put out of the rotation.",
     offsetof(struct counters, ejections)},
    {"restorations_total", "counter", "Times such a service came back because it answered.",
     offsetof(struct counters, restorations)},
    {"accept_pauses_total", "counter", "Times accepting stopped for want of descriptors.",
     offsetof(struct counters, accept_pauses)},
    {"tls_handshakes_total", "counter", "TLS handshakes completed.", offsetof(struct counters, handshakes)},
    {"tls_handshakes_resumed_total", "counter", "TLS handshakes that resumed a session.",
     offsetof(struct counters, resumed)},
};

static uint64_t sum(const struct proxy *proxy, size_t offset)
{
	uint64_t total = 0;
	for (unsigned i = 0; i < proxy->worker_count; i++)
		total += counter_get((const _Atomic uint64_t *)((const char *)&proxy->workers[i].counters + offset));
	return total;
}

static void head(struct text *out, const char *name, const char *type, const char *help)
{
	text_format(out, "# HELP flycast_proxy_%s %s\n# TYPE flycast_proxy_%s %s\n", name, help, name, type);
}

static const struct {
	const char *name;
	const char *help;
} times[COUNTERS_TIMES] = {
    [COUNTERS_REQUEST] = {"request_seconds", "HTTP: from the request's first byte to the response's last."},
    [COUNTERS_FIRST] = {"first_byte_seconds", "HTTP: from the request's first byte to the head of the response."},
    [COUNTERS_CONNECTION] = {"connection_seconds", "Connections without a handler, and tunnels, as long as they were."},
    [COUNTERS_QUEUE] = {"queue_seconds", "Waits for room at the hard limit."},
    [COUNTERS_WAKE] = {"wake_seconds", "Waits for a Machine to wake and to listen."},
    [COUNTERS_CONNECT] = {"connect_seconds", "New connections to Machines until they were taken."},
};

static void write_times(struct text *out, const struct proxy *proxy, size_t kind)
{
	size_t at = offsetof(struct counters, times) + kind * sizeof(struct histogram);
	uint64_t below = 0;
	head(out, times[kind].name, "histogram", times[kind].help);
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		below += sum(proxy, at + offsetof(struct histogram, counts) + i * sizeof(uint64_t));
		text_format(out, "flycast_proxy_%s_bucket{le=\"%s\"} %llu\n", times[kind].name, histogram_bound(i),
		            (unsigned long long)below);
	}
	text_format(out, "flycast_proxy_%s_sum %.6f\nflycast_proxy_%s_count %llu\n", times[kind].name,
	            (double)sum(proxy, at + offsetof(struct histogram, sum_us)) / 1e6, times[kind].name,
	            (unsigned long long)below);
}

static void count_ejected(const struct site *site, void *owner)
{
	uint64_t *count = owner;
	for (uint32_t i = 0; i < site->service_count; i++)
		*count += live_service_place(site->services[i].live) != STANDING_IN;
}

static uint64_t ejected(const struct proxy *proxy)
{
	uint64_t count = 0;
	if (sum(proxy, offsetof(struct counters, ejections)) > 0) /* nobody ever was: nothing to walk through */
		fleet_each(&proxy->fleet, count_ejected, &count);
	return count;
}

void metrics_write(struct text *out, const struct proxy *proxy)
{
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		head(out, counts[i].name, counts[i].type, counts[i].help);
		text_format(out, "flycast_proxy_%s %llu\n", counts[i].name,
		            (unsigned long long)sum(proxy, counts[i].offset));
	}
	head(out, "refusals_total", "counter", "Requests and connections refused, by code and HTTP status.");
	for (int r = 0; r < REFUSAL_KINDS; r++)
		text_format(
		    out, "flycast_proxy_refusals_total{code=\"%s\",reason=\"%s\",status=\"%u\"} %llu\n",
		    refusal_code((enum refusal)r), refusal_name((enum refusal)r), refusal_status((enum refusal)r),
		    (unsigned long long)sum(proxy, offsetof(struct counters, refusals) + (size_t)r * sizeof(uint64_t)));
	for (size_t kind = 0; kind < COUNTERS_TIMES; kind++)
		write_times(out, proxy, kind);
	head(out, "services_ejected", "gauge", "Services of Machines that are out of the rotation or on trial now.");
	text_format(out, "flycast_proxy_services_ejected %llu\n", (unsigned long long)ejected(proxy));
	struct catalog_stats stats = catalog_stats(proxy->fleet.catalog);
	head(out, "registry_seq", "gauge", "Change of the registry that the picture stands for.");
	text_format(out, "flycast_proxy_registry_seq %lld\n", (long long)stats.seq);
	head(out, "registry_age_milliseconds", "gauge", "Time since the registry was last looked at.");
	text_format(out, "flycast_proxy_registry_age_milliseconds %lld\n", (long long)stats.fresh_ms);
	head(out, "replay_cache_bytes", "gauge", "Memory that remembered replays take.");
	text_format(out, "flycast_proxy_replay_cache_bytes %zu\n", atomic_load(&proxy->replay_bytes));
	head(out, "registry_quarantined", "gauge", "Objects whose newest rows cannot be used; the last good ones are.");
	text_format(out, "flycast_proxy_registry_quarantined %llu\n", (unsigned long long)stats.quarantined);
	head(out, "draining", "gauge", "1: it accepts nothing more and ends when what is open is finished.");
	text_format(out, "flycast_proxy_draining %d\n", atomic_load(&proxy->draining) ? 1 : 0);
	head(out, "addresses_missing", "gauge", "Addresses, or pairs of address and port, that could not be opened.");
	text_format(out, "flycast_proxy_addresses_missing %u\n", vip_missing(proxy->fleet.vip));
	sounder_metrics(out, proxy->fleet.sounder);
}

static void client_free(struct client *client)
{
	struct metrics *metrics = client->metrics;
	metrics->clients[client->index] = NULL;
	ev_io_stop(metrics->loop, &client->io);
	ev_timer_stop(metrics->loop, &client->limit);
	close(client->io.fd);
	text_free(&client->out);
	free(client);
}

static void answer(struct client *client)
{
	struct text body = {0};
	bool found = strncmp(client->request, "GET /metrics ", 13) == 0;
	if (found)
		metrics_write(&body, client->metrics->proxy);
	else
		text_put(&body, "GET /metrics is all there is here\n");
	text_format(&client->out,
	            "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: %zu\r\n"
	            "Connection: close\r\n\r\n",
	            found ? "200 OK" : "404 Not Found", body.len);
	text_add(&client->out, body.at, body.len);
	text_free(&body);
}

static void on_client(struct ev_loop *loop, ev_io *io, int events)
{
	struct client *client = io->data;
	if (events & EV_READ) {
		ssize_t n = read(io->fd, client->request + client->got, REQUEST_SIZE - 1 - client->got);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		client->got += n > 0 ? (size_t)n : 0;
		if (n <= 0 || (!strstr(client->request, "\r\n\r\n") && client->got == REQUEST_SIZE - 1)) {
			client_free(client);
			return;
		}
		if (!strstr(client->request, "\r\n\r\n"))
			return;
		answer(client);
		ev_io_stop(loop, io);
		ev_io_set(io, io->fd, EV_WRITE);
		ev_io_start(loop, io);
		return;
	}
	ssize_t n = send(io->fd, client->out.at + client->sent, client->out.len - client->sent, MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	client->sent += n > 0 ? (size_t)n : 0;
	if (n <= 0 || client->sent == client->out.len)
		client_free(client);
}

static void on_limit(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	client_free(timer->data);
}

static void on_resume(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct metrics *metrics = timer->data;
	(void)events;
	ev_io_start(loop, &metrics->io);
}

static void on_accept(struct ev_loop *loop, ev_io *io, int events)
{
	struct metrics *metrics = io->data;
	(void)events;
	int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			ev_io_stop(loop, io);
			ev_timer_set(&metrics->resume, PAUSE_SECONDS, 0.);
			ev_timer_start(loop, &metrics->resume);
		}
		return;
	}
	unsigned index = 0;
	while (index < CLIENTS_MAX && metrics->clients[index])
		index++;
	if (index == CLIENTS_MAX) {
		close(fd);
		return;
	}
	struct client *client = mem_new(sizeof *client);
	client->metrics = metrics;
	client->index = index;
	metrics->clients[index] = client;
	ev_io_init(&client->io, on_client, fd, EV_READ);
	client->io.data = client;
	ev_timer_init(&client->limit, on_limit, CLIENT_SECONDS, 0.);
	client->limit.data = client;
	ev_io_start(loop, &client->io);
	ev_timer_start(loop, &client->limit);
}

/* A port of 0 is any port. */
static bool listens_at(int fd, const struct sockaddr_in6 *at)
{
	struct sockaddr_in6 name = {0};
	socklen_t len = sizeof name;
	return fd >= 0 && getsockname(fd, (struct sockaddr *)&name, &len) == 0 && name.sin6_family == AF_INET6 &&
	       IN6_ARE_ADDR_EQUAL(&name.sin6_addr, &at->sin6_addr) &&
	       (!at->sin6_port || name.sin6_port == at->sin6_port);
}

static int open_socket(const struct sockaddr_in6 *at)
{
	const int on = 1;
	const int off = 0;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0 ||
	    bind(fd, (const struct sockaddr *)at, sizeof *at) < 0 || listen(fd, CLIENTS_MAX) < 0) {
		int why = errno;
		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

int metrics_socket(const struct metrics *metrics)
{
	return metrics ? metrics->io.fd : -1;
}

struct metrics *metrics_start(struct proxy *proxy, struct ev_loop *loop, struct sockaddr_in6 *at, int taken)
{
	socklen_t len = sizeof *at;
	int fd = taken;
	if (!listens_at(taken, at)) {
		if (taken >= 0)
			close(taken);
		fd = open_socket(at);
	}
	if (fd < 0)
		return NULL;
	(void)getsockname(fd, (struct sockaddr *)at, &len);
	struct metrics *metrics = mem_new(sizeof *metrics);
	metrics->proxy = proxy;
	metrics->loop = loop;
	ev_io_init(&metrics->io, on_accept, fd, EV_READ);
	metrics->io.data = metrics;
	ev_timer_init(&metrics->resume, on_resume, 0., 0.);
	metrics->resume.data = metrics;
	ev_io_start(loop, &metrics->io);
	return metrics;
}

void metrics_stop(struct metrics *metrics)
{
	if (!metrics)
		return;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (metrics->clients[i])
			client_free(metrics->clients[i]);
	ev_timer_stop(metrics->loop, &metrics->resume);
	ev_io_stop(metrics->loop, &metrics->io);
	close(metrics->io.fd);
	free(metrics);
}
