/* lookup_map.h - what lookup.c writes into the kernel and lookup.bpf.c reads there: which doors are open.
 * Pure: for both a C compiler and one for BPF. */
#ifndef PROXY_LOOKUP_MAP_H
#define PROXY_LOOKUP_MAP_H

#include <linux/types.h>

/* Destinations by their first bits, the longest match counts: a network's prefix is closed (LOOKUP_NETWORK_BITS), in it
 * single ports of single addresses are open (LOOKUP_KEY_BITS), and ranges of ports by as few prefixes as will do. What
 * matches nothing is none of ours. */
struct lookup_key {
	__u32 bits;
	__u8 address[16];
	__be32 port; /* the upper half is 0 */
};

enum { LOOKUP_NETWORK_BITS = 96, LOOKUP_PORT_BITS = 16, LOOKUP_KEY_BITS = 160 };

/* A bound for what a registry may take of the kernel's memory; an entry was measured at 150 bytes. */
enum { LOOKUP_ENTRIES_MAX = 1 << 20 };

enum lookup_door { LOOKUP_CLOSED, LOOKUP_OPEN };

#endif
