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
enum {
	OWN_SECRET_MS = 24 * 3600 * 1000
}; /* cookies live for an hour; RFC 7873 7.1 wants secrets to live for days at most */

struct moment {
	struct file_look file; /* path NULL: there is none */
	double stale_seconds;
	struct cookie_secrets *secrets; /* what the threads have; NULL: no cookies */
	int64_t made_ms;                /* when those of our own were */
	struct responder_now *now;
	const struct catalog *catalog;
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

/* A new one of our own; the one before, if there is one, is still taken. */
static struct cookie_secrets *make_secrets(const struct cookie_secrets *before, struct text *why)
{
	struct cookie_secrets *out = mem_new(sizeof *out);
	if (getrandom(out->secret, sizeof out->secret[0], 0) != sizeof out->secret[0]) {
		text_format(why, "no random octets: %s", strerror(errno));
		free(out);
		return NULL;
	}
	out->count = 1;
	if (before)
		out->secret[out->count++] = before->secret[0];
	return out;
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
	m->made_ms = clock_mono_ms();
	m->secrets = m->file.path ? read_secrets(m->file.path, why) : make_secrets(NULL, why);
	if (m->secrets)
		return m;
	free(m);
	return NULL;
}

static void use(struct moment *m, struct cookie_secrets *fresh)
{
	struct cookie_secrets *old = m->secrets;
	m->secrets = fresh;
	rcu_set(m->now->secrets, fresh);
	rcu_wait();
	secrets_free(old);
}

static void look_at_file(struct moment *m)
{
	struct text why = {0};
	if (!file_look_changed(&m->file))
		return;
	struct cookie_secrets *fresh = read_secrets(m->file.path, &why);
	if (fresh) {
		use(m, fresh);
		log_info("cookie secrets read again path=%s count=%zu", m->file.path, fresh->count);
	} else {
		log_error("cookie secrets not read again: %s; those before are used", text_string(&why));
	}
	text_free(&why);
}

/* What cannot be made now is made at the next look. */
static void renew_own(struct moment *m)
{
	struct text why = {0};
	if (clock_mono_ms() - m->made_ms < OWN_SECRET_MS)
		return;
	struct cookie_secrets *fresh = make_secrets(m->secrets, &why);
	if (fresh) {
		use(m, fresh);
		m->made_ms = clock_mono_ms();
	}
	text_free(&why);
}

static void tell_time(struct moment *m)
{
	__atomic_store_n(&m->now->seconds, (uint32_t)(clock_wall_ms() / 1000), __ATOMIC_RELAXED);
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct moment *m = timer->data;
	double age_seconds = (double)catalog_stats(m->catalog).fresh_ms / 1000;
	bool stale = m->stale_seconds > 0 && age_seconds > m->stale_seconds;
	(void)loop, (void)events;
	tell_time(m);
	__atomic_store_n(&m->now->stale, stale, __ATOMIC_RELAXED);
	if (m->file.path)
		look_at_file(m);
	else if (m->secrets)
		renew_own(m);
}

void moment_tell(struct moment *m, struct responder_now *now)
{
	m->now = now;
	tell_time(m);
	rcu_set(now->secrets, m->secrets);
}

void moment_watch(struct moment *m, struct ev_loop *loop, const struct catalog *catalog)
{
	m->loop = loop;
	m->catalog = catalog;
	ev_timer_init(&m->look, on_look, LOOK_SECONDS, LOOK_SECONDS);
	m->look.data = m;
	ev_timer_start(loop, &m->look);
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
