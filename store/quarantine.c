/* quarantine.c - see quarantine.h. */
#include "quarantine.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"

enum { LINES_A_SECOND = 20 };

struct case_file {
	uint64_t round; /* in which it was refused last */
	char *reason;
	const char *kind; /* a literal */
	char key[];
};

struct name {
	const char *kind;
	const char *key;
};

struct quarantine {
	pthread_mutex_t lock; /* of the cases and their reasons, against those who read a reason */
	struct table cases;
	struct reclaim reclaim; /* of slots that the table outgrew */
	struct log_limit lines;
	uint64_t round;
	uint64_t now, ever; /* atomic */
};

struct quarantine *quarantine_new(void)
{
	struct quarantine *q = mem_new(sizeof *q);
	table_init(&q->cases, &q->reclaim);
	pthread_mutex_init(&q->lock, NULL);
	return q;
}

static void case_free(struct case_file *c)
{
	free(c->reason);
	free(c);
}

static void free_item(void *item, void *owner)
{
	(void)owner;
	case_free(item);
}

void quarantine_free(struct quarantine *quarantine)
{
	if (!quarantine)
		return;
	table_each(&quarantine->cases, free_item, NULL);
	table_fini(&quarantine->cases);
	reclaim_free(&quarantine->reclaim);
	pthread_mutex_destroy(&quarantine->lock);
	free(quarantine);
}

static bool match(const void *item, const void *key)
{
	const struct case_file *c = item;
	const struct name *name = key;
	return strcmp(c->kind, name->kind) == 0 && strcmp(c->key, name->key) == 0;
}

static uint64_t hash(const struct name *name)
{
	return hash_bytes(name->key, strlen(name->key), (uint64_t)name->kind[0]);
}

static void count(struct quarantine *q)
{
	__atomic_store_n(&q->now, q->cases.count, __ATOMIC_RELAXED);
}

static void add(struct quarantine *q, const struct name *name, const char *reason)
{
	size_t size = strlen(name->key) + 1;
	struct case_file *c = mem_new(sizeof *c + size);
	c->round = q->round;
	c->kind = name->kind;
	c->reason = mem_text(reason);
	memcpy(c->key, name->key, size);
	pthread_mutex_lock(&q->lock);
	table_put(&q->cases, hash(name), match, name, c);
	pthread_mutex_unlock(&q->lock);
	count(q);
	__atomic_fetch_add(&q->ever, 1, __ATOMIC_RELAXED);
}

void quarantine_refuse(struct quarantine *quarantine, const char *kind, const char *key, const char *reason, bool kept)
{
	struct name name = {kind, key};
	char quoted[128];
	struct case_file *c = table_find(&quarantine->cases, hash(&name), match, &name);
	if (c) {
		c->round = quarantine->round;
		if (strcmp(c->reason, reason) == 0)
			return;
		char *before = c->reason, *now = mem_text(reason);
		pthread_mutex_lock(&quarantine->lock);
		c->reason = now;
		pthread_mutex_unlock(&quarantine->lock);
		free(before);
	} else {
		add(quarantine, &name, reason);
	}
	if (log_limited(&quarantine->lines, LINES_A_SECOND))
		log_warn("%s refused key=%s serving=%s: %s", kind, log_quote(quoted, sizeof quoted, key),
		         kept ? "last good one" : "nothing", reason);
}

static void forget(struct quarantine *q, const struct name *name, bool good)
{
	char quoted[128];
	pthread_mutex_lock(&q->lock);
	struct case_file *c = table_remove(&q->cases, hash(name), match, name);
	pthread_mutex_unlock(&q->lock);
	if (!c)
		return;
	if (good && log_limited(&q->lines, LINES_A_SECOND))
		log_info("%s usable again key=%s", name->kind, log_quote(quoted, sizeof quoted, name->key));
	case_free(c);
	count(q);
}

void quarantine_clear(struct quarantine *quarantine, const char *kind, const char *key, bool good)
{
	struct name name = {kind, key};
	if (quarantine->cases.count)
		forget(quarantine, &name, good);
}

struct sweep {
	struct quarantine *quarantine;
	const char *kind;
};

static void sweep_item(void *item, void *owner)
{
	struct case_file *c = item;
	const struct sweep *s = owner;
	struct name name = {s->kind, c->key};
	if (strcmp(c->kind, s->kind) != 0)
		return;
	if (c->round != s->quarantine->round)
		forget(s->quarantine, &name, true);
}

void quarantine_begin(struct quarantine *quarantine)
{
	quarantine->round++;
}

void quarantine_sweep(struct quarantine *quarantine, const char *kind)
{
	struct sweep sweep = {quarantine, kind};
	if (quarantine->cases.count)
		table_each(&quarantine->cases, sweep_item, &sweep);
}

bool quarantine_reason(struct quarantine *quarantine, const char *kind, const char *key, char *out, size_t size)
{
	struct name name = {kind, key};
	pthread_mutex_lock(&quarantine->lock);
	const struct case_file *c = table_find(&quarantine->cases, hash(&name), match, &name);
	if (c)
		snprintf(out, size, "%s", c->reason);
	pthread_mutex_unlock(&quarantine->lock);
	return c != NULL;
}

uint64_t quarantine_now(const struct quarantine *quarantine)
{
	return __atomic_load_n(&quarantine->now, __ATOMIC_RELAXED);
}

uint64_t quarantine_ever(const struct quarantine *quarantine)
{
	return __atomic_load_n(&quarantine->ever, __ATOMIC_RELAXED);
}
