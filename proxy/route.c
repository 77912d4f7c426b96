/* route.c - see route.h. */
#include "route.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { FLYCAST_BITS = 96 };

struct routes {
	struct nl_sock *socket;
	int lo;
	bool told; /* one line is enough when we may not */
};

struct routes *routes_open(void)
{
	struct routes *routes = mem_new(sizeof *routes);
	routes->socket = nl_socket_alloc();
	int rc = routes->socket ? nl_connect(routes->socket, NETLINK_ROUTE) : -NLE_NOMEM;
	if (rc < 0) {
		log_warn("routes not managed: %s", nl_geterror(rc));
		nl_socket_free(routes->socket);
		free(routes);
		return NULL;
	}
	routes->lo = (int)if_nametoindex("lo");
	return routes;
}

void routes_close(struct routes *routes)
{
	if (!routes)
		return;
	nl_socket_free(routes->socket);
	free(routes);
}

static struct rtnl_route *route_of(const struct routes *routes, uint32_t network)
{
	struct in6_addr prefix = {.s6_addr = {0xfd, 0xaa, (uint8_t)(network >> 24), (uint8_t)(network >> 16),
	                                      (uint8_t)(network >> 8), (uint8_t)network, 0, 0, 0, 1}};
	struct rtnl_route *route = rtnl_route_alloc();
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	struct nl_addr *to = nl_addr_build(AF_INET6, &prefix, sizeof prefix);
	if (!route || !hop || !to) {
		log_error("out of memory for a route");
		abort();
	}
	nl_addr_set_prefixlen(to, FLYCAST_BITS);
	rtnl_route_set_family(route, AF_INET6);
	rtnl_route_set_dst(route, to);
	rtnl_route_set_type(route, RTN_LOCAL);
	rtnl_route_set_table(route, RT_TABLE_LOCAL);
	rtnl_route_set_scope(route, RT_SCOPE_HOST);
	rtnl_route_set_protocol(route, RTPROT_STATIC);
	rtnl_route_nh_set_ifindex(hop, routes->lo);
	rtnl_route_add_nexthop(route, hop);
	nl_addr_put(to);
	return route;
}

int route_add(struct routes *routes, uint32_t network)
{
	if (!routes)
		return 0;
	struct rtnl_route *route = route_of(routes, network);
	int rc = rtnl_route_add(routes->socket, route, NLM_F_CREATE | NLM_F_REPLACE);
	rtnl_route_put(route);
	if (rc >= 0 || rc == -NLE_EXIST)
		return 0;
	if (!routes->told)
		log_warn("route not added network=%u: %s; addresses work only where \"ip -6 route add local\" was done",
		         network, nl_geterror(rc));
	routes->told = true;
	return -1;
}

void route_remove(struct routes *routes, uint32_t network)
{
	if (!routes)
		return;
	struct rtnl_route *route = route_of(routes, network);
	rtnl_route_delete(routes->socket, route, 0);
	rtnl_route_put(route);
}
