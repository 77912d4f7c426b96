/* machine_run.c - flycast machine run, create and clone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/await.h"
#include "command/call.h"
#include "command/json.h"
#include "command/machine_commands.h"
#include "command/machine_json.h"
#include "command/machine_pick.h"
#include "command/machine_plan.h"
#include "command/machine_twin.h"
#include "command/say.h"
#include "command/session.h"
#include "registry.h"

/* The Machine after its first start, or at once when nobody waits for that; *m is NULL when it is gone already (--rm). */
static int await_start(struct call *call, const char *id, bool start, struct machine **m)
{
	double seconds = call_seconds(call, "wait-timeout", MACHINE_WAIT_SECONDS);
	const struct await await = {
	    .call = call, .id = id, .goal = {.state = "started", .asked = true, .serial = 1}, .seconds = seconds};
	bool failed;
	if (start && !call_on(call, "detach", false) && seconds > 0)
		return await_machine(&await, m);
	*m = machine_look(call->registry, id, &failed);
	return failed ? session_failed(call) : 0;
}

static int print_json(struct call *call, const char *id, const struct machine *m)
{
	if (m && m->exists)
		return machine_json_say(call, id);
	json_t *object = json_object();
	json_put(object, "id", id);
	json_put(object, "state", "destroyed");
	return json_say(object);
}

static void print_machine(const char *id, const struct machine *m)
{
	printf(" Machine ID: %s\n", id);
	if (m && *m->instance)
		printf(" Instance ID: %s\n", m->instance);
	printf(" State: %s\n", m ? m->state : "destroyed");
	if (m && strcmp(m->state, "started") == 0)
		printf("Machine started, you can connect via the following private ip\n  %s\n", m->address);
}

static int put(struct call *call, bool start)
{
	struct wanted wanted;
	char id[MACHINE_ID];
	int code = wanted_read(&wanted, call);
	wanted.plan.start = start;
	if (code == 0)
		code = session_write(call) < 0;
	if (code == 0 &&
	    (machine_put(call->registry, &wanted.plan, id) < 0 || machine_config_services(&wanted.base, call, id) < 0 ||
	     service_put(call->registry, id, wanted.ports, wanted.port_count, &wanted.policy) < 0 ||
	     check_put(call->registry, id, wanted.checks, wanted.check_count) < 0))
		code = session_failed(call);
	if (code == 0)
		code = session_commit(call) < 0;
	wanted_free(&wanted);
	struct machine *m = NULL;
	if (code == 0)
		code = await_start(call, id, start, &m);
	if (code == 0 && call->json) {
		code = print_json(call, id, m);
	} else if (code == 0) {
		printf("Success! A Machine has been successfully %s in app %s\n", start ? "launched" : "created",
		       call_app(call));
		print_machine(id, m);
	}
	machine_free(m, 1);
	return code;
}

int machine_command_run(struct call *call)
{
	return put(call, true);
}

int machine_command_create(struct call *call)
{
	return put(call, false);
}

static int clone(struct call *call, const struct machine *from, char id[MACHINE_ID])
{
	const char *region = call_text(call, "region"), *group = call_text(call, "process-group");
	char *command = call->rest_count ? wanted_words(call->rest, call->rest_count) : NULL;
	struct machine_plan plan;
	if (call->rest_count && !command)
		return 1;
	machine_twin_plan(&plan, from);
	plan.name = call_text(call, "name");
	if (region) {
		plan.region = region;
		plan.host = NULL;
	}
	if (group)
		plan.process_group = group;
	if (command)
		plan.command = command;
	plan.auto_destroy = from->auto_destroy && !call_on(call, "clear-auto-destroy", false);
	int code = machine_twin_put(call, &plan, from, id);
	free(command);
	return code ? code : session_commit(call) < 0;
}

int machine_command_clone(struct call *call)
{
	char id[MACHINE_ID];
	int code = machine_pick_check(call);
	if (code)
		return code;
	if (session_write(call) < 0)
		return 1;
	struct machine *from = machine_pick(call, 0), *m = NULL;
	code = from ? clone(call, from, id) : 1;
	if (code == 0)
		code = await_start(call, id, true, &m);
	if (code == 0 && call->json) {
		code = print_json(call, id, m);
	} else if (code == 0) {
		printf("Machine %s has been successfully cloned!\n", from->id);
		print_machine(id, m);
	}
	machine_free(m, 1);
	machine_free(from, 1);
	return code;
}
