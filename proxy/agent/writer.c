/* writer.c - see writer.h.
 *
 * budget: longer than others, because seven kinds of rows go through the one queue. */
#include "writer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "host.h"
#include "registry.h"
#include "statement.h"

enum { QUEUE_MAX = 20000, LAST_TRIES = 3, TRANSIENT_MS = 20, AGAIN_MS = 1000 };

enum kind { KIND_STATE, KIND_EVENT, KIND_CHECK, KIND_UNCHECK, KIND_FORGET, KIND_DESTROY, KIND_AWAY, KIND_COUNT };

struct item {
	enum kind kind;
	struct item *next;
	union {
		struct writer_state state;
		struct writer_event event;
		struct writer_check check;
		char machine[SPEC_ID];
		char *away; /* owned */
	};
};

struct writer {
	struct registry *registry; /* the thread's */
	char *path;
	dev_t device; /* of the file that was opened */
	ino_t inode;
	char *host;
	int64_t event_serial;
	bool failing;
	bool refused; /* the last failure was about a row, not about the file */
	pthread_t thread;

	pthread_mutex_t lock; /* what follows */
	pthread_cond_t changed;
	struct item *first;
	struct item **last;
	size_t count;
	int64_t urgent_ms; /* clock_mono_ms() when the queue is to be written at the latest */
	bool stopping;
};

static const char sql_state[] =
    "INSERT INTO machine_state (machine, host, state, since, instance, exit_code, restarts, done_serial, message,"
    " oom_killed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (machine) DO UPDATE SET host = "
    "excluded.host,"
    " state = excluded.state, since = excluded.since, instance = excluded.instance, exit_code = excluded.exit_code,"
    " restarts = excluded.restarts, done_serial = excluded.done_serial, message = excluded.message,"
    " oom_killed = excluded.oom_killed";

static const char sql_event[] = "INSERT OR REPLACE INTO machine_event (machine, at, serial, type, status, source, info)"
                                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

static const char sql_check[] =
    "INSERT INTO check_state (machine, internal_port, number, host, status, since, output)"
    " SELECT machine, internal_port, number, ?4, ?5, ?6, ?7 FROM service_check"
    " WHERE machine = ?1 AND internal_port = ?2 AND number = ?3 ON CONFLICT DO UPDATE SET host = excluded.host,"
    " status = excluded.status, since = excluded.since, output = excluded.output";
static const char sql_uncheck[] = "DELETE FROM check_state WHERE machine = ?1";

/* People look at the last few; the log has the rest. */
static const char sql_event_trim[] =
    "DELETE FROM machine_event WHERE machine = ?1 AND (at, serial) <="
    " (SELECT at, serial FROM machine_event WHERE machine = ?1 ORDER BY at DESC, serial DESC LIMIT 1 OFFSET 20)";

/* A Machine whose row came back is not forgotten. */
static const char sql_forget_state[] =
    "DELETE FROM machine_state WHERE machine = ?1 AND NOT EXISTS (SELECT 1 FROM machine WHERE id = ?1)";
static const char sql_forget_events[] =
    "DELETE FROM machine_event WHERE machine = ?1 AND NOT EXISTS (SELECT 1 FROM machine WHERE id = ?1)";
static const char sql_destroy[] = "DELETE FROM machine WHERE id = ?1 AND auto_destroy = 1";

static int write_state(struct writer *w, const struct writer_state *state)
{
	struct statement s;
	statement_open(&s, w->registry, sql_state);
	statement_bind_text(&s, 1, state->machine);
	statement_bind_text(&s, 2, w->host);
	statement_bind_text(&s, 3, machine_state_name(state->state));
	statement_bind_number(&s, 4, state->since);
	statement_bind_text(&s, 5, state->run);
	if (state->has_exit)
		statement_bind_number(&s, 6, state->exit_code);
	statement_bind_number(&s, 7, state->restarts);
	statement_bind_number(&s, 8, state->done_serial);
	statement_bind_text(&s, 9, state->message);
	statement_bind_number(&s, 10, state->oom);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static int write_machine(struct writer *w, const char *sql, const char *machine)
{
	struct statement s;
	statement_open(&s, w->registry, sql);
	statement_bind_text(&s, 1, machine);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static int write_event(struct writer *w, const struct writer_event *event)
{
	struct statement s;
	statement_open(&s, w->registry, sql_event);
	statement_bind_text(&s, 1, event->machine);
	statement_bind_number(&s, 2, event->at);
	statement_bind_number(&s, 3, w->event_serial++);
	statement_bind_text(&s, 4, event->type);
	statement_bind_text(&s, 5, machine_state_name(event->status));
	statement_bind_text(&s, 6, event->source);
	statement_bind_text(&s, 7, event->info);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc < 0 ? rc : write_machine(w, sql_event_trim, event->machine);
}

static int write_check(struct writer *w, const struct writer_check *check)
{
	struct statement s;
	statement_open(&s, w->registry, sql_check);
	statement_bind_text(&s, 1, check->machine);
	statement_bind_number(&s, 2, check->port);
	statement_bind_number(&s, 3, check->number);
	statement_bind_text(&s, 4, w->host);
	statement_bind_text(&s, 5, check->passing ? "passing" : "critical");
	statement_bind_number(&s, 6, check->since);
	statement_bind_text(&s, 7, check->output);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static int write_item(struct writer *w, const struct item *item)
{
	switch (item->kind) {
	case KIND_STATE:
		return write_state(w, &item->state);
	case KIND_EVENT:
		return write_event(w, &item->event);
	case KIND_CHECK:
		return write_check(w, &item->check);
	case KIND_UNCHECK:
		return write_machine(w, sql_uncheck, item->machine);
	case KIND_FORGET:
		return write_machine(w, sql_forget_state, item->machine) < 0
		           ? -1
		           : write_machine(w, sql_forget_events, item->machine);
	case KIND_DESTROY:
		return write_machine(w, sql_destroy, item->machine);
	case KIND_AWAY:
		return host_away(w->registry, w->host, item->away);
	case KIND_COUNT:
		break;
	}
	return 0;
}

/* The name is looked up first: when the file is replaced in between, that shows the next time. */
static void open_registry(struct writer *w)
{
	struct stat st = {0};
	stat(w->path, &st);
	w->device = st.st_dev;
	w->inode = st.st_ino;
	w->registry = registry_open(w->path, REGISTRY_WRITE);
}

/* Nobody reads what is written to a file that another one has taken the place of. */
static int follow_name(struct writer *w)
{
	struct stat st;
	bool replaced = stat(w->path, &st) == 0 && (st.st_dev != w->device || st.st_ino != w->inode);
	if (replaced || registry_failed(w->registry)) {
		registry_close(w->registry);
		open_registry(w);
	}
	return registry_failed(w->registry) ? -1 : 0;
}

/* Items from first up to, but without, end. */
static int write_batch(struct writer *w, const struct item *first, const struct item *end)
{
	bool destroys = false;
	w->refused = false;
	for (const struct item *item = first; item != end; item = item->next)
		destroys |= item->kind == KIND_DESTROY;
	/* The audit names us only where we change something that it records. */
	if (follow_name(w) < 0 || registry_begin(w->registry, destroys ? "flycast-agent: auto_destroy" : NULL) < 0)
		return -1;
	for (const struct item *item = first; item != end; item = item->next) {
		if (write_item(w, item) < 0) {
			w->refused = true;
			registry_rollback(w->registry);
			return -1;
		}
	}
	return registry_commit(w->registry);
}

static void report(struct writer *w, int rc)
{
	if (rc < 0 && !w->failing)
		log_error("registry not written, trying again: %s", registry_error(w->registry));
	else if (rc == 0 && w->failing)
		log_info("registry written again");
	w->failing = rc < 0;
}

static const char *machine_of(const struct item *item)
{
	return item->kind == KIND_STATE   ? item->state.machine
	       : item->kind == KIND_EVENT ? item->event.machine
	       : item->kind == KIND_CHECK ? item->check.machine
	       : item->kind == KIND_AWAY  ? "none"
	                                  : item->machine;
}

static void item_free(struct item *item)
{
	if (item->kind == KIND_AWAY)
		free(item->away);
	free(item);
}

static void free_items(struct item *item)
{
	while (item) {
		struct item *next = item->next;
		item_free(item);
		item = next;
	}
}

/* One by one, when a row was refused: what fails while something after it goes through is refused for itself (a trigger of
 * somebody's), and would hold up all the others for ever. Returns what is still to be written. */
static struct item *write_apart(struct writer *w, struct item *items)
{
	struct item *failed = NULL, **last = &failed;
	while (items) {
		struct item *item = items;
		if (write_batch(w, item, item->next) < 0) {
			if (!w->refused)
				break;
			*last = item;
			last = &item->next;
			items = item->next;
			continue;
		}
		items = item->next;
		item_free(item);
		*last = NULL;
		for (const struct item *lost = failed; lost; lost = lost->next)
			log_error("row refused by the registry and left out machine=%s", machine_of(lost));
		free_items(failed);
		failed = NULL;
		last = &failed;
	}
	*last = items;
	return failed;
}

/* With the lock. States that a newer one of the same Machine makes pointless are dropped; after failures there may be several. */
static void drop_older_states(struct writer *w, const char *machine)
{
	for (struct item **at = &w->first; *at;) {
		struct item *item = *at;
		if (item->kind != KIND_STATE || strcmp(item->state.machine, machine) != 0) {
			at = &item->next;
			continue;
		}
		*at = item->next;
		if (!item->next)
			w->last = at;
		free(item);
		w->count--;
	}
}

static bool is_transient(const struct item *item)
{
	if (item->kind == KIND_EVENT)
		return true; /* its state comes with it, and says how urgent it is */
	if (item->kind != KIND_STATE)
		return false;
	switch (item->state.state) {
	case MACHINE_STARTING:
	case MACHINE_STOPPING:
	case MACHINE_SUSPENDING:
	case MACHINE_RESTARTING:
	case MACHINE_DESTROYING:
		return true;
	case MACHINE_CREATED:
	case MACHINE_STARTED:
	case MACHINE_STOPPED:
	case MACHINE_SUSPENDED:
	case MACHINE_FAILED:
		break;
	}
	return false;
}

static void put(struct writer *w, struct item *item)
{
	int64_t urgent_ms = clock_mono_ms() + (is_transient(item) ? TRANSIENT_MS : 0);
	pthread_mutex_lock(&w->lock);
	if (!w->first || urgent_ms < w->urgent_ms)
		w->urgent_ms = urgent_ms;
	if (item->kind == KIND_STATE)
		drop_older_states(w, item->state.machine);
	if (item->kind == KIND_EVENT && w->count >= QUEUE_MAX) {
		free(item);
	} else {
		item->next = NULL;
		*w->last = item;
		w->last = &item->next;
		w->count++;
		pthread_cond_signal(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
}

/* With the lock. What could not be written goes back before what came meanwhile. */
static void put_back(struct writer *w, struct item *items)
{
	struct item **end = &items;
	size_t count = 0;
	for (; *end; end = &(*end)->next)
		count++;
	*end = w->first;
	if (!w->first)
		w->last = end;
	w->first = items;
	w->count += count;
}

/* With the lock. Returns early when something comes in or it is time to end. */
static void wait_until(struct writer *w, int64_t mono_ms)
{
	struct timespec until = {.tv_sec = mono_ms / 1000, .tv_nsec = mono_ms % 1000 * 1000000};
	pthread_cond_timedwait(&w->changed, &w->lock, &until);
}

/* With the lock. After a failure. */
static void wait_again(struct writer *w)
{
	int64_t again_ms = clock_mono_ms() + AGAIN_MS;
	while (!w->stopping && clock_mono_ms() < again_ms)
		wait_until(w, again_ms);
}

/* With the lock. False: nothing to write yet. */
static bool is_time(struct writer *w)
{
	if (!w->first) {
		pthread_cond_wait(&w->changed, &w->lock);
		return false;
	}
	if (w->stopping || clock_mono_ms() >= w->urgent_ms)
		return true;
	wait_until(w, w->urgent_ms);
	return false;
}

static void *run(void *arg)
{
	struct writer *w = arg;
	int last_tries = 0;
	pthread_mutex_lock(&w->lock);
	while (w->first || !w->stopping) {
		if (!is_time(w))
			continue;
		struct item *items = w->first;
		w->first = NULL;
		w->last = &w->first;
		w->count = 0;
		pthread_mutex_unlock(&w->lock);
		int rc = write_batch(w, items, NULL);
		report(w, rc);
		if (rc == 0)
			free_items(items);
		else if (w->refused)
			rc = (items = write_apart(w, items)) ? -1 : 0;
		pthread_mutex_lock(&w->lock);
		if (rc == 0)
			continue;
		put_back(w, items);
		if (w->stopping && ++last_tries == LAST_TRIES)
			break;
		wait_again(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct writer *writer_start(const char *registry, const char *host, char **error)
{
	struct writer *w = mem_new(sizeof *w);
	w->path = mem_text(registry);
	open_registry(w);
	if (registry_failed(w->registry)) {
		*error = mem_text(registry_error(w->registry));
		registry_close(w->registry);
		free(w->path);
		free(w);
		return NULL;
	}
	w->host = mem_text(host);
	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&w->thread, NULL, run, w) != 0)
		abort();
	return w;
}

void writer_stop(struct writer *writer)
{
	if (!writer)
		return;
	pthread_mutex_lock(&writer->lock);
	writer->stopping = true;
	pthread_cond_signal(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->thread, NULL);
	if (writer->first)
		log_error("states not written count=%zu: the next agent finds out by itself", writer->count);
	free_items(writer->first);
	pthread_cond_destroy(&writer->changed);
	pthread_mutex_destroy(&writer->lock);
	registry_close(writer->registry);
	free(writer->path);
	free(writer->host);
	free(writer);
}

void writer_state(struct writer *writer, const struct writer_state *state)
{
	struct item *item = mem_new(sizeof *item);
	item->kind = KIND_STATE;
	item->state = *state;
	put(writer, item);
}

void writer_event(struct writer *writer, const struct writer_event *event)
{
	struct item *item = mem_new(sizeof *item);
	item->kind = KIND_EVENT;
	item->event = *event;
	put(writer, item);
}

void writer_check(struct writer *writer, const struct writer_check *check)
{
	struct item *item = mem_new(sizeof *item);
	item->kind = KIND_CHECK;
	item->check = *check;
	put(writer, item);
}

static void put_machine(struct writer *w, enum kind kind, const char *machine)
{
	struct item *item = mem_new(sizeof *item);
	item->kind = kind;
	snprintf(item->machine, sizeof item->machine, "%s", machine);
	put(w, item);
}

void writer_uncheck(struct writer *writer, const char *machine)
{
	put_machine(writer, KIND_UNCHECK, machine);
}

void writer_forget(struct writer *writer, const char *machine)
{
	put_machine(writer, KIND_FORGET, machine);
}

void writer_destroy(struct writer *writer, const char *machine)
{
	put_machine(writer, KIND_DESTROY, machine);
}

void writer_away(struct writer *writer, const char *json)
{
	struct item *item = mem_new(sizeof *item);
	item->kind = KIND_AWAY;
	item->away = mem_text(json);
	put(writer, item);
}
