/* feed.c - see feed.h. The thread: sleeps, looks (follower.h), runs jobs. */
#include "feed.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "follower.h"
#include "registry.h"

enum {
	TIMER_MS = 100,
	WATCHFUL_MS = 100, /* after an event its commit becomes visible within this time, or the timer sees it */
	LEAST_STEP_NS = 250000,
	STEP_SHARE = 4, /* a step is this part of the time since the event: a late commit is seen a quarter late */
	MS_NS = 1000000,
};

struct job {
	struct job *next;
	void (*run)(void *owner, struct registry *registry);
	void *owner;
};

struct feed {
	char *path;
	char *directory;
	const char *name; /* of the file in the directory; points into path */
	pthread_t thread;
	int inotify;
	int watch;                /* -1: the directory is not watched */
	int wake;                 /* eventfd: a job, or the end */
	int64_t event_ns;         /* when inotify said something last */
	struct follower follower; /* the feeder thread's */

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct job *jobs, **jobs_end;
	bool stopping;
	enum { FEED_STARTING, FEED_RUNS, FEED_FAILED } state;
};

/* ------------------------------------------------------------------------------------------------ sleeping */

static void watch_directory(struct feed *f)
{
	if (f->watch < 0)
		f->watch = inotify_add_watch(f->inotify, f->directory,
		                             IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
		                                 IN_DELETE_SELF | IN_MOVE_SELF);
}

/* True when the event may be about the registry: its own name, or its name with -wal. */
static bool take_event(struct feed *f, const struct inotify_event *event)
{
	size_t len = strlen(f->name);
	if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) {
		if (event->wd == f->watch) {
			inotify_rm_watch(f->inotify, f->watch);
			f->watch = -1; /* the path leads elsewhere now: watched again at the next turn */
		}
		f->follower.renamed = true;
		return true;
	}
	if (event->mask & IN_Q_OVERFLOW) {
		f->follower.renamed = true;
		return true;
	}
	if (event->len == 0 || strncmp(event->name, f->name, len) != 0)
		return false;
	if (event->name[len] == '\0' && !(event->mask & IN_MODIFY))
		f->follower.renamed = true;
	return event->name[len] == '\0' || strcmp(event->name + len, "-wal") == 0;
}

static void drain_events(struct feed *f)
{
	_Alignas(struct inotify_event) char buffer[16384];
	ssize_t got;
	while ((got = read(f->inotify, buffer, sizeof buffer)) > 0) {
		const struct inotify_event *event;
		for (char *at = buffer; at < buffer + got; at += sizeof *event + event->len) {
			event = (const struct inotify_event *)(const void *)at;
			if (take_event(f, event))
				f->event_ns = clock_mono_ns();
		}
	}
}

static int64_t patience_ns(const struct feed *f)
{
	int64_t since = clock_mono_ns() - f->event_ns;
	if (!f->follower.failures && f->event_ns && since < (int64_t)WATCHFUL_MS * MS_NS)
		return LEAST_STEP_NS + since / STEP_SHARE;
	return follower_patience(&f->follower, TIMER_MS) * MS_NS;
}

static void sleep_a_while(struct feed *f)
{
	int64_t ns = patience_ns(f);
	struct timespec most = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
	struct pollfd fds[] = {{.fd = f->inotify, .events = POLLIN}, {.fd = f->wake, .events = POLLIN}};
	uint64_t woken;
	if (ppoll(fds, 2, &most, NULL) <= 0)
		return;
	if (fds[0].revents)
		drain_events(f);
	if (fds[1].revents && read(f->wake, &woken, sizeof woken) < 0 && errno != EAGAIN)
		log_error("feed cannot read its wake-up: %s", strerror(errno));
}

static void wake(struct feed *f)
{
	uint64_t one = 1;
	if (write(f->wake, &one, sizeof one) < 0 && errno != EAGAIN)
		log_error("feed cannot be woken: %s", strerror(errno));
}

/* ------------------------------------------------------------------------------------------------ the thread */

static void run_jobs(struct feed *f)
{
	pthread_mutex_lock(&f->lock);
	struct job *job = f->jobs;
	f->jobs = NULL;
	f->jobs_end = &f->jobs;
	pthread_mutex_unlock(&f->lock);
	while (job) {
		struct job *next = job->next;
		job->run(job->owner, f->follower.failures ? NULL : f->follower.registry);
		free(job);
		job = next;
	}
}

static bool is_stopping(struct feed *f)
{
	pthread_mutex_lock(&f->lock);
	bool stopping = f->stopping;
	pthread_mutex_unlock(&f->lock);
	return stopping;
}

static void announce(struct feed *f, bool good)
{
	pthread_mutex_lock(&f->lock);
	f->state = good ? FEED_RUNS : FEED_FAILED;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

static void *run(void *owner)
{
	struct feed *f = owner;
	watch_directory(f); /* before the first look, so that nothing falls between */
	bool good = follower_look(&f->follower) != FOLLOWER_FAILED;
	announce(f, good);
	while (good && !is_stopping(f)) {
		sleep_a_while(f);
		watch_directory(f);
		follower_look(&f->follower);
		run_jobs(f);
	}
	run_jobs(f);
	follower_fini(&f->follower);
	return NULL;
}

/* Signals are for the thread that runs the program's loop. */
static int start_thread(struct feed *f)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&f->thread, NULL, run, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

/* ------------------------------------------------------------------------------------------------ outside */

static struct feed *feed_new(const char *path, const struct feed_sink *sink)
{
	struct feed *f = mem_new(sizeof *f);
	f->path = mem_text(path);
	char *slash = strrchr(f->path, '/');
	f->name = slash ? slash + 1 : f->path;
	f->directory = mem_text(slash ? path : ".");
	if (slash)
		f->directory[slash == f->path ? 1 : slash - f->path] = '\0';
	f->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	f->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->watch = -1;
	f->jobs_end = &f->jobs;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	follower_init(&f->follower, f->path, sink);
	return f;
}

static void feed_free(struct feed *f)
{
	if (f->inotify >= 0)
		close(f->inotify);
	if (f->wake >= 0)
		close(f->wake);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->changed);
	free(f->directory);
	free(f->path);
	free(f);
}

struct feed *feed_start(const char *path, const struct feed_sink *sink, char **error)
{
	struct feed *f = feed_new(path, sink);
	*error = NULL;
	/* Without inotify (its limits are per user) the timer alone does it. */
	if (f->inotify < 0)
		log_warn("registry is looked at every %d ms only path=%s: %s", TIMER_MS, path, strerror(errno));
	if (f->wake < 0 || start_thread(f) != 0) {
		*error = mem_text("no thread can be started to follow the registry: raise the limits of this user");
		feed_free(f);
		return NULL;
	}
	pthread_mutex_lock(&f->lock);
	while (f->state == FEED_STARTING)
		pthread_cond_wait(&f->changed, &f->lock);
	bool good = f->state == FEED_RUNS;
	pthread_mutex_unlock(&f->lock);
	if (good)
		return f;
	pthread_join(f->thread, NULL);
	*error = mem_text(f->follower.trouble);
	feed_free(f);
	return NULL;
}

void feed_stop(struct feed *feed)
{
	if (!feed)
		return;
	pthread_mutex_lock(&feed->lock);
	feed->stopping = true;
	pthread_mutex_unlock(&feed->lock);
	wake(feed);
	pthread_join(feed->thread, NULL);
	feed_free(feed);
}

void feed_run(struct feed *feed, void (*job)(void *owner, struct registry *registry), void *owner)
{
	struct job *j = mem_new(sizeof *j);
	*j = (struct job){.run = job, .owner = owner};
	pthread_mutex_lock(&feed->lock);
	*feed->jobs_end = j;
	feed->jobs_end = &j->next;
	pthread_mutex_unlock(&feed->lock);
	wake(feed);
}

static void ask_reload(void *owner, struct registry *registry)
{
	struct feed *f = owner;
	(void)registry;
	f->follower.asked = true;
}

void feed_reload(struct feed *feed)
{
	feed_run(feed, ask_reload, feed);
}

struct feed_stats feed_stats(const struct feed *feed)
{
	const struct feed_stats *s = &feed->follower.stats;
	return (struct feed_stats){
	    .seq = __atomic_load_n(&s->seq, __ATOMIC_RELAXED),
	    .reloads = __atomic_load_n(&s->reloads, __ATOMIC_RELAXED),
	    .batches = __atomic_load_n(&s->batches, __ATOMIC_RELAXED),
	    .keys = __atomic_load_n(&s->keys, __ATOMIC_RELAXED),
	    .failures = __atomic_load_n(&s->failures, __ATOMIC_RELAXED),
	    .fresh_ms = __atomic_load_n(&s->fresh_ms, __ATOMIC_RELAXED),
	    .lag_ms = __atomic_load_n(&s->lag_ms, __ATOMIC_RELAXED),
	};
}
