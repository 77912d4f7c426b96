/* deploy_proof.c - see deploy_proof.h. */
#include "command/deploy_proof.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "command/agent_look.h"
#include "command/await.h"
#include "command/call.h"
#include "command/interrupt.h"
#include "command/progress.h"
#include "machine.h"
#include "registry.h"
#include "service.h"
#include "statement.h"
#include "watch.h"

enum {
	LOOK_MS = 50,
	CONNECT_MS = 250,
	RUN_MS = 1000,
	AGENT_LOOK_MS = 250,
	AGENT_AWAY_MS = 5000,
	NO_SERVICE = -1,
	ALL_ANSWER = 0
};

enum look { LOOK_WAIT, LOOK_WELL, LOOK_BAD };

struct proving {
	const struct deploy_proof *proof;
	struct text *why;
	struct text missing; /* what is waited for, as the end of a sentence that begins with its name */
	int64_t since;       /* ms; when it was asked to start, then when it was first seen running */
	int64_t agent_look;  /* ms; the next time */
	int64_t agent_seen;  /* ms; the last time, or the beginning: one that is being restarted is away for a moment */
	char *instance;      /* of its first run */
};

/* ------------------------------------------------------------------------------------------------- what it listens on */

static bool connects(int family, const struct sockaddr *to, socklen_t size)
{
	int error = 0;
	socklen_t len = sizeof error;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	bool yes = fd >= 0 && connect(fd, to, size) == 0;
	if (fd >= 0 && !yes && errno == EINPROGRESS)
		yes = poll(&ready, 1, CONNECT_MS) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
		      error == 0;
	if (fd >= 0)
		close(fd);
	return yes;
}

/* On [::], or on 0.0.0.0 alone: the proxy reaches both. */
static bool answers(const struct machine *m, int64_t port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	if (inet_pton(AF_INET6, m->address, &six.sin6_addr) == 1 &&
	    connects(AF_INET6, (const struct sockaddr *)&six, sizeof six))
		return true;
	return inet_pton(AF_INET, m->ipv4, &four.sin_addr) == 1 &&
	       connects(AF_INET, (const struct sockaddr *)&four, sizeof four);
}

/* The first port of a service that nothing answers on, or one of the two above. -2 failed. */
static int64_t silent_port(const struct proving *p, const struct machine *m)
{
	struct service_row *rows;
	size_t count;
	int64_t port = NO_SERVICE;
	uint16_t before = 0;
	if (service_rows(p->proof->call->registry, m->app, m->id, &rows, &count) < 0)
		port = -2;
	for (size_t i = 0; i < count && port <= ALL_ANSWER && port != -2; i++) {
		uint16_t internal = rows[i].port.internal;
		if (rows[i].port.protocol != PROTOCOL_TCP || internal == before)
			continue;
		port = answers(m, internal) ? ALL_ANSWER : internal;
		before = internal;
	}
	free(rows);
	return port;
}

/* ------------------------------------------------------------------------------------------------- what its rows say */

static enum look read_failed(const struct proving *p)
{
	text_put(p->why, registry_error(p->proof->call->registry));
	return LOOK_BAD;
}

/* What a check of it that does not pass says. LOOK_WELL: all pass. */
static enum look look_checks(struct proving *p)
{
	struct statement s;
	statement_open(&s, p->proof->call->registry,
	               "SELECT k.name, coalesce(nullif(c.output, ''), 'no answer yet') FROM service_check k"
	               " LEFT JOIN check_state c USING (machine, internal_port, number)"
	               " WHERE k.machine = ?1 AND c.status IS NOT 'passing' LIMIT 1");
	statement_bind_text(&s, 1, p->proof->id);
	int rc = statement_step(&s);
	if (rc > 0)
		text_format(&p->missing, "runs, but does not pass its check %s: %s", statement_text(&s, 0),
		            statement_text(&s, 1));
	statement_close(&s);
	return rc < 0 ? read_failed(p) : rc > 0 ? LOOK_WAIT : LOOK_WELL;
}

/* How often it ended by itself since it was asked to start; -1 failed. */
static int64_t count_crashes(const struct proving *p)
{
	struct statement s;
	statement_open(&s, p->proof->call->registry, "SELECT restarts FROM machine_state WHERE machine = ?1");
	statement_bind_text(&s, 1, p->proof->id);
	int rc = statement_step(&s);
	int64_t crashes = rc > 0 ? statement_number(&s, 0) : rc;
	statement_close(&s);
	return crashes;
}

static enum look tell_ended(const struct proving *p, const struct machine *m)
{
	/* What an agent says of every end is said here already. */
	static const char usual[] = "the command ended with code";
	text_format(p->why, "machine %s ", m->id);
	if (!p->proof->once)
		text_format(p->why, "of process group %s ", m->process_group);
	if (m->exited && m->exit_code > 128)
		text_format(p->why, "was ended by signal %" PRId64, m->exit_code - 128);
	else if (m->exited)
		text_format(p->why, "ended with exit code %" PRId64, m->exit_code);
	else
		text_format(p->why, "is %s", m->state);
	if (*m->message && strncmp(m->message, usual, sizeof usual - 1) != 0)
		text_format(p->why, ": %s", m->message);
	return LOOK_BAD;
}

static enum look look_running(struct proving *p, const struct machine *m)
{
	if (!p->instance) {
		p->instance = mem_text(m->instance);
		p->since = clock_mono_ms();
	}
	if (strcmp(p->instance, m->instance) != 0)
		return tell_ended(p, m);
	int64_t silent = p->proof->once ? NO_SERVICE : silent_port(p, m);
	if (silent == -2)
		return read_failed(p);
	if (silent > 0) {
		text_format(&p->missing,
		            "runs, but nothing answers on its port %" PRId64
		            ": the program has to listen there, on 0.0.0.0 or [::]",
		            silent);
		return LOOK_WAIT;
	}
	if (p->proof->once || (silent == NO_SERVICE && clock_mono_ms() - p->since < RUN_MS)) {
		text_put(&p->missing, "still runs");
		return LOOK_WAIT;
	}
	return look_checks(p);
}

static enum look look_agent(struct proving *p, const struct machine *m)
{
	int64_t now = clock_mono_ms();
	text_format(&p->missing, "is %s", m->state);
	if (now < p->agent_look)
		return LOOK_WAIT;
	p->agent_look = now + AGENT_LOOK_MS;
	if (agent_look(p->proof->call->registry, m->host) != AGENT_ABSENT)
		p->agent_seen = now;
	if (now - p->agent_seen < AGENT_AWAY_MS)
		return LOOK_WAIT;
	text_format(p->why, "no agent runs on host %s, so machine %s stays %s: start it there with flycast up", m->host,
	            m->id, m->state);
	return LOOK_BAD;
}

static enum look look(struct proving *p, const struct machine *m)
{
	text_clear(&p->missing);
	if (m->done_serial < p->proof->serial)
		return look_agent(p, m);
	bool runs = strcmp(m->state, "started") == 0;
	bool ended = strcmp(m->state, "stopped") == 0 || strcmp(m->state, "failed") == 0;
	bool through = ended && m->exited && m->exit_code == 0 && !*m->message;
	if (through && (p->proof->once || silent_port(p, m) == NO_SERVICE))
		return LOOK_WELL;
	int64_t crashes = count_crashes(p);
	if (crashes < 0)
		return read_failed(p);
	if (ended || crashes > 0)
		return tell_ended(p, m);
	return runs ? look_running(p, m) : look_agent(p, m);
}

/* ------------------------------------------------------------------------------------------------- waiting */

static enum look look_once(struct proving *p)
{
	bool failed;
	struct machine *m = machine_look(p->proof->call->registry, p->proof->id, &failed);
	enum look seen = LOOK_BAD;
	if (failed)
		read_failed(p);
	else if (!m || !m->exists)
		text_format(p->why, "machine %s was destroyed by somebody else", p->proof->id);
	else
		seen = look(p, m);
	if (p->proof->on_look)
		p->proof->on_look(p->proof->owner);
	if (seen == LOOK_WAIT)
		progress_show("  Machine %s [%s] %s", p->proof->id, m->process_group, text_string(&p->missing));
	machine_free(m, 1);
	return seen;
}

static void tell_too_late(const struct proving *p)
{
	char waited[AWAIT_DURATION];
	text_format(p->why, "after %s machine %s %s", await_duration(waited, p->proof->seconds), p->proof->id,
	            text_string(&p->missing));
}

int deploy_proof_await(const struct deploy_proof *proof, struct text *why)
{
	int64_t now = clock_mono_ms(), deadline = proof->since + (int64_t)(proof->seconds * 1000);
	struct proving p = {.proof = proof, .why = why, .since = now, .agent_look = now, .agent_seen = now};
	struct watch *watch = watch_open(proof->call->registry);
	enum look seen;
	text_clear(why);
	while ((seen = look_once(&p)) == LOOK_WAIT) {
		if (interrupt_came())
			text_put(why, "it was interrupted");
		else if (clock_mono_ms() >= deadline)
			tell_too_late(&p);
		if (why->len) {
			seen = LOOK_BAD;
			break;
		}
		watch_wait(watch, clock_mono_ms() + LOOK_MS);
	}
	progress_clear();
	watch_close(watch);
	free(p.instance);
	text_free(&p.missing);
	return seen == LOOK_WELL ? 0 : 1;
}

bool deploy_proof_holds(const struct machine *m)
{
	bool through = m && m->exited && m->exit_code == 0;
	return m && m->exists && (strcmp(m->state, "started") == 0 || (through && strcmp(m->state, "stopped") == 0));
}
