/* follower.c - see follower.h. */
#include "follower.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "commit.h"
#include "registry.h"

enum {
	BUSY_MS = 100, /* a reader is hardly ever kept waiting; then the last picture is good enough */
	RETRY_LEAST_MS = 20,
	RETRY_MOST_MS = 250,
	REOPEN_AFTER = 3, /* failures */
	NAME_MS = 100,
	RELOAD_SECONDS = 10,
	PICTURES = 10,     /* tries to have one that nobody commits into while it is opened */
	RELOAD_SHARE = 20, /* unlogged changes may cost one part in this many of the time */
};

static const char sql_version[] = "PRAGMA data_version";
static const char sql_head[] = "SELECT (SELECT value FROM meta WHERE key = 'generation'),"
                               " (SELECT value FROM meta WHERE key = 'trimmed_to'),"
                               " (SELECT max(seq) FROM change),"
                               " (SELECT seq FROM sqlite_sequence WHERE name = 'change')";
static const char sql_mark[] = "SELECT at || ' ' || kind || ' ' || key FROM change WHERE seq = ?1";
static const char sql_changes[] = "SELECT kind, key FROM change WHERE seq > ?1 AND seq <= ?2 GROUP BY kind, key";

struct head { /* what the registry says of itself */
	char generation[64];
	char mark[256]; /* of the picture's seq */
	int64_t trimmed_to;
	int64_t seq; /* the last one there ever was */
	int64_t version;
	int64_t commits;
};

#define tell(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)
#define count(field) __atomic_fetch_add(&(field), 1, __ATOMIC_RELAXED)

void follower_init(struct follower *follower, const char *path, const struct feed_sink *sink)
{
	*follower = (struct follower){.path = path, .sink = *sink};
}

static void close_registry(struct follower *f)
{
	if (!f->registry)
		return;
	if (f->sink.close)
		f->sink.close(f->sink.owner);
	statement_close(&f->version);
	registry_close(f->registry);
	f->registry = NULL;
	f->whole = false;
}

void follower_fini(struct follower *follower)
{
	close_registry(follower);
}

/* ------------------------------------------------------------------------------------------------ the file */

/* The name is looked up before the file is opened: when it is replaced in between, the next look sees a difference. */
static int open_registry(struct follower *f, struct registry **failed)
{
	struct stat st = {0};
	int missing = stat(f->path, &st);
	struct registry *r = registry_open(f->path, REGISTRY_READ);
	*failed = r;
	if (registry_failed(r))
		return -1;
	if (missing < 0)
		return registry_fail(r, "%s was created just now: reading it again", f->path);
	registry_patience(r, BUSY_MS);
	if (statement_run(r, "PRAGMA temp_store = MEMORY") < 0 || statement_open(&f->version, r, sql_version) < 0) {
		statement_close(&f->version);
		return -1;
	}
	*failed = NULL;
	f->registry = r;
	f->device = st.st_dev;
	f->inode = st.st_ino;
	f->whole = false;
	return 0;
}

/* Whether the name leads to another file than the one that is open. A file that is gone altogether is no reason to
 * close what can still be read: the last picture serves until there is a new file. */
static bool was_replaced(struct follower *f)
{
	struct stat st;
	int64_t now = clock_mono_ms();
	if (!f->renamed && now < f->look_at_ms)
		return false;
	f->renamed = false;
	f->look_at_ms = now + NAME_MS;
	bool missing = stat(f->path, &st) < 0;
	if (missing && !f->missing)
		log_warn("registry vanished path=%s still_serving=%lld: %s", f->path, (long long)f->seq,
		         strerror(errno));
	if (!missing && f->missing)
		log_info("registry is there again path=%s", f->path);
	f->missing = missing;
	return !missing && (st.st_dev != f->device || st.st_ino != f->inode);
}

/* ------------------------------------------------------------------------------------------------ reading */

static int read_version(struct follower *f, int64_t *out)
{
	int rc = statement_step(&f->version);
	*out = statement_number(&f->version, 0);
	statement_reset(&f->version);
	return rc < 0 ? -1 : 0;
}

static int read_mark(struct registry *registry, int64_t seq, char *out, size_t size)
{
	struct statement s;
	out[0] = '\0';
	statement_open(&s, registry, sql_mark);
	statement_bind_number(&s, 1, seq);
	int rc = statement_step(&s);
	if (rc > 0)
		snprintf(out, size, "%s", statement_text(&s, 0));
	statement_close(&s);
	return rc < 0 ? -1 : 0;
}

/* Inside the transaction, so that all of it is of one commit. */
static int read_own_words(struct follower *f, struct head *h)
{
	struct statement s;
	statement_open(&s, f->registry, sql_head);
	int rc = statement_step(&s);
	if (rc > 0) {
		snprintf(h->generation, sizeof h->generation, "%s", statement_text(&s, 0));
		int64_t last = statement_number(&s, 3);
		h->seq = statement_number(&s, 2);
		h->trimmed_to = strtoll(statement_text(&s, 1), NULL, 10);
		/* Of a log that was never written nothing was removed, whatever an edit says: else we would wait for it. */
		if (h->trimmed_to > last && h->trimmed_to > h->seq)
			h->trimmed_to = last > h->seq ? last : h->seq;
		if (h->seq < h->trimmed_to)
			h->seq = h->trimmed_to;
	}
	statement_close(&s);
	if (rc < 0 || read_version(f, &h->version) < 0)
		return -1;
	return read_mark(f->registry, f->seq, h->mark, sizeof h->mark);
}

/* Opens the transaction. Its number of commits is known for sure when none came while it was opened; when they come too
 * thick, the worst is a reload that was not needed. */
static int begin(struct follower *f, struct head *h)
{
	for (int i = 0; i < PICTURES; i++) {
		registry_read_end(f->registry);
		h->commits = commit_count(f->registry);
		if (registry_read_begin(f->registry) < 0 || read_own_words(f, h) < 0)
			return -1;
		if (commit_count(f->registry) == h->commits)
			return 0;
	}
	return 0;
}

static const struct {
	const char *name;
	enum feed_kind kind;
} kinds[] = {
    {"organization", FEED_ORGANIZATION},
    {"network", FEED_NETWORK},
    {"app", FEED_APP},
    {"prefix", FEED_PREFIX},
    {"peer", FEED_PEER},
    {"host", FEED_HOST},
    {"region", FEED_REGION},
    {"round_trip", FEED_ROUND_TRIP},
    {"transfer", FEED_TRANSFER},
};

struct keys {
	struct feed_key *items;
	size_t count, room;
	struct text text;
};

static void take_key(struct keys *k, struct statement *row)
{
	const char *kind = statement_text(row, 0);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(kinds[i].name, kind) != 0)
			continue;
		struct bytes key = statement_bytes(row, 1);
		k->items = mem_grow(k->items, k->count, &k->room, sizeof *k->items);
		/* An offset for now: the text may move while it grows. NOLINTNEXTLINE(performance-no-int-to-ptr) */
		k->items[k->count++] = (struct feed_key){kinds[i].kind, (const char *)(uintptr_t)k->text.len};
		text_add(&k->text, key.at, key.len);
		text_add(&k->text, "", 1);
		return;
	}
}

static int read_keys(struct follower *f, const struct head *h, struct keys *k)
{
	struct statement s;
	int rc;
	statement_open(&s, f->registry, sql_changes);
	statement_bind_number(&s, 1, f->seq);
	statement_bind_number(&s, 2, h->seq);
	while ((rc = statement_step(&s)) > 0)
		take_key(k, &s);
	statement_close(&s);
	for (size_t i = 0; i < k->count; i++)
		k->items[i].key = k->text.at + (uintptr_t)k->items[i].key;
	return rc;
}

static int hand_over_changes(struct follower *f, const struct head *h)
{
	struct keys k = {0};
	int rc = read_keys(f, h, &k);
	if (rc == 0 && k.count)
		rc = f->sink.change(f->sink.owner, f->registry, k.items, k.count, h->seq);
	if (rc == 0 && k.count) {
		count(f->stats.batches);
		__atomic_fetch_add(&f->stats.keys, (int64_t)k.count, __ATOMIC_RELAXED);
	}
	free(k.items);
	text_free(&k.text);
	return rc;
}

static int hand_over_all(struct follower *f, const struct head *h)
{
	int64_t began = clock_mono_ms();
	int rc = f->sink.reload(f->sink.owner, f->registry, h->seq);
	int64_t took = clock_mono_ms() - began, pause = (int64_t)RELOAD_SECONDS * 1000;
	if (rc == 0)
		count(f->stats.reloads);
	if (f->reload_at_ms)
		f->reload_after_ms = began + took + (took * RELOAD_SHARE > pause ? took * RELOAD_SHARE : pause);
	f->reload_at_ms = 0;
	if (rc == 0)
		f->asked = false;
	return rc;
}

/* NULL: go on from the picture there is. Else why everything must be read again. */
static const char *reload_reason(const struct follower *f, const struct head *h)
{
	if (!f->whole)
		return "opened";
	if (strcmp(f->generation, h->generation) != 0)
		return "restored";
	if (h->trimmed_to > f->seq)
		return "log trimmed";
	if (h->seq < f->seq || (h->trimmed_to < f->seq && strcmp(h->mark, f->mark) != 0))
		return "log went back";
	if (f->reload_at_ms && clock_mono_ms() >= f->reload_at_ms)
		return "changed without a log entry";
	if (f->asked)
		return "asked for";
	return NULL;
}

static bool is_another_commit(const struct follower *f, const struct head *h)
{
	return h->commits < 0 ? h->version != f->seen_version : h->commits != f->commits;
}

static int hand_over(struct follower *f, const struct head *h)
{
	const char *reason = reload_reason(f, h);
	if (!reason && h->seq == f->seq && is_another_commit(f, h) && !f->reload_at_ms) {
		/* Somebody switched the triggers off, or ran VACUUM or ALTER. */
		int64_t now = clock_mono_ms();
		f->reload_at_ms = now < f->reload_after_ms ? f->reload_after_ms : now;
		reason = reload_reason(f, h);
	}
	if (!reason)
		return hand_over_changes(f, h);
	log_info("registry read whole path=%s seq=%lld: %s", f->path, (long long)h->seq, reason);
	return hand_over_all(f, h);
}

static int remember(struct follower *f, const struct head *h)
{
	if (read_mark(f->registry, h->seq, f->mark, sizeof f->mark) < 0)
		return -1;
	snprintf(f->generation, sizeof f->generation, "%s", h->generation);
	f->seen_version = h->version;
	f->commits = h->commits;
	f->seq = h->seq;
	f->whole = true;
	tell(f->stats.seq, h->seq);
	return 0;
}

/* The mark begins with the time of the newest change. A clock that was set back makes no lag of it. */
static void tell_lag(struct follower *f)
{
	int64_t lag = clock_wall_ms() - strtoll(f->mark, NULL, 10);
	tell(f->stats.lag_ms, lag > 0 ? lag : 0);
}

static int read_on(struct follower *f)
{
	struct head h = {0};
	int64_t batches = f->stats.batches;
	int rc = begin(f, &h);
	if (rc == 0)
		rc = hand_over(f, &h);
	if (rc == 0)
		rc = remember(f, &h);
	if (rc == 0 && f->stats.batches != batches)
		tell_lag(f);
	registry_read_end(f->registry);
	if (rc == 0)
		f->sink.idle(f->sink.owner);
	return rc;
}

/* ------------------------------------------------------------------------------------------------ looking */

static enum follower_result fail(struct follower *f, const struct registry *r)
{
	int64_t now = clock_mono_ms();
	int64_t pause = (int64_t)RETRY_LEAST_MS << (f->failures < 8 ? f->failures : 8);
	f->retry_at_ms = now + (pause < RETRY_MOST_MS ? pause : RETRY_MOST_MS);
	if (f->failures++ == 0)
		f->failing_since_ms = now;
	count(f->stats.failures);
	if (strcmp(f->trouble, registry_error(r)) != 0) {
		snprintf(f->trouble, sizeof f->trouble, "%s", registry_error(r));
		if (f->stats.reloads) /* else whoever starts us says it */
			log_warn("registry unreadable path=%s still_serving=%lld: %s", f->path, (long long)f->seq,
			         f->trouble);
	}
	return FOLLOWER_FAILED;
}

static enum follower_result succeed(struct follower *f, enum follower_result result)
{
	if (f->failures) {
		log_info("registry readable again path=%s after_ms=%lld", f->path,
		         (long long)(clock_mono_ms() - f->failing_since_ms));
		f->failures = 0;
		f->trouble[0] = '\0';
	}
	if (!f->missing)
		tell(f->stats.fresh_ms, clock_mono_ms());
	return result;
}

static bool is_due(const struct follower *f, int64_t version)
{
	return !f->whole || f->asked || f->failures || version != f->seen_version ||
	       (f->reload_at_ms && clock_mono_ms() >= f->reload_at_ms);
}

enum follower_result follower_look(struct follower *follower)
{
	struct follower *f = follower;
	int64_t version;
	if (f->failures && clock_mono_ms() < f->retry_at_ms)
		return FOLLOWER_FAILED;
	if (f->registry && (was_replaced(f) || f->failures >= REOPEN_AFTER))
		close_registry(f);
	if (!f->registry) {
		struct registry *failed = NULL;
		if (open_registry(f, &failed) < 0) {
			enum follower_result result = fail(f, failed);
			registry_close(failed);
			return result;
		}
	}
	if (read_version(f, &version) < 0)
		return fail(f, f->registry);
	if (!is_due(f, version))
		return succeed(f, FOLLOWER_SAME);
	return read_on(f) < 0 ? fail(f, f->registry) : succeed(f, FOLLOWER_MOVED);
}

int64_t follower_patience(const struct follower *follower, int64_t most)
{
	int64_t until = follower->failures ? follower->retry_at_ms : follower->reload_at_ms;
	if (follower->asked && !follower->failures)
		return 0;
	int64_t left = until ? until - clock_mono_ms() : most;
	return left < 0 ? 0 : left < most ? left : most;
}
