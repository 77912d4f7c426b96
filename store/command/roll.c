/* roll.c - see roll.h. */
#include "command/roll.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "command/await.h"
#include "command/call.h"
#include "command/say.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"
#include "statement.h"
#include "watch.h"

enum { PROOF_MS = 1000, LOOK_MS = 100 };

static bool is_in(const struct machine *m, const char *states)
{
	return command_word_in(states, m->state);
}

const char *roll_wish(const struct machine *machine)
{
	if (is_in(machine, "starting started restarting"))
		return "restart";
	return is_in(machine, "suspending suspended") ? "stop" : NULL;
}

int roll_ask(struct call *call, const struct machine *machine, bool start, struct goal *goal)
{
	const char *wish = roll_wish(machine);
	*goal = (struct goal){0};
	if (start && (!wish || strcmp(wish, "stop") == 0))
		wish = "restart";
	if (!wish)
		return 0;
	if (machine_ask(call->registry, machine->id, wish, NULL, &goal->serial) < 0)
		return session_failed(call);
	goal->asked = true;
	goal->state = strcmp(wish, "stop") == 0 ? "stopped" : "started";
	return 0;
}

/* ------------------------------------------------------------------------------------------------ the proof */

struct proof {
	struct call *call;
	const char *id;
	int64_t since_ms;
	struct text check; /* the one that does not pass yet, and what it says; "" : none */
};

/* 1: there are checks that do not pass, 0: all do, -1 failed. *any: there are some at all. */
static int look_at_checks(struct proof *p, bool *any)
{
	struct statement s;
	int rc;
	*any = false;
	text_clear(&p->check);
	statement_open(&s, p->call->registry,
	               "SELECT k.name, coalesce(nullif(c.output, ''), 'no answer yet'), c.status IS 'passing'"
	               " FROM service_check k LEFT JOIN check_state c USING (machine, internal_port, number)"
	               " WHERE k.machine = ?1");
	statement_bind_text(&s, 1, p->id);
	while ((rc = statement_step(&s)) > 0) {
		*any = true;
		if (!statement_number(&s, 2) && !p->check.len)
			text_format(&p->check, "%s: %s", statement_text(&s, 0), statement_text(&s, 1));
	}
	statement_close(&s);
	return rc < 0 ? -1 : p->check.len > 0;
}

/* -1: go on waiting; else the exit code. */
static int look(struct proof *p)
{
	bool failed, any;
	struct machine *m = machine_look(p->call->registry, p->id, &failed);
	int code = -1;
	if (failed)
		code = session_failed(p->call);
	else if (!m || !m->exists)
		code = say_refused("machine %s was destroyed by somebody else", p->id);
	else if (*m->message) {
		code = say_refused("machine %s started and did not go on: %s", p->id, m->message);
		await_last_lines(p->call, p->id);
	} else if (!is_in(m, "starting started restarting"))
		code = 0; /* it is through with its work, or somebody stopped it */
	machine_free(m, 1);
	if (code >= 0)
		return code;
	int failing = look_at_checks(p, &any);
	if (failing < 0)
		return session_failed(p->call);
	if (failing || (!any && clock_mono_ms() - p->since_ms < PROOF_MS))
		return -1;
	return 0;
}

static int say_too_late(const struct proof *p, double seconds)
{
	char waited[AWAIT_DURATION];
	say_refused("machine %s runs, but does not pass its checks after %s: %s", p->id,
	            await_duration(waited, seconds), text_string(&p->check));
	await_last_lines(p->call, p->id);
	return 1;
}

static int prove(struct proof *p, double seconds)
{
	struct watch *watch = watch_open(p->call->registry);
	int64_t deadline = p->since_ms + (int64_t)(seconds * 1000);
	int code;
	if (deadline < p->since_ms + PROOF_MS)
		deadline = p->since_ms + PROOF_MS;
	while ((code = look(p)) < 0) {
		if (clock_mono_ms() > deadline + LOOK_MS) {
			code = say_too_late(p, seconds);
			break;
		}
		watch_wait(watch, clock_mono_ms() + LOOK_MS);
	}
	watch_close(watch);
	return code;
}

int roll_await(struct call *call, const char *id, const struct goal *goal, double seconds)
{
	const struct await await = {.call = call, .id = id, .goal = *goal, .seconds = seconds};
	if (!goal->state || seconds <= 0)
		return 0;
	int code = await_machine(&await, NULL);
	if (code || strcmp(goal->state, "started") != 0)
		return code;
	struct proof proof = {.call = call, .id = id, .since_ms = clock_mono_ms()};
	code = prove(&proof, seconds);
	text_free(&proof.check);
	return code;
}
