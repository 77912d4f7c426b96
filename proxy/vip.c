/* vip.c - see vip.h. */
#include "vip.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "conn.h"
#include "heirloom.h"
#include "io.h"
#include "proxy.h"
#include "route.h"
#include "worker.h"

enum {
	RANGE_MAX = 1024, /* ports of one range: each is a socket per thread */
	BACKLOG = 4096,
	ACCEPT_MAX = 16, /* connections taken from one listener before others have their turn */
};
static const double PAUSE_SECONDS = 0.1; /* before accepting again when descriptors ran out */

struct door { /* one thread's listener of a pair */
	struct job start;
	struct job stop;
	struct door *prev;
	struct door *next;
	struct worker *worker;
	ev_io io;
	struct in6_addr address;
	uint16_t port;
};

struct pair {
	struct in6_addr address;
	uint16_t port;
	bool missing;
	struct door *doors[]; /* one per worker; NULL when missing */
};

struct net {
	uint32_t id;
	uint32_t pairs;
};

struct key {
	struct in6_addr address;
	uint32_t port;
};

struct vip {
	struct proxy *proxy;
	struct routes *routes;
	struct table pairs;
	struct table nets;
	_Atomic unsigned missing;
	size_t listeners;
	size_t listeners_max; /* the other descriptors are for connections */
	struct log_limit open_limit;
};

static bool pair_match(const void *item, const void *key)
{
	const struct pair *pair = item;
	const struct key *k = key;
	return pair->port == k->port && IN6_ARE_ADDR_EQUAL(&pair->address, &k->address);
}

static uint64_t pair_hash(const struct key *key)
{
	return hash_bytes(key, sizeof *key, 0);
}

static bool net_match(const void *item, const void *key)
{
	return ((const struct net *)item)->id == *(const uint32_t *)key;
}

/* ---------------------------------------------------------------------------------------------- in a worker's thread */

/* Only the door that somebody knocks at: the others cost nothing, and there may be a hundred thousand. */
static void pause_door(struct door *door, const char *why)
{
	struct worker *worker = door->worker;
	ev_io_stop(worker->loop, &door->io);
	if (ev_is_active(&worker->resume))
		return;
	counter_add(&worker->counters.accept_pauses, 1);
	log_warn("accept paused for %.0f ms: %s", PAUSE_SECONDS * 1000, why);
	ev_timer_set(&worker->resume, PAUSE_SECONDS, 0.);
	ev_timer_start(worker->loop, &worker->resume);
}

static void on_resume(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct worker *worker = timer->data;
	(void)events;
	for (struct door *d = worker->doors; d; d = d->next)
		ev_io_start(loop, &d->io);
}

static void on_client(struct ev_loop *loop, ev_io *io, int events)
{
	struct door *door = io->data;
	(void)loop, (void)events;
	for (int i = 0; i < ACCEPT_MAX; i++) {
		struct sockaddr_in6 peer = {0};
		socklen_t len = sizeof peer;
		int fd = accept4(io->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			conn_accept(
			    door->worker, fd,
			    &(struct conn_way){peer.sin6_addr, ntohs(peer.sin6_port), door->address, door->port});
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_door(door, strerror(errno));
		return; /* EAGAIN; or the client left before we looked */
	}
}

static void door_start(struct job *job, void *owner)
{
	struct door *door = (struct door *)((char *)job - offsetof(struct door, start));
	struct worker *worker = owner;
	if (worker->draining)
		return;
	if (!worker->resume.data) {
		ev_timer_init(&worker->resume, on_resume, 0., 0.);
		worker->resume.data = worker;
	}
	door->worker = worker;
	door->next = worker->doors;
	if (worker->doors)
		worker->doors->prev = door;
	worker->doors = door;
	ev_io_start(worker->loop, &door->io);
}

static void door_unlink(struct door *door)
{
	if (!door->worker)
		return;
	ev_io_stop(door->worker->loop, &door->io);
	if (door->next)
		door->next->prev = door->prev;
	if (door->prev)
		door->prev->next = door->next;
	else
		door->worker->doors = door->next;
	door->worker = NULL;
}

static void door_stop(struct job *job, void *owner)
{
	struct door *door = (struct door *)((char *)job - offsetof(struct door, stop));
	(void)owner;
	door_unlink(door);
	if (door->io.fd >= 0)
		close(door->io.fd);
	free(door);
}

void vip_close(struct worker *worker)
{
	ev_timer_stop(worker->loop, &worker->resume);
	while (worker->doors) {
		struct door *door = worker->doors;
		door_unlink(door);
		close(door->io.fd);
		door->io.fd = -1;
	}
}

/* ------------------------------------------------------------------------------------------------ in the feeder thread */

static int listener_open(const struct pair *pair)
{
	const int on = 1;
	struct sockaddr_in6 name = {
	    .sin6_family = AF_INET6, .sin6_addr = pair->address, .sin6_port = htons(pair->port)};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	io_socket_options(fd);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on) < 0 ||
	    bind(fd, (struct sockaddr *)&name, sizeof name) < 0 || listen(fd, BACKLOG) < 0) {
		int why = errno;
		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

static void pair_shut(struct vip *vip, struct pair *pair)
{
	for (unsigned i = 0; i < vip->proxy->worker_count; i++) {
		if (!pair->doors[i])
			continue;
		vip->listeners--;
		pair->doors[i]->stop.run = door_stop;
		inbox_post(&vip->proxy->workers[i].inbox, &pair->doors[i]->stop);
		pair->doors[i] = NULL;
	}
}

/* All threads or none: a thread without its listener would get no share, which nobody would notice. */
static bool pair_open(struct vip *vip, struct pair *pair)
{
	unsigned count = vip->proxy->worker_count;
	unsigned opened = 0;
	bool room = vip->listeners + count <= vip->listeners_max;
	errno = EMFILE;
	for (; room && opened < count; opened++) {
		int fd = heirloom_listener(vip->proxy->heirloom, &pair->address, pair->port);
		if (fd < 0)
			fd = listener_open(pair);
		if (fd < 0)
			break;
		struct door *door = mem_new(sizeof *door);
		door->address = pair->address;
		door->port = pair->port;
		ev_io_init(&door->io, on_client, fd, EV_READ);
		door->io.data = door;
		door->start.run = door_start;
		pair->doors[opened] = door;
	}
	if (opened < count) {
		char ip[ADDR_TEXT];
		if (log_limited(&vip->open_limit, 5))
			log_error("address not opened address=%s port=%u: %s; trying again every second",
			          addr_ip_text(ip, &pair->address), pair->port, strerror(errno));
		for (unsigned i = 0; i < opened; i++) {
			close(pair->doors[i]->io.fd);
			free(pair->doors[i]);
			pair->doors[i] = NULL;
		}
		return false;
	}
	for (unsigned i = 0; i < count; i++)
		inbox_post(&vip->proxy->workers[i].inbox, &pair->doors[i]->start);
	vip->listeners += count;
	return true;
}

static void net_hold(struct vip *vip, uint32_t id)
{
	uint64_t hash = hash_bytes(&id, sizeof id, 1);
	struct net *net = table_find(&vip->nets, hash, net_match, &id);
	if (!net) {
		net = mem_new(sizeof *net);
		net->id = id;
		table_put(&vip->nets, hash, net_match, &id, net);
		route_add(vip->routes, id);
	}
	net->pairs++;
}

static void net_drop(struct vip *vip, uint32_t id)
{
	uint64_t hash = hash_bytes(&id, sizeof id, 1);
	struct net *net = table_find(&vip->nets, hash, net_match, &id);
	if (!net || --net->pairs > 0)
		return;
	route_remove(vip->routes, id);
	free(table_remove(&vip->nets, hash, net_match, &id));
}

static void pair_add(struct vip *vip, const struct site_address *address, uint16_t port)
{
	struct key key = {address->ip, port};
	if (table_find(&vip->pairs, pair_hash(&key), pair_match, &key))
		return;
	struct pair *pair = mem_new(sizeof *pair + vip->proxy->worker_count * sizeof pair->doors[0]);
	pair->address = address->ip;
	pair->port = port;
	net_hold(vip, address->network);
	pair->missing = !pair_open(vip, pair);
	atomic_fetch_add(&vip->missing, pair->missing);
	table_put(&vip->pairs, pair_hash(&key), pair_match, &key, pair);
}

static void pair_remove(struct vip *vip, const struct site_address *address, uint16_t port)
{
	struct key key = {address->ip, port};
	struct pair *pair = table_remove(&vip->pairs, pair_hash(&key), pair_match, &key);
	if (!pair)
		return;
	pair_shut(vip, pair);
	atomic_fetch_sub(&vip->missing, pair->missing);
	net_drop(vip, address->network);
	free(pair);
}

/* The last port of a range that gets listeners. */
static uint32_t range_end(const struct site_port *port)
{
	return port->end - port->start < RANGE_MAX ? port->end : port->start + (uint32_t)RANGE_MAX - 1;
}

static void log_cut(const struct site *site, const struct site_port *port)
{
	if (range_end(port) < port->end)
		log_warn("port range too long app=%s ports=%u-%u: only the first %d are opened", site->app->name,
		         port->start, port->end, RANGE_MAX);
}

/* By whoever has the address now: an address may go from one app to another in either order of the two. */
static bool is_wanted(const struct vip *vip, const struct in6_addr *ip, uint16_t port)
{
	const struct site_address *address = fleet_address(&vip->proxy->fleet, ip);
	return address && site_port(address->site, port);
}

void vip_app(struct vip *vip, const struct site *old, const struct site *now)
{
	for (uint32_t p = 0; old && p < old->port_count; p++)
		for (uint32_t port = old->ports[p].start; port <= range_end(&old->ports[p]); port++)
			for (uint32_t a = 0; a < old->address_count; a++)
				if (!is_wanted(vip, &old->addresses[a].ip, (uint16_t)port))
					pair_remove(vip, &old->addresses[a], (uint16_t)port);
	for (uint32_t p = 0; now && p < now->port_count; p++) {
		if (!old || !site_port(old, now->ports[p].start))
			log_cut(now, &now->ports[p]);
		for (uint32_t port = now->ports[p].start; port <= range_end(&now->ports[p]); port++)
			for (uint32_t a = 0; a < now->address_count; a++)
				pair_add(vip, &now->addresses[a], (uint16_t)port);
	}
}

static void pair_retry(void *item, void *owner)
{
	struct pair *pair = item;
	struct vip *vip = owner;
	if (!pair->missing || !pair_open(vip, pair))
		return;
	pair->missing = false;
	atomic_fetch_sub(&vip->missing, 1);
}

void vip_retry(struct vip *vip)
{
	table_each(&vip->pairs, pair_retry, vip);
}

struct walk {
	vip_visit *visit;
	void *owner;
	unsigned doors;
	int result;
};

static void pair_walk(void *item, void *owner)
{
	const struct pair *pair = item;
	struct walk *walk = owner;
	for (unsigned i = 0; i < walk->doors && walk->result == 0; i++)
		if (pair->doors[i])
			walk->result = walk->visit(walk->owner, &pair->address, pair->port, pair->doors[i]->io.fd);
}

int vip_each(struct vip *vip, vip_visit *visit, void *owner)
{
	struct walk walk = {visit, owner, vip->proxy->worker_count, 0};
	table_each(&vip->pairs, pair_walk, &walk);
	return walk.result;
}

unsigned vip_missing(const struct vip *vip)
{
	return atomic_load(&vip->missing);
}

/* Three quarters of the descriptors: an address without a listener is said in the log and in the metrics, but a proxy
 * that can accept nothing on all its addresses helps nobody. */
static size_t listeners_max(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return SIZE_MAX;
	return (size_t)limit.rlim_cur / 4 * 3;
}

struct vip *vip_new(struct proxy *proxy, struct reclaim *reclaim)
{
	struct vip *vip = mem_new(sizeof *vip);
	vip->proxy = proxy;
	vip->routes = routes_open();
	vip->listeners_max = listeners_max();
	table_init(&vip->pairs, reclaim);
	table_init(&vip->nets, reclaim);
	return vip;
}

static void pair_free(void *item, void *owner)
{
	struct pair *pair = item;
	const struct vip *vip = owner;
	for (unsigned i = 0; i < vip->proxy->worker_count; i++) {
		if (pair->doors[i] && pair->doors[i]->io.fd >= 0)
			close(pair->doors[i]->io.fd);
		free(pair->doors[i]);
	}
	free(pair);
}

static void net_free(void *item, void *owner)
{
	(void)owner;
	free(item);
}

void vip_free(struct vip *vip)
{
	table_each(&vip->pairs, pair_free, vip);
	table_each(&vip->nets, net_free, NULL);
	table_fini(&vip->pairs);
	table_fini(&vip->nets);
	routes_close(vip->routes);
	free(vip);
}
