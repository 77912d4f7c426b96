/* orgs_replay.c - see orgs_replay.h. The texts are those of flyctl. */
#include "command/orgs_replay.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "command/call.h"
#include "command/json.h"
#include "command/say.h"
#include "command/session.h"
#include "org.h"
#include "registry.h"
#include "replay_source.h"
#include "statement.h"

static const char *org_of(const struct call *call)
{
	const char *org = call_org(call);
	return org ? org : "personal";
}

struct verb { /* the command's first word */
	const char *name;
	int (*run)(struct call *call, const char *org);
	int most; /* words after it; ARGS_ANY: one or more */
};

static int run_verb(struct call *call, const struct verb *verbs)
{
	int words = call->arg_count - 1;
	for (const struct verb *v = verbs; v->name; v++) {
		if (strcmp(v->name, call->args[0]) != 0)
			continue;
		if (v->most == ARGS_ANY && words == 0)
			return say_misuse(call, "%s %s needs the slugs of organizations", call->command->name, v->name);
		if (v->most != ARGS_ANY && words > v->most)
			return say_misuse(call, "\"%s\" is one word too many for %s %s", call->args[v->most + 1],
			                  call->command->name, v->name);
		return v->run(call, org_of(call));
	}
	return say_misuse(call, "%s has no command \"%s\": there are %s", call->command->name, call->args[0],
	                  call->command->args);
}

/* --------------------------------------------------------------------------------------------------- replay-sources */

static int list(struct call *call, const char *org)
{
	struct statement s;
	struct org there;
	const char *source;
	int rc, count = 0;
	if (session_read(call) < 0)
		return 1;
	if (org_need(call->registry, &there, org) < 0)
		return session_failed(call);
	json_t *slugs = json_array();
	replay_source_list(&s, call->registry, org);
	while ((rc = replay_source_next(&s, &source)) > 0) {
		json_array_append_new(slugs, json_string(source));
		if (!call->json && count++ == 0)
			printf("Allowed replay source organizations for %s:\n", org);
		if (!call->json)
			printf("  %s\n", source);
	}
	statement_close(&s);
	if (rc == 0 && call->json)
		return json_say(slugs);
	json_decref(slugs);
	if (rc < 0)
		return session_failed(call);
	if (count == 0)
		printf("No replay source organizations configured for %s\n", org);
	return 0;
}

/* All of them or none. */
static int change(struct call *call, const char *org, bool on)
{
	struct text slugs = {0};
	if (session_write(call) < 0)
		return 1;
	for (int i = 1; i < call->arg_count; i++) {
		const char *source = call->args[i];
		if (strcmp(source, org) == 0) {
			text_free(&slugs);
			return say_refused(
			    "apps of %s may replay to each other anyway, in their own network; across its "
			    "networks: flycast orgs cross-network-replays enable|disable -o %s",
			    org, org);
		}
		if ((on ? replay_source_put : replay_source_delete)(call->registry, org, source) < 0) {
			text_free(&slugs);
			return session_failed(call);
		}
		text_format(&slugs, "%s%s", i > 1 ? ", " : "", source);
	}
	int code = session_commit(call) < 0 ? 1 : 0;
	if (code == 0)
		printf("%s allowed replay source organizations %s %s: %s\n", on ? "Added" : "Removed",
		       on ? "for" : "from", org, text_string(&slugs));
	text_free(&slugs);
	return code;
}

static int add(struct call *call, const char *org)
{
	return change(call, org, true);
}

static int drop(struct call *call, const char *org)
{
	return change(call, org, false);
}

int orgs_replay_sources(struct call *call)
{
	static const struct verb verbs[] = {
	    {"list", list, 0}, {"ls", list, 0}, {"add", add, ARGS_ANY}, {"remove", drop, ARGS_ANY}, {0}};
	return run_verb(call, verbs);
}

/* --------------------------------------------------------------------------------------------- cross-network-replays */

/* 1, 0, or -1 with a sentence. */
static int is_enabled(struct call *call, const char *org)
{
	struct org there;
	int rc = org_need(call->registry, &there, org) < 0 ? -1 : replay_source_find(call->registry, org, org);
	if (rc < 0)
		session_failed(call);
	return rc;
}

static int status(struct call *call, const char *org)
{
	if (session_read(call) < 0)
		return 1;
	int enabled = is_enabled(call, org);
	if (enabled < 0)
		return 1;
	if (call->json) {
		json_t *object = json_object();
		json_object_set_new(object, "allowAllCrossNetworkReplays", json_boolean(enabled));
		return json_say(object);
	}
	printf("Cross-network replays are %s for %s%s\n", enabled ? "enabled" : "disabled", org,
	       enabled ? "" : " (replays are scoped to networks)");
	return 0;
}

static int set(struct call *call, const char *org, bool on)
{
	if (session_write(call) < 0)
		return 1;
	int enabled = is_enabled(call, org);
	if (enabled < 0)
		return 1;
	if (enabled != on && (on ? replay_source_put : replay_source_delete)(call->registry, org, org) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	printf("Cross-network replays %s for %s%s\n", on ? "enabled" : "disabled", org,
	       on ? "" : " (replays are now scoped to networks)");
	return 0;
}

static int enable(struct call *call, const char *org)
{
	int code = say_confirm(call, "Let apps of %s send requests on across its networks?", org);
	return code ? code : set(call, org, true);
}

static int disable(struct call *call, const char *org)
{
	int code = say_confirm(call, "Stop apps of %s from sending requests on across its networks?", org);
	return code ? code : set(call, org, false);
}

int orgs_cross_network_replays(struct call *call)
{
	static const struct verb verbs[] = {{"status", status, 0}, {"enable", enable, 0}, {"disable", disable, 0}, {0}};
	return run_verb(call, verbs);
}
