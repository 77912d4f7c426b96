/* watch.h - sleep until somebody else changed the registry, for commands that wait. Daemons have feed.h.
 *
 * Owns an inotify descriptor. Like the feed it sleeps on inotify of the registry's directory, then asks PRAGMA
 * data_version after 1, 2, 4 ... 64 ms until it moves, with a 100 ms timer as safety net. Never writes. */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct registry;
struct watch;

struct watch *watch_open(struct registry *registry); /* borrows the connection, which must be outside a transaction */
void watch_close(struct watch *watch);               /* NULL is fine */
void watch_directory(struct watch *watch, const char *path); /* its changes wake too; a missing one is no error */
/* true: something changed since the last call; false: it is deadline_ms (clock_mono_ms()) now. */
bool watch_wait(struct watch *watch, int64_t deadline_ms);

#endif
