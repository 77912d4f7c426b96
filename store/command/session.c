/* session.c - see session.h. */
#include "command/session.h"

#include <stddef.h>

#include "command/call.h"
#include "command/say.h"
#include "registry.h"

int session_failed(const struct call *call)
{
	return say_refused("%s", registry_error(call->registry));
}

static int open_registry(struct call *call, enum registry_mode mode)
{
	registry_close(call->registry);
	call->registry = registry_open(call->path, mode);
	if (!registry_failed(call->registry))
		return 0;
	session_failed(call);
	return -1;
}

int session_read(struct call *call)
{
	if (open_registry(call, REGISTRY_READ) < 0)
		return -1;
	if (registry_read_begin(call->registry) == 0)
		return 0;
	session_failed(call);
	return -1;
}

int session_write(struct call *call)
{
	if (open_registry(call, REGISTRY_WRITE) < 0)
		return -1;
	if (registry_begin(call->registry, call->line) == 0)
		return 0;
	session_failed(call);
	return -1;
}

int session_commit(struct call *call)
{
	if (registry_commit(call->registry) == 0)
		return 0;
	session_failed(call);
	return -1;
}
