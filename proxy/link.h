/* link.h - the Unix socket to the agent of this host: connected whenever the agent is there, messages both ways (ask.h).
 * Belongs to one loop. */
#ifndef PROXY_LINK_H
#define PROXY_LINK_H

#include <ev.h>
#include <stdbool.h>

#include "ask.h"

struct link_events {
	void *owner;
	void (*up)(void *owner);   /* connected, or able to take messages again: send what is unsent */
	void (*down)(void *owner); /* answers to what was sent will not come */
	void (*message)(void *owner, const struct ask *ask);
};

struct link {
	struct ev_loop *loop;
	const char *path;
	struct link_events events;
	ev_io io;
	ev_timer again;
	bool is_up;
	bool told; /* "agent not there" was logged; once per absence */
	char message[ASK_SIZE + 1];
};

void link_start(struct link *link, struct ev_loop *loop, const char *path, const struct link_events *events);
void link_stop(struct link *link);
/* False: not now; events.up comes when it is worth trying again. */
bool link_send(struct link *link, const struct ask *ask);

#endif
