/* follow.c - see follow.h. */
#include "follow.h"

#include <ev.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"
#include "feed.h"
#include "statement.h"

struct follow {
	struct ev_loop *loop;
	ev_async arrived;
	struct feed *feed;
	char *host;
	struct follow_handler handler;
	struct table known; /* the feeder thread's: what was handed over, by id */
	struct reclaim reclaim;
	uint64_t round;
	bool any;     /* the last full picture had a Machine */
	bool doubted; /* then came one that has none: read again before it is believed */

	pthread_mutex_t lock; /* what follows */
	struct follow_batch *first;
	struct follow_batch **last;
};

/* A row that was handed over. The agent's own writes name the app again and again, and nothing of its rows is new then. */
struct known {
	char id[SPEC_ID];
	char *app;
	uint64_t hash;  /* of the row; 0: to be handed over again */
	uint64_t round; /* in which it was read last */
};

#define SQL_MACHINES                                                                                                   \
	"SELECT " SPEC_COLUMNS " FROM machine m LEFT JOIN machine_state s ON s.machine = m.id WHERE m.host = ?1"
static const char sql_all[] = SQL_MACHINES;
static const char sql_app[] = SQL_MACHINES " AND m.app = ?2";
static const char sql_networks[] = "SELECT id FROM network ORDER BY id";
static const char sql_network[] = "SELECT count(*) FROM network WHERE id = ?1";
static const char sql_orphans[] = "SELECT machine FROM machine_state WHERE host = ?1 AND NOT EXISTS (SELECT 1 FROM "
                                  "machine WHERE id = machine_state.machine)";

/* Room for one more in a list that doubles. */
static void *more(void *list, size_t count, size_t size)
{
	return count & (count - 1) ? list : mem_resize(list, (count ? count * 2 : 1) * size);
}

static void batch_free(struct follow_batch *b)
{
	for (size_t i = 0; i < b->app_count; i++)
		free(b->apps[i]);
	for (size_t i = 0; i < b->machine_count; i++)
		spec_free(b->machines[i].spec);
	for (size_t i = 0; i < b->orphan_count; i++)
		free(b->orphans[i]);
	free(b->apps);
	free(b->machines);
	free(b->networks);
	free(b->orphans);
	free(b);
}

static bool match_known(const void *item, const void *key)
{
	const struct known *known = item;
	return strcmp(known->id, key) == 0;
}

static uint64_t hash_id(const char *id)
{
	return hash_bytes(id, strlen(id), 0);
}

static struct known *know(struct follow *f, const char *id, const char *app)
{
	struct known *known = table_find(&f->known, hash_id(id), match_known, id);
	if (known)
		return known;
	known = mem_new(sizeof *known);
	snprintf(known->id, sizeof known->id, "%s", id);
	known->app = mem_text(app);
	table_put(&f->known, hash_id(known->id), match_known, known->id, known);
	return known;
}

struct forgetting {
	struct follow *follow;
	const char *app; /* NULL: every one */
	bool all;        /* not only those that were not read in this round */
};

static void forget(void *item, void *owner)
{
	const struct forgetting *what = owner;
	struct known *known = item;
	if ((what->app && strcmp(what->app, known->app) != 0) || (!what->all && known->round == what->follow->round))
		return;
	table_remove(&what->follow->known, hash_id(known->id), match_known, known->id);
	free(known->app);
	free(known);
}

static void forget_missing(struct follow *f, const char *app, bool all)
{
	struct forgetting what = {f, app, all};
	table_each(&f->known, forget, &what);
	reclaim_run(&f->reclaim);
}

static void read_machine(struct follow *f, struct statement *s, struct follow_batch *b)
{
	b->machines = more(b->machines, b->machine_count, sizeof *b->machines);
	struct follow_machine *m = &b->machines[b->machine_count++];
	*m = (struct follow_machine){0};
	snprintf(m->id, sizeof m->id, "%s", spec_row_id(s));
	struct known *known = know(f, m->id, spec_row_app(s));
	uint64_t hash = spec_row_hash(s);
	known->round = f->round;
	if (known->hash == hash && !b->full)
		return;
	known->hash = hash;
	m->spec = spec_read(s, &m->past);
}

static int read_machines(struct follow *f, struct registry *registry, struct follow_batch *b, const char *app)
{
	struct statement s;
	f->round++;
	int rc = statement_open(&s, registry, app ? sql_app : sql_all);
	statement_bind_text(&s, 1, f->host);
	if (app)
		statement_bind_text(&s, 2, app);
	while (rc == 0 && (rc = statement_step(&s)) > 0) {
		read_machine(f, &s, b);
		rc = 0;
	}
	statement_close(&s);
	/* What was read but does not reach the loop is not known there. */
	forget_missing(f, app, rc < 0);
	return rc;
}

static void add_network(struct follow_batch *b, uint32_t id, bool there)
{
	b->networks = more(b->networks, b->network_count, sizeof *b->networks);
	b->networks[b->network_count++] = (struct follow_network){id, there};
}

static int read_networks(struct registry *registry, struct follow_batch *b)
{
	struct statement s;
	int rc = statement_open(&s, registry, sql_networks);
	while (rc == 0 && (rc = statement_step(&s)) > 0) {
		add_network(b, (uint32_t)statement_number(&s, 0), true);
		rc = 0;
	}
	statement_close(&s);
	return rc;
}

static int read_network(struct registry *registry, struct follow_batch *b, const char *key)
{
	struct statement s;
	uint32_t id = (uint32_t)strtoul(key, NULL, 10);
	statement_open(&s, registry, sql_network);
	statement_bind_number(&s, 1, id);
	int rc = statement_step(&s);
	if (rc > 0)
		add_network(b, id, statement_number(&s, 0) > 0);
	statement_close(&s);
	return rc < 0 ? -1 : 0;
}

static int read_orphans(struct follow *f, struct registry *registry, struct follow_batch *b)
{
	struct statement s;
	int rc = statement_open(&s, registry, sql_orphans);
	statement_bind_text(&s, 1, f->host);
	while (rc == 0 && (rc = statement_step(&s)) > 0) {
		b->orphans = more(b->orphans, b->orphan_count, sizeof *b->orphans);
		b->orphans[b->orphan_count++] = mem_text(statement_text(&s, 0));
		rc = 0;
	}
	statement_close(&s);
	return rc;
}

static void hand_over(struct follow *f, struct follow_batch *batch)
{
	pthread_mutex_lock(&f->lock);
	batch->next = NULL;
	*f->last = batch;
	f->last = &batch->next;
	ev_async_send(f->loop, &f->arrived);
	pthread_mutex_unlock(&f->lock);
}

static int on_reload(void *owner, struct registry *registry, int64_t seq)
{
	struct follow *f = owner;
	struct follow_batch *b = mem_new(sizeof *b);
	(void)seq;
	b->full = true;
	if (read_machines(f, registry, b, NULL) < 0 || read_networks(registry, b) < 0 ||
	    read_orphans(f, registry, b) < 0) {
		batch_free(b);
		return -1;
	}
	/* A registry that is suddenly empty would have every Machine destroyed. */
	if (!b->machine_count && f->any && !f->doubted) {
		f->doubted = true;
		batch_free(b);
		return -1;
	}
	f->any = b->machine_count > 0;
	f->doubted = false;
	hand_over(f, b);
	return 0;
}

static int on_change(void *owner, struct registry *registry, const struct feed_key *keys, size_t count, int64_t seq)
{
	struct follow *f = owner;
	struct follow_batch *b = mem_new(sizeof *b);
	int rc = 0;
	(void)seq;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (keys[i].kind == FEED_NETWORK)
			rc = read_network(registry, b, keys[i].key);
		if (keys[i].kind != FEED_APP)
			continue;
		b->apps = more(b->apps, b->app_count, sizeof *b->apps);
		b->apps[b->app_count++] = mem_text(keys[i].key);
		rc = read_machines(f, registry, b, keys[i].key);
	}
	if (rc < 0) {
		forget_missing(f, NULL, true);
		batch_free(b);
		return -1;
	}
	hand_over(f, b);
	return 0;
}

static void on_idle(void *owner)
{
	(void)owner;
}

static void handle_all(struct follow *f)
{
	pthread_mutex_lock(&f->lock);
	struct follow_batch *batch = f->first;
	f->first = NULL;
	f->last = &f->first;
	pthread_mutex_unlock(&f->lock);
	while (batch) {
		struct follow_batch *next = batch->next;
		f->handler.handle(f->handler.owner, batch);
		batch_free(batch);
		batch = next;
	}
}

static void on_arrived(struct ev_loop *loop, ev_async *watcher, int events)
{
	(void)loop, (void)events;
	handle_all(watcher->data);
}

struct follow *follow_start(struct ev_loop *loop, const char *registry, const char *host,
                            const struct follow_handler *handler, char **error)
{
	struct follow *f = mem_new(sizeof *f);
	*f = (struct follow){.loop = loop, .host = mem_text(host), .handler = *handler};
	f->last = &f->first;
	table_init(&f->known, &f->reclaim);
	pthread_mutex_init(&f->lock, NULL);
	ev_async_init(&f->arrived, on_arrived);
	f->arrived.data = f;
	ev_async_start(loop, &f->arrived);
	const struct feed_sink sink = {.owner = f, .reload = on_reload, .change = on_change, .idle = on_idle};
	f->feed = feed_start(registry, &sink, error);
	if (!f->feed) {
		follow_stop(f);
		return NULL;
	}
	handle_all(f);
	return f;
}

void follow_stop(struct follow *follow)
{
	if (!follow)
		return;
	feed_stop(follow->feed);
	ev_async_stop(follow->loop, &follow->arrived);
	for (struct follow_batch *batch = follow->first, *next; batch; batch = next) {
		next = batch->next;
		batch_free(batch);
	}
	pthread_mutex_destroy(&follow->lock);
	forget_missing(follow, NULL, true);
	table_fini(&follow->known);
	reclaim_free(&follow->reclaim);
	free(follow->host);
	free(follow);
}
