/* machine_pick.c - see machine_pick.h. */
#include "command/machine_pick.h"

#include <stddef.h>

#include "app.h"
#include "command/call.h"
#include "command/say.h"
#include "command/session.h"
#include "machine.h"

int machine_pick_check(const struct call *call)
{
	if (call->arg_count)
		return 0;
	return say_misuse(call, "a machine ID must be specified: flycast machine list -a APP shows them");
}

struct machine *machine_pick(struct call *call, int index)
{
	struct app app;
	const char *name = call_app(call);
	struct machine *machine = NULL;
	if (!name || app_need(call->registry, &app, name) == 0)
		machine = machine_find(call->registry, name, call->args[index]);
	if (!machine)
		session_failed(call);
	return machine;
}
