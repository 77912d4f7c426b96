/* sources.c - see sources.h. */
#include "sources.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rate.h"
#include "catalog.h"

enum { LISTS = 1024 };

/* A client with connections. */
struct source {
	struct in6_addr ip;
	unsigned connections;
	LIST_ENTRY(source) link;
};

struct sources {
	pthread_mutex_t lock;
	unsigned most;
	struct rate greetings;
	LIST_HEAD(source_list, source) lists[LISTS];
};

struct sources *sources_new(unsigned most, unsigned greetings)
{
	struct sources *s = mem_new(sizeof *s);
	hash_seed();
	pthread_mutex_init(&s->lock, NULL);
	s->most = most;
	s->greetings.per_second = greetings;
	s->greetings.burst = 2 * greetings;
	return s;
}

void sources_free(struct sources *sources)
{
	if (!sources)
		return;
	for (size_t i = 0; i < LISTS; i++)
		assert(LIST_EMPTY(&sources->lists[i]));
	pthread_mutex_destroy(&sources->lock);
	free(sources);
}

static struct in6_addr client_of(const struct in6_addr *ip)
{
	struct in6_addr client = *ip;
	if (network_of_ip(ip))
		memset(client.s6_addr + 14, 0, 2);
	else if (!IN6_IS_ADDR_V4MAPPED(ip) && !IN6_IS_ADDR_LOOPBACK(ip))
		memset(client.s6_addr + 8, 0, 8);
	return client;
}

static struct source_list *list_of(struct sources *s, const struct in6_addr *client)
{
	return &s->lists[hash_bytes(client, sizeof *client, 0) % LISTS];
}

static struct source *find(struct source_list *list, const struct in6_addr *client)
{
	struct source *s = LIST_FIRST(list);
	while (s && memcmp(&s->ip, client, sizeof *client) != 0)
		s = LIST_NEXT(s, link);
	return s;
}

bool sources_greet(struct sources *sources, const struct in6_addr *ip, int64_t now_ns)
{
	struct in6_addr client = client_of(ip);
	return rate_take(&sources->greetings, hash_bytes(&client, sizeof client, 0), now_ns);
}

bool sources_enter(struct sources *sources, const struct in6_addr *ip)
{
	struct in6_addr client = client_of(ip);
	struct source_list *list = list_of(sources, &client);
	pthread_mutex_lock(&sources->lock);
	struct source *s = find(list, &client);
	if (!s) {
		s = mem_new(sizeof *s);
		s->ip = client;
		LIST_INSERT_HEAD(list, s, link);
	}
	bool enters = s->connections < sources->most;
	s->connections += enters;
	pthread_mutex_unlock(&sources->lock);
	return enters;
}

void sources_leave(struct sources *sources, const struct in6_addr *ip)
{
	struct in6_addr client = client_of(ip);
	struct source_list *list = list_of(sources, &client);
	pthread_mutex_lock(&sources->lock);
	struct source *s = find(list, &client);
	assert(s && s->connections > 0);
	if (--s->connections == 0) {
		LIST_REMOVE(s, link);
		free(s);
	}
	pthread_mutex_unlock(&sources->lock);
}
