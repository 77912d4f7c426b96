/* follow.h - what the registry says about this host, handed from the feeder thread to the agent's loop in batches. */
#ifndef AGENT_FOLLOW_H
#define AGENT_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec.h"

struct ev_loop;
struct follow;

struct follow_machine {
	char id[SPEC_ID];
	struct spec *spec; /* NULL: its row is as it was. Taken over by whoever handles the batch: set to NULL then */
	struct spec_past past;
};

struct follow_batch {
	bool full; /* everything of this host; otherwise all of `apps` on this host, and `networks` */
	char **apps;
	size_t app_count;
	struct follow_machine *machines;
	size_t machine_count;
	struct follow_network {
		uint32_t id;
		bool there;
	} * networks; /* full: all there are, by id */
	size_t network_count;
	char **orphans; /* full: Machines whose row is gone and whose state row is this host's */
	size_t orphan_count;
	struct follow_batch *next;
};

struct follow_handler {
	void *owner;
	void (*handle)(void *owner, struct follow_batch *batch);
};

/* The first batch has been handled when it returns. handle runs in the loop's thread, or in the caller's during start.
 * NULL: *error (free it) says what is wrong. */
struct follow *follow_start(struct ev_loop *loop, const char *registry, const char *host,
                            const struct follow_handler *handler, char **error);
void follow_stop(struct follow *follow); /* NULL is fine */

#endif
