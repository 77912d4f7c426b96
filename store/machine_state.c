/* machine_state.c - the names of Machine states as the registry and people write them; see catalog.h. Pure. */
#include "catalog.h"

#include <string.h>

static const char *const names[] = {
    [MACHINE_CREATED] = "created",       [MACHINE_STARTING] = "starting",     [MACHINE_STARTED] = "started",
    [MACHINE_STOPPING] = "stopping",     [MACHINE_STOPPED] = "stopped",       [MACHINE_SUSPENDING] = "suspending",
    [MACHINE_SUSPENDED] = "suspended",   [MACHINE_RESTARTING] = "restarting", [MACHINE_FAILED] = "failed",
    [MACHINE_DESTROYING] = "destroying",
};

const char *machine_state_name(enum machine_state state)
{
	return names[state];
}

bool machine_state_parse(enum machine_state *out, const char *name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(names[i], name) == 0) {
			*out = (enum machine_state)i;
			return true;
		}
	}
	return false;
}
