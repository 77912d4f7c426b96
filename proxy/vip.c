/* vip.c - see vip.h. */
#include "vip.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/heirloom.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "door.h"
#include "freebind.h"
#include "lookup.h"
#include "proxy.h"
#include "route.h"
#include "worker.h"

enum { BACKLOG = 65535 }; /* of everything together; the kernel takes no more than net.core.somaxconn */

/* Where the group listens, on a port that is free: nobody is routed to this prefix (RFC 6666), so only the program in the
 * kernel leads there. */
static const struct in6_addr nowhere = {.s6_addr = {0x01, [15] = 1}};

struct spot { /* an address that an app has */
	struct in6_addr ip;
	uint32_t network;
	bool missing;                 /* not all its ports are open */
	const struct live_app *owner; /* whose ports are open; to compare */
};

struct net {
	uint32_t id;
	uint32_t spots;
	bool missing; /* not closed */
};

struct vip {
	struct proxy *proxy;
	struct routes *routes;
	struct table spots;
	struct table nets;
	struct freebind *freebind; /* NULL: sk_lookup, with what follows */
	struct lookup *lookup;
	struct door **group; /* one per worker */
	_Atomic unsigned missing;
	_Atomic bool left;
	struct log_limit limit; /* of lines about what is missing */
};

static bool spot_match(const void *item, const void *key)
{
	return IN6_ARE_ADDR_EQUAL(&((const struct spot *)item)->ip, (const struct in6_addr *)key);
}

static bool net_match(const void *item, const void *key)
{
	return ((const struct net *)item)->id == *(const uint32_t *)key;
}

static struct spot *find_spot(const struct vip *vip, const struct in6_addr *ip)
{
	return table_find(&vip->spots, hash_bytes(ip, sizeof *ip, 0), spot_match, ip);
}

/* Who has the address now; NULL: nobody. It may go from one app to another in either order of the two. */
static const struct site *holder(const struct vip *vip, const struct in6_addr *ip)
{
	const struct site_address *address = fleet_address(&vip->proxy->fleet, ip);
	return address ? address->site : NULL;
}

static void count_missing(struct vip *vip, bool *missing, bool is_missing)
{
	if (is_missing && !*missing)
		atomic_fetch_add(&vip->missing, 1);
	else if (*missing && !is_missing)
		atomic_fetch_sub(&vip->missing, 1);
	*missing = is_missing;
}

/* -------------------------------------------------------------------------------------------- addresses and networks */

static void net_close(struct vip *vip, struct net *net)
{
	bool failed = vip->lookup && lookup_close_network(vip->lookup, net->id, true) < 0;
	if (failed && !net->missing && log_limited(&vip->limit, 5))
		log_error("ports without a service not closed network=%u: %s; trying again every second", net->id,
		          strerror(errno));
	count_missing(vip, &net->missing, failed);
}

static void net_hold(struct vip *vip, uint32_t id)
{
	uint64_t hash = hash_bytes(&id, sizeof id, 1);
	struct net *net = table_find(&vip->nets, hash, net_match, &id);
	if (!net) {
		net = mem_new(sizeof *net);
		net->id = id;
		table_put(&vip->nets, hash, net_match, &id, net);
		net_close(vip, net); /* before anybody is led to it */
		route_add(vip->routes, id);
	}
	net->spots++;
}

static void net_drop(struct vip *vip, uint32_t id)
{
	uint64_t hash = hash_bytes(&id, sizeof id, 1);
	struct net *net = table_find(&vip->nets, hash, net_match, &id);
	if (!net || --net->spots > 0)
		return;
	route_remove(vip->routes, id);
	if (vip->lookup && lookup_close_network(vip->lookup, id, false) < 0)
		log_error("network not given up network=%u: %s", id, strerror(errno));
	count_missing(vip, &net->missing, false);
	free(table_remove(&vip->nets, hash, net_match, &id));
}

static void spot_add(struct vip *vip, const struct site_address *address)
{
	if (find_spot(vip, &address->ip))
		return;
	struct spot *spot = mem_new(sizeof *spot);
	spot->ip = address->ip;
	spot->network = address->network;
	table_put(&vip->spots, hash_bytes(&spot->ip, sizeof spot->ip, 0), spot_match, &spot->ip, spot);
	net_hold(vip, spot->network);
}

static void spot_remove(struct vip *vip, const struct in6_addr *ip)
{
	struct spot *spot = table_remove(&vip->spots, hash_bytes(ip, sizeof *ip, 0), spot_match, ip);
	if (!spot)
		return;
	net_drop(vip, spot->network);
	count_missing(vip, &spot->missing, false);
	free(spot);
}

/* ------------------------------------------------------------------------------------------------- ports by sk_lookup */

static bool has_range(const struct site *site, const struct site_port *range)
{
	const struct site_port *port = site ? site_port(site, range->start) : NULL;
	return port && port->start == range->start && port->end == range->end;
}

static bool has_prefix(const struct site *site, struct port_prefix prefix)
{
	struct port_prefix all[PORT_PREFIX_MAX];
	const struct site_port *port = site ? site_port(site, prefix.port) : NULL;
	for (unsigned i = port ? port_prefixes(all, port->start, port->end) : 0; i-- > 0;)
		if (all[i].port == prefix.port && all[i].bits == prefix.bits)
			return true;
	return false;
}

static int range_open(struct vip *vip, const struct spot *spot, const struct site_port *range)
{
	struct port_prefix all[PORT_PREFIX_MAX];
	unsigned count = port_prefixes(all, range->start, range->end);
	for (unsigned i = 0; i < count; i++) {
		if (lookup_open(vip->lookup, &spot->ip, all[i]) == 0)
			continue;
		char text[ADDR_TEXT];
		if (!spot->missing && log_limited(&vip->limit, 5))
			log_error("address not opened address=%s port=%u: %s; trying again every second",
			          addr_ip_text(text, &spot->ip), all[i].port,
			          errno == ENOSPC ? "the table in the kernel is full" : strerror(errno));
		return -1;
	}
	return 0;
}

/* known: what is open already, or NULL. */
static void spot_open(struct vip *vip, struct spot *spot, const struct site *known, const struct site *now)
{
	bool failed = false;
	for (uint32_t p = 0; p < now->port_count; p++)
		if (!has_range(known, &now->ports[p]))
			failed |= range_open(vip, spot, &now->ports[p]) < 0;
	spot->owner = now->app;
	count_missing(vip, &spot->missing, failed);
}

static void range_shut(struct vip *vip, const struct in6_addr *ip, const struct site_port *range)
{
	const struct site *now = holder(vip, ip);
	struct port_prefix all[PORT_PREFIX_MAX];
	if (has_range(now, range))
		return;
	for (unsigned i = port_prefixes(all, range->start, range->end); i-- > 0;)
		if (!has_prefix(now, all[i]) && lookup_shut(vip->lookup, ip, all[i]) < 0 && log_limited(&vip->limit, 5))
			log_error("port not closed port=%u: %s; a connection to it is reset", all[i].port,
			          strerror(errno));
}

/* What is new first: a port that is in an old range and in a new one is open all the time. */
static void lookup_app(struct vip *vip, const struct site *old, const struct site *now)
{
	for (uint32_t a = 0; now && a < now->address_count; a++) {
		struct spot *spot = find_spot(vip, &now->addresses[a].ip);
		bool same = old && spot->owner == now->app && !spot->missing;
		spot_open(vip, spot, same ? old : NULL, now);
	}
	for (uint32_t p = 0; old && p < old->port_count; p++)
		for (uint32_t a = 0; a < old->address_count; a++)
			range_shut(vip, &old->addresses[a].ip, &old->ports[p]);
}

/* ------------------------------------------------------------------------------------------------------- both together */

unsigned vip_missing(const struct vip *vip)
{
	return vip->freebind ? freebind_missing(vip->freebind) : atomic_load(&vip->missing);
}

static void tell_recovery(const struct vip *vip, bool was_missing)
{
	if (was_missing && vip_missing(vip) == 0)
		log_info("all addresses are open");
}

void vip_app(struct vip *vip, const struct site *old, const struct site *now)
{
	bool was_missing = vip_missing(vip) > 0;
	for (uint32_t a = 0; now && a < now->address_count; a++)
		spot_add(vip, &now->addresses[a]);
	if (vip->lookup)
		lookup_app(vip, old, now);
	else
		freebind_app(vip->freebind, old, now);
	for (uint32_t a = 0; old && a < old->address_count; a++)
		if (!holder(vip, &old->addresses[a].ip))
			spot_remove(vip, &old->addresses[a].ip);
	tell_recovery(vip, was_missing);
}

static void net_retry(void *item, void *owner)
{
	struct net *net = item;
	if (net->missing)
		net_close(owner, net);
}

static void spot_retry(void *item, void *owner)
{
	struct spot *spot = item;
	const struct site *now = holder(owner, &spot->ip);
	if (spot->missing && now)
		spot_open(owner, spot, NULL, now);
}

void vip_retry(struct vip *vip)
{
	bool was_missing = vip_missing(vip) > 0;
	if (vip->freebind)
		freebind_retry(vip->freebind);
	table_each(&vip->nets, net_retry, vip);
	table_each(&vip->spots, spot_retry, vip);
	tell_recovery(vip, was_missing);
}

int vip_each(struct vip *vip, vip_visit *visit, void *owner)
{
	int result = 0;
	if (atomic_load(&vip->left))
		return 0;
	if (vip->freebind)
		return freebind_each(vip->freebind, visit, owner);
	for (unsigned i = 0; i < vip->proxy->worker_count && result == 0; i++)
		result = visit(owner, &in6addr_any, 0, door_fd(vip->group[i]));
	return result;
}

void vip_leave(struct vip *vip)
{
	atomic_store(&vip->left, true);
	if (vip->lookup)
		lookup_detach(vip->lookup);
}

/* ------------------------------------------------------------------------------------------------------ start and end */

/* With errno. -1 when it must not be. */
static int fall_back(const struct proxy *proxy)
{
	if (proxy->lookup_only) {
		log_error("sk_lookup refused: %s; it takes CAP_BPF, CAP_NET_ADMIN and Linux 5.19", strerror(errno));
		return -1;
	}
	log_warn("sk_lookup refused: %s; going on with a socket for each address, port and thread", strerror(errno));
	return 0;
}

int vip_prepare(struct proxy *proxy, enum vip_way way)
{
	bool had_lookup = heirloom_has(proxy->heirloom, VIP_LOOKUP);
	bool had_freebind = heirloom_has(proxy->heirloom, VIP_FREEBIND);
	if ((had_lookup && way == VIP_FREEBIND) || (had_freebind && way == VIP_LOOKUP)) {
		log_error("cannot take the place of a proxy that uses %s: stop it first, or leave --vip out",
		          had_lookup ? "sk_lookup" : "freebind");
		return -1;
	}
	if (had_freebind)
		log_info("no sk_lookup, as the proxy whose sockets were taken over has none: it takes a new start");
	if (had_freebind || way == VIP_FREEBIND)
		return 0;
	proxy->lookup = lookup_attach();
	proxy->lookup_only = had_lookup || way == VIP_LOOKUP;
	return proxy->lookup ? 0 : fall_back(proxy);
}

/* One for each worker, all on one port, which no other group of sockets has. */
static int group_open(struct vip *vip)
{
	struct proxy *proxy = vip->proxy;
	uint16_t port = 0;
	vip->group = mem_new_array(proxy->worker_count, sizeof(struct door *));
	for (unsigned i = 0; i < proxy->worker_count; i++) {
		int fd = heirloom_socket(proxy->heirloom, VIP_LOOKUP, &in6addr_any, 0);
		if (fd < 0)
			fd = door_listen(&nowhere, &port, BACKLOG);
		if (fd < 0)
			return -1;
		vip->group[i] = door_new(fd, NULL, 0);
	}
	if (lookup_listener(vip->lookup, door_fd(vip->group[0])) < 0)
		return -1;
	for (unsigned i = 0; i < proxy->worker_count; i++)
		door_start(vip->group[i], &proxy->workers[i]);
	return 0;
}

static void group_close(struct vip *vip)
{
	for (unsigned i = 0; vip->group && i < vip->proxy->worker_count; i++)
		door_free(vip->group[i]);
	free(vip->group);
	lookup_free(vip->lookup);
	vip->group = NULL;
	vip->lookup = NULL;
	vip->proxy->lookup = NULL;
}

struct vip *vip_new(struct proxy *proxy, struct reclaim *reclaim)
{
	struct vip *vip = mem_new(sizeof *vip);
	vip->proxy = proxy;
	vip->lookup = proxy->lookup;
	vip->routes = routes_open();
	table_init(&vip->spots, reclaim);
	table_init(&vip->nets, reclaim);
	if (vip->lookup && group_open(vip) < 0) {
		if (fall_back(proxy) < 0) {
			vip_free(vip);
			return NULL;
		}
		group_close(vip);
	}
	if (!vip->lookup)
		vip->freebind = freebind_new(proxy, reclaim);
	log_info("addresses owned vip=%s", vip->lookup ? "sk_lookup" : "freebind");
	return vip;
}

static void item_free(void *item, void *owner)
{
	(void)owner;
	free(item);
}

void vip_free(struct vip *vip)
{
	group_close(vip);
	freebind_free(vip->freebind);
	table_each(&vip->spots, item_free, NULL);
	table_each(&vip->nets, item_free, NULL);
	table_fini(&vip->spots);
	table_fini(&vip->nets);
	routes_close(vip->routes);
	free(vip);
}
