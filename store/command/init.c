/* init.c - flycast init: a registry that is there completely or not at all, because it is made under another name. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/place.h"
#include "command/say.h"
#include "command/session.h"
#include "host.h"
#include "network.h"
#include "org.h"
#include "registry.h"

/* What is at the path. 0: nothing, or an empty file (then *empty); else the exit code after a sentence. */
static int look(struct call *call, bool *empty)
{
	struct stat st;
	*empty = stat(call->path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
	if (*empty || (stat(call->path, &st) < 0 && errno == ENOENT))
		return 0;
	if (session_read(call) < 0)
		return 1;
	return say_refused("%s is a registry already: nothing was changed", call->path);
}

static const char *region_of(const struct call *call)
{
	const char *region = call_text(call, "region");
	if (!region)
		region = getenv("FLY_REGION");
	return region && *region ? region : "iad";
}

static int fill(struct call *call, struct registry *registry, const char *host)
{
	if (registry_begin(registry, call->line) < 0 || org_put(registry, "personal", "Personal") < 0 ||
	    network_put(registry, "personal", "default") < 0 || host_put(registry, host, region_of(call)) < 0)
		return -1;
	return registry_commit(registry);
}

static int make(struct call *call, const char *made, bool empty)
{
	char self[256] = "";
	const char *host = call_text(call, "host");
	gethostname(self, sizeof self - 1);
	struct registry *registry = registry_open(made, REGISTRY_CREATE);
	int code = 0;
	if (registry_failed(registry) || fill(call, registry, host ? host : self) < 0)
		code = place_refused(made, call->path, registry_error(registry));
	registry_close(registry); /* the last connection leaves one file behind, no log */
	return code ? code : place_put(made, call->path, empty ? PLACE_OVER : PLACE_NEW);
}

static int init(struct call *call)
{
	struct text made = {0};
	bool empty;
	int code = look(call, &empty);
	if (code == 0)
		code = place_directory(call->path);
	if (code)
		return code;
	place_name(&made, call->path, "init");
	code = make(call, made.at, empty);
	if (code)
		place_forget(made.at);
	else
		printf("Created %s with the organization \"personal\" and its network \"default\"\n", call->path);
	text_free(&made);
	return code;
}

static const struct command_flag flags[] = {
    {"region", 'r', FLAG_TEXT, "CODE", "where this host is (default $FLY_REGION, else iad)", NULL, NULL},
    {"host", 0, FLAG_TEXT, "NAME", "this host's name (default: the hostname)", NULL, NULL},
    {0}};

const struct command init_command = {
    .name = "init",
    .summary = "Create a registry: the organization personal, its network default, and this host",
    .examples = "flycast init\nflycast init --registry ./registry.db --region fra",
    .flags = flags,
    .run = init};
