/* watchdog.h - a thread that tells systemd that we live (ready.h), as long as every answering thread moves: one of UDP
 * finishes what it read and does not let questions wait in its sockets, the loop of one of TCP turns. A thread that did
 * not move between two looks is logged, and systemd is not told anything any more until it does. */
#ifndef DNS_WATCHDOG_H
#define DNS_WATCHDOG_H

#include <stdint.h>

struct server;
struct watchdog;

/* interval_ms: systemd's; it is told twice as often. NULL: 0, or there is no thread to be had (which is logged). */
struct watchdog *watchdog_start(const struct server *server, int64_t interval_ms);
void watchdog_stop(struct watchdog *watchdog); /* before the server stops; NULL is fine */

#endif
