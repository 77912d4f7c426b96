/* netns.c - see netns.h. */
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

enum { LOOPBACK = 1, MAC = 6 };

/* Any address of either family, as netlink wants it. */
struct address {
	int family;
	unsigned len; /* bytes */
	uint8_t bytes[16];
};

static int fail(struct netns *n, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct netns *n, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(n->error, sizeof n->error, format, args);
	va_end(args);
	return -1;
}

static struct address address_v6(const struct in6_addr *ip)
{
	struct address a = {AF_INET6, 16, {0}};
	memcpy(a.bytes, ip, 16);
	return a;
}

static struct address address_v4(struct in_addr ip)
{
	struct address a = {AF_INET, 4, {0}};
	memcpy(a.bytes, &ip, 4);
	return a;
}

static struct address address_text(const char *text)
{
	struct address a = {strchr(text, ':') ? AF_INET6 : AF_INET, strchr(text, ':') ? 16 : 4, {0}};
	inet_pton(a.family, text, a.bytes);
	return a;
}

/* Sends and frees. Returns 0 or a negative libnl error. */
static int talk(struct nl_sock *sock, struct nl_msg *msg)
{
	int rc = nl_send_auto(sock, msg);
	nlmsg_free(msg);
	return rc < 0 ? rc : nl_wait_for_ack(sock);
}

static struct nl_msg *message(int type, int flags, void *head, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);
	nlmsg_append(msg, head, size, NLMSG_ALIGNTO);
	return msg;
}

static void put_address(struct nl_msg *msg, int attribute, const struct address *a)
{
	nla_put(msg, attribute, (int)a->len, a->bytes);
}

static int link_up(struct nl_sock *sock, unsigned index, unsigned also)
{
	struct ifinfomsg head = {.ifi_index = (int)index, .ifi_flags = IFF_UP | also, .ifi_change = IFF_UP | also};
	return talk(sock, message(RTM_NEWLINK, 0, &head, sizeof head));
}

/* No link-local address: it would need duplicate detection, and the filter lets only a Machine's own address through. */
static int link_without_local(struct nl_sock *sock, unsigned index)
{
	struct ifinfomsg head = {.ifi_index = (int)index};
	struct nl_msg *msg = message(RTM_NEWLINK, 0, &head, sizeof head);
	struct nlattr *families = nla_nest_start(msg, IFLA_AF_SPEC);
	struct nlattr *inet6 = nla_nest_start(msg, AF_INET6);
	nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nla_nest_end(msg, inet6);
	nla_nest_end(msg, families);
	return talk(sock, msg);
}

static int link_delete(struct nl_sock *sock, const char *name)
{
	struct ifinfomsg head = {0};
	struct nl_msg *msg = message(RTM_DELLINK, 0, &head, sizeof head);
	nla_put_string(msg, IFLA_IFNAME, name);
	return talk(sock, msg);
}

static int address_set(struct nl_sock *sock, unsigned index, const struct address *a, bool there)
{
	struct ifaddrmsg head = {.ifa_family = (uint8_t)a->family,
	                         .ifa_prefixlen = (uint8_t)(a->len * 8),
	                         .ifa_flags = IFA_F_NODAD,
	                         .ifa_index = index};
	struct nl_msg *msg = message(there ? RTM_NEWADDR : RTM_DELADDR, there ? NLM_F_CREATE | NLM_F_REPLACE : 0, &head,
	                             sizeof head);
	put_address(msg, IFA_LOCAL, a);
	put_address(msg, IFA_ADDRESS, a);
	return talk(sock, msg);
}

struct route {
	struct address to;
	unsigned prefix;
	unsigned index;
	const struct address *gateway; /* may be NULL */
	const struct address *source;  /* may be NULL */
	uint8_t type;                  /* 0: unicast */
	uint32_t metric;
};

static int route_set(struct nl_sock *sock, const struct route *r, bool there)
{
	struct rtmsg head = {.rtm_family = (uint8_t)r->to.family,
	                     .rtm_dst_len = (uint8_t)r->prefix,
	                     .rtm_table = r->type == RTN_LOCAL ? RT_TABLE_LOCAL : RT_TABLE_MAIN,
	                     .rtm_protocol = NETNS_PROTOCOL,
	                     .rtm_scope = r->gateway || r->to.family == AF_INET6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
	                     .rtm_type = r->type ? r->type : RTN_UNICAST};
	struct nl_msg *msg = message(there ? RTM_NEWROUTE : RTM_DELROUTE, there ? NLM_F_CREATE | NLM_F_REPLACE : 0,
	                             &head, sizeof head);
	put_address(msg, RTA_DST, &r->to);
	if (r->index)
		nla_put_u32(msg, RTA_OIF, r->index);
	if (r->gateway)
		put_address(msg, RTA_GATEWAY, r->gateway);
	if (r->source)
		put_address(msg, RTA_PREFSRC, r->source);
	if (r->metric)
		nla_put_u32(msg, RTA_PRIORITY, r->metric);
	return talk(sock, msg);
}

static int neighbour_add(struct nl_sock *sock, unsigned index, const struct address *a, const uint8_t *mac)
{
	struct ndmsg head = {.ndm_family = (uint8_t)a->family, .ndm_ifindex = (int)index, .ndm_state = NUD_PERMANENT};
	struct nl_msg *msg = message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof head);
	put_address(msg, NDA_DST, a);
	nla_put(msg, NDA_LLADDR, MAC, mac);
	return talk(sock, msg);
}

/* Sent inside the Machine's namespace: eth0 there, its other end in the host's. */
static int veth_add(struct nl_sock *sock, const char *host_name, int host_ns, const uint8_t *mac,
                    const uint8_t *host_mac)
{
	struct ifinfomsg head = {0};
	struct nl_msg *msg = message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head);
	nla_put_string(msg, IFLA_IFNAME, "eth0");
	nla_put(msg, IFLA_ADDRESS, MAC, mac);
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, "veth");
	struct nlattr *data = nla_nest_start(msg, IFLA_INFO_DATA);
	struct nlattr *peer = nla_nest_start(msg, VETH_INFO_PEER);
	nlmsg_append(msg, &head, sizeof head, NLMSG_ALIGNTO);
	nla_put_string(msg, IFLA_IFNAME, host_name);
	nla_put(msg, IFLA_ADDRESS, MAC, host_mac);
	nla_put_u32(msg, IFLA_NET_NS_FD, (uint32_t)host_ns);
	nla_nest_end(msg, peer);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return talk(sock, msg);
}

static struct nl_sock *connect_here(void)
{
	struct nl_sock *sock = nl_socket_alloc();
	if (sock && nl_connect(sock, NETLINK_ROUTE) < 0) {
		nl_socket_free(sock);
		return NULL;
	}
	return sock;
}

/* Names of this kind belong to a network namespace, so they tell whether it has an agent, also of another registry: two
 * would remove each other's devices. */
static int take_guard(void)
{
	static const struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0flycast-agent"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&name,
	                    offsetof(struct sockaddr_un, sun_path) + sizeof "flycast-agent") < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int netns_open(struct netns *netns)
{
	*netns = (struct netns){.home = -1};
	netns->guard = take_guard();
	if (netns->guard < 0)
		return fail(netns, "another agent serves this host's Machines; one is for one registry: end it first");
	netns->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	netns->sock = netns->home < 0 ? NULL : connect_here();
	if (netns->sock)
		return 0;
	fail(netns, "netlink is not to be had: %s", strerror(errno));
	netns_close(netns);
	return -1;
}

void netns_close(struct netns *netns)
{
	if (netns->sock)
		nl_socket_free(netns->sock);
	if (netns->home >= 0)
		close(netns->home);
	if (netns->guard >= 0)
		close(netns->guard);
	netns->sock = NULL;
	netns->home = netns->guard = -1;
}

int netns_host(struct netns *netns, bool up)
{
	struct address resolver = address_text("fdaa::3"), gateway = address_text(NETNS_GATEWAY);
	/* What belongs to no Machine is nowhere: a client hears so at once instead of the packet leaving the host. */
	struct route nowhere = {
	    .to = address_text("fdaa::"), .prefix = 16, .type = RTN_UNREACHABLE, .metric = UINT32_MAX};
	int rc = up ? link_up(netns->sock, LOOPBACK, 0) : 0;
	/* Somebody may have removed one by hand: the others go all the same. */
	if (rc == 0 || !up)
		rc = address_set(netns->sock, LOOPBACK, &resolver, up);
	if (rc == 0 || !up)
		rc = address_set(netns->sock, LOOPBACK, &gateway, up);
	if (rc == 0 || !up)
		rc = route_set(netns->sock, &nowhere, up);
	return rc == 0 || !up ? 0 : fail(netns, "addresses of the host: %s", nl_geterror(rc));
}

int netns_network(struct netns *netns, uint32_t network, bool there)
{
	char text[64];
	unsigned high = network >> 16, low = network & 0xffff;
	snprintf(text, sizeof text, "fdaa:%x:%x::3", high, low);
	struct route resolver = {.to = address_text(text), .prefix = 128, .index = LOOPBACK, .type = RTN_LOCAL};
	snprintf(text, sizeof text, "fdaa:%x:%x:0:1::", high, low);
	struct route flycast = {.to = address_text(text), .prefix = 96, .index = LOOPBACK, .type = RTN_LOCAL};
	int rc = route_set(netns->sock, &resolver, there);
	if (rc == 0 || !there)
		rc = route_set(netns->sock, &flycast, there);
	return rc == 0 || !there ? 0 : fail(netns, "routes of network fdaa:%x:%x::/48: %s", high, low, nl_geterror(rc));
}

struct found {
	struct route *routes;
	size_t count;
	size_t room;
};

static int on_route(struct nl_msg *msg, void *owner)
{
	struct found *found = owner;
	struct nlmsghdr *head = nlmsg_hdr(msg);
	struct rtmsg *r = nlmsg_data(head);
	struct nlattr *to = nlmsg_find_attr(head, sizeof *r, RTA_DST);
	if (head->nlmsg_type != RTM_NEWROUTE || r->rtm_protocol != NETNS_PROTOCOL || r->rtm_type != RTN_LOCAL || !to ||
	    nla_len(to) != 16)
		return NL_OK;
	if (found->count == found->room) {
		found->room = found->room ? found->room * 2 : 64;
		found->routes = mem_resize(found->routes, found->room * sizeof *found->routes);
	}
	struct route *route = &found->routes[found->count++];
	*route = (struct route){
	    .to = {.family = AF_INET6, .len = 16}, .prefix = r->rtm_dst_len, .index = LOOPBACK, .type = RTN_LOCAL};
	memcpy(route->to.bytes, nla_data(to), 16);
	return NL_OK;
}

static int compare_networks(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return left < right ? -1 : left > right;
}

static uint32_t network_of_route(const struct route *r)
{
	const uint8_t *b = r->to.bytes;
	return (uint32_t)b[2] << 24 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 8 | b[5];
}

void netns_network_sweep(struct netns *netns, const uint32_t *keep, size_t count)
{
	struct rtmsg head = {.rtm_family = AF_INET6, .rtm_table = RT_TABLE_LOCAL};
	struct found found = {0};
	struct nl_msg *msg = message(RTM_GETROUTE, NLM_F_DUMP, &head, sizeof head);
	int rc = nl_send_auto(netns->sock, msg);
	nlmsg_free(msg);
	nl_socket_modify_cb(netns->sock, NL_CB_VALID, NL_CB_CUSTOM, on_route, &found);
	if (rc >= 0)
		nl_recvmsgs_default(netns->sock);
	nl_socket_modify_cb(netns->sock, NL_CB_VALID, NL_CB_DEFAULT, NULL, NULL);
	for (size_t i = 0; i < found.count; i++) {
		uint32_t network = network_of_route(&found.routes[i]);
		if (!count || !bsearch(&network, keep, count, sizeof *keep, compare_networks))
			(void)route_set(netns->sock, &found.routes[i], false);
	}
	free(found.routes);
}

struct ends {
	struct address v6, v4;             /* the Machine's */
	struct address gateway6, gateway4; /* the host's, as the Machine sees it */
	uint8_t mac[MAC], host_mac[MAC];
	char name[NETNS_NAME];
};

static struct ends ends_of(const struct netns_place *place)
{
	uint32_t s = place->slot;
	struct ends e = {.v6 = address_v6(&place->address),
	                 .v4 = address_v4(place->ipv4),
	                 .gateway6 = address_text("fe80::1"),
	                 .gateway4 = address_text(NETNS_GATEWAY),
	                 .mac = {2, 0xfc, (uint8_t)(s >> 24), (uint8_t)(s >> 16), (uint8_t)(s >> 8), (uint8_t)s},
	                 .host_mac = {2, 0xfd, (uint8_t)(s >> 24), (uint8_t)(s >> 16), (uint8_t)(s >> 8), (uint8_t)s}};
	netns_name(e.name, s);
	return e;
}

/* In the Machine's namespace. Returns a libnl error. */
static int furnish(struct nl_sock *sock, const struct ends *e, int host_ns)
{
	struct route to_gateway = {.to = e->gateway4, .prefix = 32, .source = &e->v4};
	struct route rest6 = {.to = address_text("::"), .gateway = &e->gateway6};
	int rc = link_up(sock, LOOPBACK, 0);
	if (rc == 0)
		rc = veth_add(sock, e->name, host_ns, e->mac, e->host_mac);
	unsigned index = rc == 0 ? if_nametoindex("eth0") : 0;
	to_gateway.index = rest6.index = index;
	if (rc < 0 || (rc = link_without_local(sock, index)) < 0 || (rc = link_up(sock, index, 0)) < 0)
		return rc;
	if ((rc = address_set(sock, index, &e->v6, true)) < 0 || (rc = address_set(sock, index, &e->v4, true)) < 0)
		return rc;
	if ((rc = neighbour_add(sock, index, &e->gateway6, e->host_mac)) < 0 ||
	    (rc = neighbour_add(sock, index, &e->gateway4, e->host_mac)) < 0)
		return rc;
	/* IPv4 is for answering the host only: without a route for the rest, a Machine hears at once that there is no way. */
	if ((rc = route_set(sock, &rest6, true)) < 0)
		return rc;
	return route_set(sock, &to_gateway, true);
}

/* The host's end. Returns a libnl error. */
static int plug_in(struct nl_sock *sock, const struct ends *e)
{
	unsigned index = if_nametoindex(e->name);
	struct route v6 = {.to = e->v6, .prefix = 128, .index = index};
	struct route v4 = {.to = e->v4, .prefix = 32, .index = index, .source = &e->gateway4};
	int rc = link_without_local(sock, index);
	/* ARP passes the filter by: without it a Machine can neither ask for the host's addresses nor fill its neighbour table. */
	if (rc < 0 || (rc = link_up(sock, index, IFF_NOARP)) < 0)
		return rc;
	if ((rc = neighbour_add(sock, index, &e->v6, e->mac)) < 0 ||
	    (rc = neighbour_add(sock, index, &e->v4, e->mac)) < 0)
		return rc;
	if ((rc = route_set(sock, &v6, true)) < 0)
		return rc;
	return route_set(sock, &v4, true);
}

/* Comes back to the host's namespace in every case, or the thread could do no more harm than stop working. */
static int make_inside(struct netns *n, const struct ends *e)
{
	if (unshare(CLONE_NEWNET) < 0)
		return fail(n, "no network namespace: %s", strerror(errno));
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct nl_sock *sock = connect_here();
	int rc = sock && fd >= 0 ? furnish(sock, e, n->home) : -NLE_FAILURE;
	if (rc < 0)
		fail(n, "device of the Machine: %s", nl_geterror(rc));
	if (sock)
		nl_socket_free(sock);
	if (setns(n->home, CLONE_NEWNET) < 0)
		rc = fail(n, "no way back to the host's network namespace: %s", strerror(errno));
	if (rc < 0 && fd >= 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int netns_make(struct netns *netns, const struct netns_place *place)
{
	struct ends e = ends_of(place);
	if (netns_remove(netns, place->slot) < 0)
		return -1;
	int fd = make_inside(netns, &e);
	if (fd < 0)
		return -1;
	int rc = plug_in(netns->sock, &e);
	if (rc == 0)
		return fd;
	close(fd);
	netns_remove(netns, place->slot);
	return fail(netns, "host's end of the Machine's device: %s", nl_geterror(rc));
}

int netns_remove(struct netns *netns, uint32_t slot)
{
	char name[NETNS_NAME];
	netns_name(name, slot);
	int rc = if_nametoindex(name) ? link_delete(netns->sock, name) : 0;
	/* The namespace may have ended meanwhile and taken the device with it. */
	return rc == 0 || rc == -NLE_NODEV || rc == -NLE_OBJ_NOTFOUND
	           ? 0
	           : fail(netns, "device %s not removed: %s", name, nl_geterror(rc));
}
