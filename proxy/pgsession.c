/* pgsession.c - see pgsession.h. */
#include "pgsession.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "pgstart.h"

struct key {
	size_t len;
	unsigned char bytes[];
};

struct pgsession {
	struct pgsessions *all;
	struct live_service *service; /* held */
	struct pgstart *start;        /* watched for the key; or NULL */
	struct key *key;              /* NULL: not known, nobody finds it */
	struct pgsession *prev;       /* in its bucket */
	struct pgsession *next;
};

static struct pgsession **bucket_of(struct pgsessions *all, const void *key, size_t len)
{
	return &all->buckets[hash_bytes(key, len, 0) % PGSESSION_BUCKETS];
}

void pgsessions_init(struct pgsessions *all)
{
	*all = (struct pgsessions){0};
	pthread_mutex_init(&all->lock, NULL);
}

void pgsessions_fini(struct pgsessions *all)
{
	pthread_mutex_destroy(&all->lock);
}

struct pgsession *pgsession_new(struct pgsessions *all, struct live_service *service)
{
	struct pgsession *session = mem_new(sizeof *session);
	session->all = all;
	session->service = live_service_hold(service);
	session->start = mem_new(sizeof *session->start);
	return session;
}

static void publish(struct pgsession *session)
{
	struct pgsessions *all = session->all;
	const struct pgstart *start = session->start;
	session->key = mem_new(sizeof *session->key + start->key_len);
	session->key->len = start->key_len;
	memcpy(session->key->bytes, start->key, start->key_len);
	struct pgsession **bucket = bucket_of(all, session->key->bytes, session->key->len);
	pthread_mutex_lock(&all->lock);
	session->next = *bucket;
	if (*bucket)
		(*bucket)->prev = session;
	*bucket = session;
	pthread_mutex_unlock(&all->lock);
}

void pgsession_heard(struct pgsession *session, const char *bytes, size_t len)
{
	if (!session->start)
		return;
	enum pgstart_event event = pgstart_read(session->start, (const unsigned char *)bytes, len);
	if (event == PGSTART_KEY)
		publish(session);
	if (event == PGSTART_MORE)
		return;
	free(session->start);
	session->start = NULL;
}

void pgsession_free(struct pgsession *session)
{
	if (!session)
		return;
	if (session->key) {
		struct pgsessions *all = session->all;
		struct pgsession **bucket = bucket_of(all, session->key->bytes, session->key->len);
		pthread_mutex_lock(&all->lock);
		if (session->next)
			session->next->prev = session->prev;
		if (session->prev)
			session->prev->next = session->next;
		else
			*bucket = session->next;
		pthread_mutex_unlock(&all->lock);
	}
	live_service_drop(session->service);
	free(session->start);
	free(session->key);
	free(session);
}

struct live_service *pgsessions_find(struct pgsessions *all, const struct live_app *app, struct bytes key)
{
	struct live_service *found = NULL;
	pthread_mutex_lock(&all->lock);
	for (const struct pgsession *s = *bucket_of(all, key.at, key.len); s && !found; s = s->next)
		if (s->service->machine->app == app && s->key->len == key.len &&
		    memcmp(s->key->bytes, key.at, key.len) == 0)
			found = live_service_hold(s->service);
	pthread_mutex_unlock(&all->lock);
	return found;
}
