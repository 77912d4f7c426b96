/* commit.h - how many commits the registry has seen, by anybody.
 *
 * PRAGMA data_version also moves when a writer starts the write-ahead log anew, milliseconds before its commit, and
 * stays moved when that writer rolls back. The number here moves with commits only (and when the log's index is made
 * anew). It is read where SQLite has mapped it: the -shm file is not opened a second time, which would drop locks. */
#ifndef STORE_COMMIT_H
#define STORE_COMMIT_H

#include <stdint.h>

struct registry;

/* -1: not known, the registry has another journal mode. The connection must have read before. Two equal numbers mean
 * that there was no commit in between; a number may be seen a moment before its commit can be read. */
int64_t commit_count(struct registry *registry);

#endif
