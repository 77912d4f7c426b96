/* moment.c - see moment.h. */
#include "moment.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/file_look.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "catalog.h"

static const double LOOK_SECONDS = 1;

struct moment {
	struct file_look file; /* path NULL: there is none */
	double stale_seconds;
	struct cookie_secrets *secrets; /* what the threads have; NULL: no cookies */
	struct moment_place place;
	struct ev_loop *loop; /* NULL: nobody looks yet */
	ev_timer look;
};

static void secrets_free(void *secrets)
{
	if (secrets)
		explicit_bzero(secrets, sizeof(struct cookie_secrets));
	free(secrets);
}

static struct cookie_secrets *read_secrets(const char *path, struct text *why)
{
	struct cookie_secrets read;
	struct text file = {0}, wrong = {0};
	struct cookie_secrets *out = NULL;
	if (file_look_read(path, &file, why) == 0) {
		if (cookie_secrets_read(&read, (struct bytes){text_string(&file), file.len}, &wrong) == 0)
			out = mem_copy(&read, sizeof read);
		else
			text_format(why, "%s, %s", path, text_string(&wrong));
	}
	explicit_bzero(&read, sizeof read);
	if (file.len)
		explicit_bzero(file.at, file.len);
	text_free(&file);
	text_free(&wrong);
	return out;
}

static struct cookie_secrets *make_secrets(struct text *why)
{
	struct cookie_secrets *out = mem_new(sizeof *out);
	out->count = 1;
	if (getrandom(out->secret, sizeof out->secret[0], 0) == sizeof out->secret[0])
		return out;
	text_format(why, "no random octets: %s", strerror(errno));
	free(out);
	return NULL;
}

struct moment *moment_open(const struct moment_facts *facts, struct text *why)
{
	struct moment *m = mem_new(sizeof *m);
	bool none = facts->secrets && strcmp(facts->secrets, "none") == 0;
	m->stale_seconds = facts->stale_seconds;
	if (none)
		return m;
	if (facts->secrets) {
		m->file.path = facts->secrets;
		(void)file_look_changed(&m->file);
	}
	m->secrets = m->file.path ? read_secrets(m->file.path, why) : make_secrets(why);
	if (m->secrets)
		return m;
	free(m);
	return NULL;
}

static void look_at_file(struct moment *m)
{
	struct reclaim old = {0};
	struct text why = {0};
	if (!m->file.path || !file_look_changed(&m->file))
		return;
	struct cookie_secrets *fresh = read_secrets(m->file.path, &why);
	if (fresh) {
		reclaim_later(&old, secrets_free, m->secrets);
		m->secrets = fresh;
		rcu_set(m->place.now->secrets, fresh);
		reclaim_free(&old);
		log_info("cookie secrets read again path=%s count=%zu", m->file.path, fresh->count);
	} else {
		log_error("cookie secrets not read again: %s; those before are used", text_string(&why));
	}
	text_free(&why);
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct moment *m = timer->data;
	struct responder_now *now = m->place.now;
	int64_t age_ms = catalog_stats(m->place.catalog).fresh_ms;
	(void)loop, (void)events;
	__atomic_store_n(&now->seconds, (uint32_t)(clock_wall_ms() / 1000), __ATOMIC_RELAXED);
	__atomic_store_n(&now->stale, (double)age_ms > m->stale_seconds * 1000, __ATOMIC_RELAXED);
	look_at_file(m);
}

void moment_watch(struct moment *m, struct ev_loop *loop, const struct moment_place *place)
{
	m->loop = loop;
	m->place = *place;
	rcu_set(place->now->secrets, m->secrets);
	ev_timer_init(&m->look, on_look, LOOK_SECONDS, LOOK_SECONDS);
	m->look.data = m;
	ev_timer_start(loop, &m->look);
	on_look(loop, &m->look, 0);
}

void moment_free(struct moment *m)
{
	if (!m)
		return;
	if (m->loop)
		ev_timer_stop(m->loop, &m->look);
	secrets_free(m->secrets);
	free(m);
}
