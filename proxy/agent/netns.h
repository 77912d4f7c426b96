/* netns.h - the network of Machines: a namespace with one veth pair each, and the host's side of it.
 *
 * Talks netlink, in the thread that opened it, and never keeps a namespace: netns_make() hands it out as a descriptor.
 * Neighbours are fixed on both sides, so that no first packet waits and no Machine can claim another's address.
 * What fails leaves a sentence in error. */
#ifndef AGENT_NETNS_H
#define AGENT_NETNS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_sock;

/* Every device of ours begins with NETNS_PREFIX; routes of ours carry NETNS_PROTOCOL (ip route show proto 252). */
#define NETNS_PREFIX "flyc"
#define NETNS_GATEWAY "172.16.0.1" /* the host, as Machines see it over IPv4 */
enum { NETNS_PROTOCOL = 252, NETNS_NAME = 16, NETNS_ERROR = 256 };

struct netns {
	struct nl_sock *sock;
	int home;  /* the host's own namespace */
	int guard; /* held by the one agent of this namespace */
	char error[NETNS_ERROR];
};

/* Where one Machine is plugged in. */
struct netns_place {
	uint32_t network;
	uint32_t slot;
	struct in6_addr address;
	struct in_addr ipv4;
};

int netns_open(struct netns *netns); /* fails also when another agent has this namespace */
void netns_close(struct netns *netns);

/* fdaa::3 and the gateway on the loopback device, no way out for fdaa::/16 (up); or all of that and every route of
 * networks removed (down). */
int netns_host(struct netns *netns, bool up);
/* Packets for fdaa:<network>::3 and fdaa:<network>:0:1::/96 are for this host, or not any more. */
int netns_network(struct netns *netns, uint32_t network, bool there);
/* Removes such routes of every network that is not in keep[], which is sorted. */
void netns_network_sweep(struct netns *netns, const uint32_t *keep, size_t count);
/* The namespace, to be closed by the caller; what was left of an earlier device of this slot is replaced. -1: failed. */
int netns_make(struct netns *netns, const struct netns_place *place);
int netns_remove(struct netns *netns, uint32_t slot); /* the device; it is no error when there is none */

static inline void netns_name(char name[NETNS_NAME], uint32_t slot)
{
	static const char hex[] = "0123456789abcdef";
	char *at = name;
	for (const char *c = NETNS_PREFIX; *c; c++)
		*at++ = *c;
	int shift = 28;
	while (shift > 0 && !(slot >> shift & 15))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*at++ = hex[slot >> shift & 15];
	*at = '\0';
}

#endif
