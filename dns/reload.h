/* reload.h - SIGHUP: the registry is read whole, though it is followed anyway, and systemd is told when that begins and when it
 * is over. Owns its watchers. In the main thread. */
#ifndef DNS_RELOAD_H
#define DNS_RELOAD_H

#include <ev.h>
#include <stdint.h>

struct catalog;

struct reload {
	struct catalog *catalog;
	int64_t before; /* how often it was read whole when it was asked for */
	ev_signal hangup;
	ev_timer look;
};

void reload_start(struct reload *reload, struct ev_loop *loop, struct catalog *catalog);

#endif
