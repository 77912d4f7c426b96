/* builder.c - see builder.h. */
#include "builder.h"

#include <ev.h>
#include <net/if.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "filter.h"
#include "forwarding.h"

struct job_list {
	struct builder_job *first;
	struct builder_job **last;
};

struct builder {
	struct ev_loop *loop;
	ev_async finished;
	pthread_t thread;
	struct netns netns;
	struct filter filter;

	pthread_mutex_t lock; /* what follows */
	pthread_cond_t changed;
	struct job_list todo;
	struct job_list done;
	bool up;       /* the host is set up, or failed to be */
	bool stopping; /* no job comes any more */
	char error[NETNS_ERROR];
};

static void list_init(struct job_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

static void list_add(struct job_list *list, struct builder_job *job)
{
	job->next = NULL;
	*list->last = job;
	list->last = &job->next;
}

static void job_free(struct builder_job *job)
{
	free(job->places);
	free(job->networks);
	free(job);
}

static int set_up(struct builder *b)
{
	if (netns_open(&b->netns) < 0 || netns_host(&b->netns, true) < 0) {
		snprintf(b->error, sizeof b->error, "%s", b->netns.error);
		return -1;
	}
	bool was_off = false;
	if (filter_open(&b->filter) == 0 && forwarding_turn_on(&was_off, b->error) == 0 &&
	    (!was_off || filter_close_host(&b->filter) == 0))
		return 0;
	if (!b->error[0])
		snprintf(b->error, sizeof b->error, "%s", b->filter.error);
	return -1;
}

static bool is_place(const struct builder_job *job, uint32_t slot)
{
	size_t at = 0;
	while (at < job->count && job->places[at].slot != slot)
		at++;
	return at < job->count;
}

/* Devices that an agent left which was killed between making and remembering. */
static void sweep(struct builder *b, const struct builder_job *job)
{
	struct if_nameindex *all = if_nameindex();
	for (struct if_nameindex *at = all; at && at->if_name; at++) {
		if (strncmp(at->if_name, NETNS_PREFIX, strlen(NETNS_PREFIX)) != 0)
			continue;
		char name[NETNS_NAME];
		uint32_t slot = (uint32_t)strtoul(at->if_name + strlen(NETNS_PREFIX), NULL, 16);
		netns_name(name, slot);
		if (strcmp(at->if_name, name) != 0 || is_place(job, slot))
			continue;
		log_info("device of no Machine removed name=%s", at->if_name);
		netns_remove(&b->netns, slot);
	}
	if_freenameindex(all);
}

static int reset(struct builder *b, const struct builder_job *job)
{
	int rc = filter_reset(&b->filter, job->places, job->count);
	sweep(b, job);
	netns_network_sweep(&b->netns, job->networks, job->network_count);
	/* One network whose routes cannot be laid keeps no other from being served. */
	for (size_t i = 0; i < job->network_count; i++)
		if (netns_network(&b->netns, job->networks[i], true) < 0)
			rc = -1;
	return rc;
}

static int make(struct builder *b, struct builder_job *job)
{
	job->fd = netns_make(&b->netns, &job->place);
	if (job->fd < 0)
		return -1;
	if (filter_add(&b->filter, &job->place) == 0)
		return 0;
	close(job->fd);
	job->fd = -1;
	netns_remove(&b->netns, job->place.slot);
	return -1;
}

static int work(struct builder *b, struct builder_job *job)
{
	b->netns.error[0] = b->filter.error[0] = '\0';
	switch (job->kind) {
	case BUILDER_RESET:
		return reset(b, job);
	case BUILDER_MAKE:
		return make(b, job);
	case BUILDER_REMOVE:
		(void)filter_remove(&b->filter, job->place.slot);
		return netns_remove(&b->netns, job->place.slot);
	case BUILDER_NETWORK:
		return netns_network(&b->netns, job->place.network, true);
	case BUILDER_NETWORK_REMOVE:
		return netns_network(&b->netns, job->place.network, false);
	case BUILDER_LEAVE:
		/* In this order: a host that forwards without the table that closes it forwards for everybody. */
		if (filter_host_closed(&b->filter))
			forwarding_turn_off();
		filter_clear(&b->filter);
		netns_network_sweep(&b->netns, NULL, 0);
		return netns_host(&b->netns, false);
	}
	return 0;
}

static void *run(void *arg)
{
	struct builder *b = arg;
	int rc = set_up(b);
	pthread_mutex_lock(&b->lock);
	b->up = true;
	pthread_cond_broadcast(&b->changed);
	while (rc == 0) {
		while (!b->todo.first && !b->stopping)
			pthread_cond_wait(&b->changed, &b->lock);
		struct builder_job *job = b->todo.first;
		if (!job)
			break;
		b->todo.first = job->next;
		if (!b->todo.first)
			b->todo.last = &b->todo.first;
		pthread_mutex_unlock(&b->lock);
		if (work(b, job) < 0) {
			snprintf(job->error, sizeof job->error, "%s",
			         b->netns.error[0] ? b->netns.error : b->filter.error);
			log_warn("network job failed kind=%d network=%x slot=%u: %s", (int)job->kind,
			         job->place.network, job->place.slot, job->error);
		}
		pthread_mutex_lock(&b->lock);
		list_add(&b->done, job);
		ev_async_send(b->loop, &b->finished);
	}
	pthread_mutex_unlock(&b->lock);
	filter_close(&b->filter);
	netns_close(&b->netns);
	return NULL;
}

static void on_finished(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct builder *b = watcher->data;
	(void)loop, (void)events;
	pthread_mutex_lock(&b->lock);
	struct builder_job *job = b->done.first;
	list_init(&b->done);
	pthread_mutex_unlock(&b->lock);
	while (job) {
		struct builder_job *next = job->next;
		if (job->done)
			job->done(job->owner, job->fd, job->error);
		job_free(job);
		job = next;
	}
}

struct builder *builder_start(struct ev_loop *loop, char *error)
{
	struct builder *b = mem_new(sizeof *b);
	b->loop = loop;
	b->netns.home = b->netns.guard = -1;
	list_init(&b->todo);
	list_init(&b->done);
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->changed, NULL);
	ev_async_init(&b->finished, on_finished);
	b->finished.data = b;
	ev_async_start(loop, &b->finished);
	if (pthread_create(&b->thread, NULL, run, b) != 0)
		abort();
	pthread_mutex_lock(&b->lock);
	while (!b->up)
		pthread_cond_wait(&b->changed, &b->lock);
	pthread_mutex_unlock(&b->lock);
	if (!b->error[0])
		return b;
	snprintf(error, NETNS_ERROR, "%s", b->error);
	builder_stop(b);
	return NULL;
}

void builder_stop(struct builder *builder)
{
	if (!builder)
		return;
	pthread_mutex_lock(&builder->lock);
	builder->stopping = true;
	pthread_cond_broadcast(&builder->changed);
	pthread_mutex_unlock(&builder->lock);
	pthread_join(builder->thread, NULL);
	ev_async_stop(builder->loop, &builder->finished);
	for (struct builder_job *job = builder->done.first, *next; job; job = next) {
		next = job->next;
		if (job->fd >= 0)
			close(job->fd);
		job_free(job);
	}
	pthread_cond_destroy(&builder->changed);
	pthread_mutex_destroy(&builder->lock);
	free(builder);
}

/* Where the job that makes this place waits. NULL: nowhere, or something comes first that it must not overtake. */
static struct builder_job **find_make(struct builder *b, uint32_t slot)
{
	for (struct builder_job **at = &b->todo.first; *at && (*at)->kind != BUILDER_RESET; at = &(*at)->next)
		if ((*at)->place.slot == slot)
			return (*at)->kind == BUILDER_MAKE ? at : NULL;
	return NULL;
}

void builder_hurry(struct builder *builder, uint32_t slot)
{
	pthread_mutex_lock(&builder->lock);
	struct builder_job **at = find_make(builder, slot);
	if (at && *at != builder->todo.first) {
		struct builder_job *job = *at;
		*at = job->next;
		if (!*at)
			builder->todo.last = at;
		job->next = builder->todo.first;
		builder->todo.first = job;
	}
	pthread_mutex_unlock(&builder->lock);
}

void builder_submit(struct builder *builder, const struct builder_job *job)
{
	struct builder_job *copy = mem_copy(job, sizeof *job);
	copy->fd = -1;
	copy->error[0] = '\0';
	pthread_mutex_lock(&builder->lock);
	list_add(&builder->todo, copy);
	pthread_cond_broadcast(&builder->changed);
	pthread_mutex_unlock(&builder->lock);
}
