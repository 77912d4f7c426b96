/* machine_ask.c - flycast machine start, stop, suspend, restart, cordon, uncordon, wait and destroy. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "command/agent_look.h"
#include "command/await.h"
#include "command/call.h"
#include "command/machine_commands.h"
#include "command/machine_pick.h"
#include "command/say.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"

struct asking {
	const char *ask;
	const char *state;  /* that it leads to */
	const char *before; /* said while it is under way; "%s": the id; NULL: nothing */
	const char *done;
	const char *detached; /* said instead of done when nobody waits */
	bool ends;            /* takes --signal and --timeout */
};

/* {"signal":"SIGTERM","timeout":5} or NULL. */
static char *read_options(const struct call *call, const struct asking *asking)
{
	const char *signal = asking->ends ? call_text(call, "signal") : NULL;
	double timeout = asking->ends ? call_seconds(call, "timeout", -1) : -1;
	if (!signal && timeout < 0)
		return NULL;
	json_t *object = json_object();
	if (signal)
		json_object_set_new(object, "signal", json_string(signal));
	if (timeout >= 0)
		json_object_set_new(object, "timeout", json_integer((json_int_t)ceil(timeout)));
	char *text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text;
}

static int check_options(const struct call *call, const struct asking *asking)
{
	static const char *const signals[] = {"HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "STOP"};
	const char *signal = asking->ends ? call_text(call, "signal") : NULL;
	bool known = !signal;
	for (size_t i = 0; !known && i < sizeof signals / sizeof signals[0]; i++)
		known = strcmp(signal, signals[i]) == 0 ||
		        (strncmp(signal, "SIG", 3) == 0 && strcmp(signal + 3, signals[i]) == 0);
	if (!known)
		return say_refused(
		    "'%.40s' is not a signal that can be sent: use SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGUSR1, "
		    "SIGUSR2, SIGTERM or SIGSTOP",
		    signal);
	if (asking->ends && call_seconds(call, "timeout", 0) > 300)
		return say_refused(
		    "a timeout of more than 300 s is not possible: use --signal SIGKILL when it must end now");
	return 0;
}

struct wish {
	char id[MACHINE_ID];
	int64_t serial;
};

/* All of them in one transaction: when one is unknown none is asked. */
static int put_wishes(struct call *call, const struct asking *asking, struct wish *wishes)
{
	char *options = read_options(call, asking);
	int code = session_write(call) < 0;
	for (int i = 0; code == 0 && i < call->arg_count; i++) {
		struct machine *m = machine_pick(call, i);
		code = m == NULL;
		if (m && machine_ask(call->registry, m->id, asking->ask, options, &wishes[i].serial) < 0)
			code = session_failed(call);
		if (m)
			memcpy(wishes[i].id, m->id, MACHINE_ID);
		machine_free(m, 1);
	}
	if (code == 0)
		code = session_commit(call) < 0;
	free(options);
	return code;
}

static void print_id(const char *sentence, const char *id)
{
	const char *at = strstr(sentence, "%s");
	printf("%.*s%s%s\n", (int)(at - sentence), sentence, id, at + 2);
}

static int await_wish(struct call *call, const struct asking *asking, const struct wish *wish)
{
	double seconds = call_seconds(call, "wait-timeout", MACHINE_WAIT_SECONDS);
	const struct await await = {.call = call,
	                            .id = wish->id,
	                            .goal = {.state = asking->state, .asked = true, .serial = wish->serial},
	                            .seconds = seconds};
	if (asking->before)
		print_id(asking->before, wish->id);
	fflush(stdout);
	if (seconds == 0) {
		print_id(asking->detached, wish->id);
		return 0;
	}
	int code = await_machine(&await, NULL);
	if (code == 0)
		print_id(asking->done, wish->id);
	return code;
}

static int ask(struct call *call, const struct asking *asking)
{
	int code = machine_pick_check(call);
	if (code == 0)
		code = check_options(call, asking);
	if (code)
		return code;
	struct wish *wishes = mem_new_array((size_t)call->arg_count, sizeof *wishes);
	code = put_wishes(call, asking, wishes);
	/* One that fails does not keep us from telling what became of the others. */
	for (int i = 0, asked = code == 0; asked && i < call->arg_count; i++)
		if (await_wish(call, asking, &wishes[i]))
			code = 1;
	free(wishes);
	return code;
}

int machine_command_start(struct call *call)
{
	static const struct asking asking = {
	    .ask = "start", .state = "started", .done = "%s has been started", .detached = "%s is being started"};
	return ask(call, &asking);
}

int machine_command_stop(struct call *call)
{
	static const struct asking asking = {.ask = "stop",
	                                     .state = "stopped",
	                                     .before = "Sending kill signal to machine %s...",
	                                     .done = "%s has been successfully stopped",
	                                     .detached = "%s is being stopped",
	                                     .ends = true};
	return ask(call, &asking);
}

int machine_command_suspend(struct call *call)
{
	static const struct asking asking = {.ask = "suspend",
	                                     .state = "suspended",
	                                     .before = "Suspending machine %s...",
	                                     .done = "%s has been suspended",
	                                     .detached = "%s is being suspended"};
	return ask(call, &asking);
}

int machine_command_restart(struct call *call)
{
	static const struct asking asking = {.ask = "restart",
	                                     .state = "started",
	                                     .before = "Restarting machine %s",
	                                     .done = "Machine %s restarted successfully!",
	                                     .detached = "%s is being restarted",
	                                     .ends = true};
	return ask(call, &asking);
}

static int cordon(struct call *call, bool cordoned)
{
	int code = machine_pick_check(call);
	if (code)
		return code;
	if (session_write(call) < 0)
		return 1;
	char(*ids)[MACHINE_ID] = mem_new_array((size_t)call->arg_count, sizeof *ids);
	for (int i = 0; code == 0 && i < call->arg_count; i++) {
		struct machine *m = machine_pick(call, i);
		code = m == NULL;
		if (m && machine_cordon(call->registry, m->id, cordoned) < 0)
			code = session_failed(call);
		if (m)
			memcpy(ids[i], m->id, MACHINE_ID);
		machine_free(m, 1);
	}
	if (code == 0)
		code = session_commit(call) < 0;
	for (int i = 0; code == 0 && i < call->arg_count; i++)
		printf("%s cordon on machine %s... done!\n", cordoned ? "Activating" : "Deactivating", ids[i]);
	free(ids);
	return code;
}

int machine_command_cordon(struct call *call)
{
	return cordon(call, true);
}

int machine_command_uncordon(struct call *call)
{
	return cordon(call, false);
}

/* The id that is meant: also of a Machine that is gone already, when that is what is waited for. 0, or the exit code. */
static int waited_for(struct call *call, const char *state, char id[MACHINE_ID])
{
	struct machine *m = NULL;
	bool failed = false;
	if (strcmp(state, "destroyed") == 0 && strlen(call->args[0]) == MACHINE_ID - 1) {
		memcpy(id, call->args[0], MACHINE_ID);
		m = machine_look(call->registry, id, &failed);
		if (failed)
			return session_failed(call);
		if (!m && machine_was(call->registry, id) > 0)
			return 0;
		if (m && m->exists) {
			machine_free(m, 1);
			m = NULL; /* it must be one of the app */
		}
	}
	if (!m)
		m = machine_pick(call, 0);
	if (!m)
		return 1;
	memcpy(id, m->id, MACHINE_ID);
	machine_free(m, 1);
	return 0;
}

int machine_command_wait(struct call *call)
{
	const char *state = call_text(call, "state");
	char duration[AWAIT_DURATION], id[MACHINE_ID];
	int code = machine_pick_check(call);
	if (code)
		return code;
	if (session_read(call) < 0 || waited_for(call, state ? state : "settled", id))
		return 1;
	registry_read_end(call->registry);
	const struct await await = {.call = call,
	                            .id = id,
	                            .goal = {.state = state ? state : "settled"},
	                            .seconds = call_seconds(call, "wait-timeout", MACHINE_WAIT_SECONDS)};
	printf("Waiting up to %s for machine %s to reach \"%s\"...\n", await_duration(duration, await.seconds), id,
	       await.goal.state);
	fflush(stdout);
	code = await_machine(&await, NULL);
	if (code == 0)
		printf("Machine %s reached state \"%s\"\n", id, await.goal.state);
	return code;
}
