/* follower.h - the feeder thread's reading connection: opens the registry again when it must, tells whether it moved, and
 * hands what changed to a sink. Used by one thread; never sleeps longer than SQLite's busy time-out. */
#ifndef STORE_FOLLOWER_H
#define STORE_FOLLOWER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "feed.h"
#include "statement.h"

struct registry;

struct follower {
	const char *path;
	struct feed_sink sink;
	struct registry *registry; /* NULL: not open */
	struct statement version;  /* PRAGMA data_version */
	dev_t device;              /* of the file that was opened */
	ino_t inode;
	bool missing;       /* the name leads nowhere; what is open still serves */
	bool renamed;       /* something happened to the file's name: look at once */
	int64_t look_at_ms; /* when to look at the name again in any case */

	int64_t seen_version; /* data_version of the picture */
	int64_t commits;      /* commit_count() of the picture */
	int64_t seq;          /* change.seq of the picture */
	char generation[64];
	char mark[256];       /* what change row `seq` said: it must still say so */
	bool whole;           /* there is a picture to go on from */
	bool asked;           /* somebody wants a full reload */
	int64_t reload_at_ms; /* 0, or when to reload for a change that left no log entry */
	int64_t reload_after_ms;

	int failures;        /* in a row */
	int64_t retry_at_ms; /* after a failure */
	int64_t failing_since_ms;
	char trouble[1024];      /* the sentence that was logged last; "": none */
	struct feed_stats stats; /* written with atomic stores */
};

/* FOLLOWER_SAME: nothing moved. FOLLOWER_MOVED: the sink was told, or there was nothing to tell it. */
enum follower_result { FOLLOWER_SAME, FOLLOWER_MOVED, FOLLOWER_FAILED };

void follower_init(struct follower *follower, const char *path, const struct feed_sink *sink);
void follower_fini(struct follower *follower);
enum follower_result follower_look(struct follower *follower);
/* Milliseconds until it is worth looking without an event, at most `most`. */
int64_t follower_patience(const struct follower *follower, int64_t most);

#endif
