/* await.c - see await.h. */
#include "command/await.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "command/agent_look.h"
#include "command/call.h"
#include "command/log_file.h"
#include "command/say.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"
#include "watch.h"

/* How long an agent that is being restarted may be away before it counts as not there. */
enum { AGENT_AWAY_MS = 1000, LAST_LINES = 10 };

const char *await_duration(char out[AWAIT_DURATION], double seconds)
{
	long long whole = (long long)seconds;
	if (seconds < 60)
		snprintf(out, AWAIT_DURATION, "%gs", seconds);
	else if (whole < 3600)
		snprintf(out, AWAIT_DURATION, "%lldm%llds", whole / 60, whole % 60);
	else
		snprintf(out, AWAIT_DURATION, "%lldh%lldm%llds", whole / 3600, whole / 60 % 60, whole % 60);
	return out;
}

static void print_line(void *owner, const struct log_line *line)
{
	(void)owner;
	fprintf(stderr, "  %.*s\n", (int)line->text.len, line->text.at);
}

void await_last_lines(const struct call *call, const char *id)
{
	struct log_file file;
	log_file_open(&file, call->path, id);
	log_file_tail(&file, LAST_LINES, &(struct log_sink){.line = print_line});
	log_file_close(&file);
}

/* Why it is not where it should be, as far as the registry knows. */
static const char *reason(const struct machine *m, char *out, size_t size)
{
	if (*m->message)
		snprintf(out, size, "%s", m->message);
	else if (m->exited && m->exit_code > 128)
		snprintf(out, size, "it was ended by signal %" PRId64, m->exit_code - 128);
	else if (m->exited)
		snprintf(out, size, "it ended with exit code %" PRId64, m->exit_code);
	else
		snprintf(out, size, "it is %s", m->state);
	return out;
}

static int say_missed(const struct await *a, const struct machine *m)
{
	char why[512];
	reason(m, why, sizeof why);
	if (strcmp(a->goal.state, "started") != 0)
		return say_refused("machine %s is %s, not %s: %s", m->id, m->state, a->goal.state, why);
	say_refused("machine %s (%s) did not start: %s; it is %s, see flycast logs -a %s -i %s", m->id, m->name, why,
	            m->state, m->app, m->id);
	await_last_lines(a->call, m->id);
	return 1;
}

static int say_too_late(const struct await *a, const struct machine *m)
{
	char waited[AWAIT_DURATION];
	return say_refused(
	    "machine %s is %s and not yet %s after %s: it goes on; see flycast machine status %s, or wait "
	    "longer with --wait-timeout",
	    a->id, m ? m->state : "gone", a->goal.state, await_duration(waited, a->seconds), a->id);
}

static int say_no_agent(const struct await *a, const struct machine *m)
{
	return say_refused("no agent runs on host %s, so machine %s stays %s: start it there with flycast up; what was "
	                   "asked is kept for it",
	                   m->host, a->id, m->state);
}

/* One look. -1: go on waiting; else the exit code. */
static int look(const struct await *a, struct machine **m, bool *auto_destroy)
{
	bool failed;
	machine_free(*m, 1);
	*m = machine_look(a->call->registry, a->id, &failed);
	if (failed)
		return session_failed(a->call);
	if (*m && (*m)->exists)
		*auto_destroy = (*m)->auto_destroy;
	switch (goal_judge(&a->goal, *m)) {
	case GOAL_REACHED:
	case GOAL_ENDED:
		return 0;
	case GOAL_MISSED:
		assert(*m);
		return say_missed(a, *m);
	case GOAL_GONE:
		if (*auto_destroy && a->goal.asked && strcmp(a->goal.state, "started") == 0)
			return 0;
		return say_refused("machine %s has already been destroyed", a->id);
	case GOAL_WAIT:
		break;
	}
	return -1;
}

int await_machine(const struct await *await, struct machine **now)
{
	struct watch *watch = watch_open(await->call->registry);
	int64_t start = clock_mono_ms(), deadline = start + (int64_t)(await->seconds * 1000);
	int64_t agent_check = start + AGENT_AWAY_MS;
	struct machine *m = NULL;
	bool auto_destroy = false;
	int code;
	while ((code = look(await, &m, &auto_destroy)) < 0) {
		if (!watch_wait(watch, deadline < agent_check ? deadline : agent_check) &&
		    clock_mono_ms() >= deadline) {
			code = say_too_late(await, m);
			break;
		}
		if (clock_mono_ms() < agent_check)
			continue;
		agent_check += AGENT_AWAY_MS;
		if (m && agent_look(await->call->registry, m->host) == AGENT_ABSENT) {
			code = say_no_agent(await, m);
			break;
		}
	}
	watch_close(watch);
	if (!now || code)
		machine_free(m, 1);
	else
		*now = m;
	if (now && code)
		*now = NULL;
	return code;
}
