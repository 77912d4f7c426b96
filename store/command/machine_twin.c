/* machine_twin.c - see machine_twin.h. */
#include "command/machine_twin.h"

#include "check.h"
#include "command/call.h"
#include "command/session.h"
#include "registry.h"
#include "service.h"
#include "statement.h"

void machine_twin_plan(struct machine_plan *out, const struct machine *from)
{
	*out = (struct machine_plan){
	    .app = from->app,
	    .region = from->region,
	    .host = from->host,
	    .process_group = from->process_group,
	    .command = from->command,
	    .env = from->env,
	    .metadata = from->metadata,
	    .restart = from->restart,
	    .max_retries = from->max_retries,
	    .kill_signal = from->kill_signal,
	    .kill_timeout = from->kill_timeout,
	    .auto_destroy = from->auto_destroy,
	    .skip_dns = from->skip_dns,
	    .start = true,
	    .guest = from->guest,
	    .image = *from->image ? from->image : NULL,
	    .entrypoint = *from->entrypoint ? from->entrypoint : NULL,
	};
}

/* Metadata that is about that one Machine alone. */
static int forget_own(struct registry *registry, const char *id)
{
	struct statement s;
	statement_open(&s, registry, "DELETE FROM machine_metadata WHERE machine = ?1 AND key = 'flycast_replaces'");
	statement_bind_text(&s, 1, id);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int machine_twin_put(struct call *call, const struct machine_plan *plan, const struct machine *from,
                     char id[MACHINE_ID])
{
	struct registry *registry = call->registry;
	if (machine_put(registry, plan, id) < 0 || forget_own(registry, id) < 0 ||
	    service_copy(registry, from->id, id) < 0 || check_copy(registry, from->id, id) < 0)
		return session_failed(call);
	return 0;
}
