/* feed.h - which objects of the registry may have changed since last time.
 *
 * One feeder thread owns the process's reading connection. It sleeps on inotify of the registry's directory; an event
 * comes before its commit can be seen, so it then asks PRAGMA data_version at once and for 100 ms at growing distances,
 * with a 100 ms timer as safety net; nobody else polls. It hands the dirty keys, each once, to its sink inside one read
 * transaction. It never writes.
 *
 * A full reload is asked for at the start, when the file was restored or replaced (generation, inode, a log that went
 * back), when the log was trimmed past us, and, at most every RELOAD_SECONDS, when a commit (commit.h) left no log
 * entry. When the registry cannot be read the sink hears nothing, its last picture goes on serving, and the feed
 * comes back by itself when the file is good again; both turns are logged once. */
#ifndef STORE_FEED_H
#define STORE_FEED_H

#include <stddef.h>
#include <stdint.h>

struct registry;
struct feed;

enum feed_kind {
	FEED_ORGANIZATION,
	FEED_NETWORK,
	FEED_APP,
	FEED_PREFIX,
	FEED_PEER,
	FEED_HOST,
	FEED_REGION,
	FEED_ROUND_TRIP,
	FEED_TRANSFER
};

struct feed_key {
	enum feed_kind kind;
	const char *key; /* as in table change; valid during the call */
};

/* All calls come from the feeder thread. registry is inside a read transaction. A call that returns -1 could not read
 * (registry_error says why); the feed tries the same keys again, and reloads after several failures. */
struct feed_sink {
	void *owner;
	int (*reload)(void *owner, struct registry *registry, int64_t seq);
	int (*change)(void *owner, struct registry *registry, const struct feed_key *keys, size_t count, int64_t seq);
	/* After every batch, the transaction closed: the place to wait for readers and free. */
	void (*idle)(void *owner);
	/* The connection is about to be closed: finalise every statement made for it. May be NULL. */
	void (*close)(void *owner);
};

struct feed_stats {
	int64_t seq;      /* of the picture that is served */
	int64_t reloads;  /* full reads, the first included */
	int64_t batches;  /* change calls that succeeded */
	int64_t keys;     /* dirty keys handed over */
	int64_t failures; /* reads that failed */
	int64_t fresh_ms; /* clock_mono_ms() when the picture was last known to be the file's */
	int64_t lag_ms;   /* of the last batch: from its newest change until it was served, by the wall clock */
};

/* Starts the thread and waits for its first reload. NULL: *error (free it) says what, why and what to do. */
struct feed *feed_start(const char *path, const struct feed_sink *sink, char **error);
void feed_stop(struct feed *feed); /* joins the thread; NULL is fine */
/* Runs job(owner, registry or NULL when unreadable) in the feeder thread, outside a transaction; any thread may call.
 * For the agent's own reads. job runs exactly once, also when the feed stops first. */
void feed_run(struct feed *feed, void (*job)(void *owner, struct registry *registry), void *owner);
/* Asks for a full reload, soon; any thread may call. */
void feed_reload(struct feed *feed);
struct feed_stats feed_stats(const struct feed *feed); /* any thread */

#endif
