/* freebind.c - see freebind.h. */
#include "freebind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/heirloom.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "door.h"
#include "proxy.h"
#include "worker.h"

enum {
	RANGE_MAX = 1024, /* ports of one range: each is a socket per thread */
	BACKLOG = 4096,
};

struct pair {
	struct in6_addr address;
	uint16_t port;
	bool missing;
	struct door *doors[]; /* one per worker; NULL when missing */
};

struct key {
	struct in6_addr address;
	uint32_t port;
};

struct freebind {
	struct proxy *proxy;
	struct table pairs;
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

static void pair_shut(struct freebind *freebind, struct pair *pair)
{
	for (unsigned i = 0; i < freebind->proxy->worker_count; i++) {
		if (!pair->doors[i])
			continue;
		freebind->listeners--;
		door_stop(pair->doors[i], &freebind->proxy->workers[i]);
		pair->doors[i] = NULL;
	}
}

/* All threads or none: a thread without its listener would get no share, which nobody would notice. */
static bool pair_open(struct freebind *freebind, struct pair *pair)
{
	unsigned count = freebind->proxy->worker_count;
	unsigned opened = 0;
	bool room = freebind->listeners + count <= freebind->listeners_max;
	errno = EMFILE;
	for (; room && opened < count; opened++) {
		int fd = heirloom_socket(freebind->proxy->heirloom, VIP_FREEBIND, &pair->address, pair->port);
		if (fd < 0)
			fd = door_listen(&pair->address, &pair->port, BACKLOG);
		if (fd < 0)
			break;
		pair->doors[opened] = door_new(fd, &pair->address, pair->port);
	}
	if (opened < count) {
		char ip[ADDR_TEXT];
		if (!pair->missing && log_limited(&freebind->open_limit, 5))
			log_error("address not opened address=%s port=%u: %s; trying again every second",
			          addr_ip_text(ip, &pair->address), pair->port, strerror(errno));
		for (unsigned i = 0; i < opened; i++) {
			door_free(pair->doors[i]);
			pair->doors[i] = NULL;
		}
		return false;
	}
	for (unsigned i = 0; i < count; i++)
		door_start(pair->doors[i], &freebind->proxy->workers[i]);
	freebind->listeners += count;
	return true;
}

static void pair_add(struct freebind *freebind, const struct in6_addr *address, uint16_t port)
{
	struct key key = {*address, port};
	if (table_find(&freebind->pairs, pair_hash(&key), pair_match, &key))
		return;
	struct pair *pair = mem_new(sizeof *pair + freebind->proxy->worker_count * sizeof pair->doors[0]);
	pair->address = *address;
	pair->port = port;
	pair->missing = !pair_open(freebind, pair);
	atomic_fetch_add(&freebind->missing, pair->missing);
	table_put(&freebind->pairs, pair_hash(&key), pair_match, &key, pair);
}

static void pair_remove(struct freebind *freebind, const struct in6_addr *address, uint16_t port)
{
	struct key key = {*address, port};
	struct pair *pair = table_remove(&freebind->pairs, pair_hash(&key), pair_match, &key);
	if (!pair)
		return;
	pair_shut(freebind, pair);
	atomic_fetch_sub(&freebind->missing, pair->missing);
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
static bool is_wanted(const struct freebind *freebind, const struct in6_addr *ip, uint16_t port)
{
	const struct site_address *address = fleet_address(&freebind->proxy->fleet, ip);
	return address && site_port(address->site, port);
}

void freebind_app(struct freebind *freebind, const struct site *old, const struct site *now)
{
	for (uint32_t p = 0; old && p < old->port_count; p++)
		for (uint32_t port = old->ports[p].start; port <= range_end(&old->ports[p]); port++)
			for (uint32_t a = 0; a < old->address_count; a++)
				if (!is_wanted(freebind, &old->addresses[a].ip, (uint16_t)port))
					pair_remove(freebind, &old->addresses[a].ip, (uint16_t)port);
	for (uint32_t p = 0; now && p < now->port_count; p++) {
		if (!old || !site_port(old, now->ports[p].start))
			log_cut(now, &now->ports[p]);
		for (uint32_t port = now->ports[p].start; port <= range_end(&now->ports[p]); port++)
			for (uint32_t a = 0; a < now->address_count; a++)
				pair_add(freebind, &now->addresses[a].ip, (uint16_t)port);
	}
}

static void pair_retry(void *item, void *owner)
{
	struct pair *pair = item;
	struct freebind *freebind = owner;
	if (!pair->missing || !pair_open(freebind, pair))
		return;
	pair->missing = false;
	atomic_fetch_sub(&freebind->missing, 1);
}

void freebind_retry(struct freebind *freebind)
{
	table_each(&freebind->pairs, pair_retry, freebind);
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
			walk->result = walk->visit(walk->owner, &pair->address, pair->port, door_fd(pair->doors[i]));
}

int freebind_each(struct freebind *freebind, vip_visit *visit, void *owner)
{
	struct walk walk = {visit, owner, freebind->proxy->worker_count, 0};
	table_each(&freebind->pairs, pair_walk, &walk);
	return walk.result;
}

unsigned freebind_missing(const struct freebind *freebind)
{
	return atomic_load(&freebind->missing);
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

struct freebind *freebind_new(struct proxy *proxy, struct reclaim *reclaim)
{
	struct freebind *freebind = mem_new(sizeof *freebind);
	freebind->proxy = proxy;
	freebind->listeners_max = listeners_max();
	table_init(&freebind->pairs, reclaim);
	return freebind;
}

static void pair_free(void *item, void *owner)
{
	struct pair *pair = item;
	const struct freebind *freebind = owner;
	for (unsigned i = 0; i < freebind->proxy->worker_count; i++)
		door_free(pair->doors[i]);
	free(pair);
}

void freebind_free(struct freebind *freebind)
{
	if (!freebind)
		return;
	table_each(&freebind->pairs, pair_free, freebind);
	table_fini(&freebind->pairs);
	free(freebind);
}
