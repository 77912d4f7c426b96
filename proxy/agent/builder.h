/* builder.h - the thread that makes and removes Machines' networks.
 *
 * Kernel locks can make one of these jobs last tens of milliseconds, which no wake may wait for, so they are done ahead of
 * time and beside the loop. Owns the netlink socket and the packet filter. Jobs are done in the order they came. */
#ifndef AGENT_BUILDER_H
#define AGENT_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#include "netns.h"

struct ev_loop;
struct builder;

enum builder_kind {
	BUILDER_RESET,          /* exactly `places` and `networks` are there; what is left of others is removed */
	BUILDER_MAKE,           /* fd becomes the namespace of `place` */
	BUILDER_REMOVE,         /* device and filter entries of `place` */
	BUILDER_NETWORK,        /* this host answers for the network's own addresses */
	BUILDER_NETWORK_REMOVE, /* not any more */
	BUILDER_LEAVE           /* no Machine is left: addresses, routes and filter go */
};

struct builder_job {
	enum builder_kind kind;
	struct netns_place place;   /* network alone for the two NETWORK jobs */
	struct netns_place *places; /* RESET; the job frees both */
	size_t count;
	uint32_t *networks;
	size_t network_count;
	/* In the loop's thread; NULL: nobody waits. error is "" when it was done; fd is the callee's. */
	void (*done)(void *owner, int fd, const char *error);
	void *owner;
	int fd;
	char error[NETNS_ERROR];
	struct builder_job *next;
};

/* Sets up the host (addresses, forwarding) first. NULL: error[NETNS_ERROR] says what is missing. */
struct builder *builder_start(struct ev_loop *loop, char *error);
void builder_stop(struct builder *builder); /* finishes what was submitted; no callback comes any more */
void builder_submit(struct builder *builder, const struct builder_job *job); /* copied */
/* Somebody waits for this place to be made: it comes next. */
void builder_hurry(struct builder *builder, uint32_t slot);

#endif
