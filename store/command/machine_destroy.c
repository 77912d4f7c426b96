/* machine_destroy.c - flycast machine destroy. */
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

static int check_state(const struct machine *m)
{
	static const char *const resting[] = {"created", "stopped", "suspended", "failed"};
	for (size_t i = 0; i < sizeof resting / sizeof resting[0]; i++)
		if (strcmp(m->state, resting[i]) == 0)
			return 0;
	if (strcmp(m->state, "started") == 0)
		return say_refused("machine %s currently started, either stop first or use --force flag", m->id);
	return say_refused("machine %s is in a %s state and cannot be destroyed since it is not stopped or suspended, "
	                   "either stop first or use --force flag",
	                   m->id, m->state);
}

/* Deletes all of them or none; gone[] gets copies of what they were. */
static int delete_all(struct call *call, struct machine **gone)
{
	for (int i = 0; i < call->arg_count; i++) {
		gone[i] = machine_pick(call, i);
		if (!gone[i])
			return 1;
		if (!call_on(call, "force", false) && check_state(gone[i]))
			return 1;
		if (machine_delete(call->registry, gone[i]->id) < 0)
			return session_failed(call);
	}
	return session_commit(call) < 0;
}

/* Its agent ends what runs and removes what is left. */
static int await_gone(struct call *call, const struct machine *m)
{
	double seconds = call_seconds(call, "wait-timeout", MACHINE_WAIT_SECONDS);
	const struct await await = {.call = call, .id = m->id, .goal = {.state = "destroyed"}, .seconds = seconds};
	bool failed;
	printf("machine %s was found and is currently in %s state, attempting to destroy...\n", m->id, m->state);
	fflush(stdout);
	struct machine *left = machine_look(call->registry, m->id, &failed);
	if (failed)
		return session_failed(call);
	if (left && agent_look(call->registry, m->host) == AGENT_ABSENT)
		say_warning("no agent runs on host %s: what is left of machine %s goes when one is started there",
		            m->host, m->id);
	else if (left && seconds > 0 && await_machine(&await, NULL))
		seconds = -1;
	machine_free(left, 1);
	if (seconds < 0)
		return 1;
	printf("%s has been destroyed\n", m->id);
	return 0;
}

int machine_command_destroy(struct call *call)
{
	int code = machine_pick_check(call);
	if (code)
		return code;
	if (session_write(call) < 0)
		return 1;
	struct machine **gone = (struct machine **)mem_new_array((size_t)call->arg_count, sizeof(struct machine *));
	code = delete_all(call, gone);
	for (int i = 0, deleted = code == 0; deleted && i < call->arg_count; i++)
		if (await_gone(call, gone[i]))
			code = 1;
	for (int i = 0; i < call->arg_count; i++)
		machine_free(gone[i], 1);
	free((void *)gone);
	return code;
}
