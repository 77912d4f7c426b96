/* orgs.c - flycast orgs create|list|delete; the others are in orgs_replay.c. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/orgs_replay.h"
#include "command/say.h"
#include "command/session.h"
#include "network.h"
#include "org.h"
#include "registry.h"
#include "statement.h"

static int create(struct call *call)
{
	const char *slug = call->args[0];
	const char *name = call_text(call, "name");
	struct network network;
	if (session_write(call) < 0)
		return 1;
	if (org_put(call->registry, slug, name) < 0 || network_put(call->registry, slug, "default") < 0 ||
	    network_need(call->registry, &network, slug, "default") < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	if (!call->json) {
		char *plain = say_plain(mem_text(name ? name : slug));
		printf("Your organization %s (%s) was created successfully. Its network \"default\" is %s\n", plain,
		       slug, network.prefix);
		free(plain);
		return 0;
	}
	json_t *object = json_object();
	json_put(object, "Name", name ? name : slug);
	json_put(object, "Slug", slug);
	return json_say(object);
}

static int list(struct call *call)
{
	struct statement s;
	struct org org;
	int rc;
	if (session_read(call) < 0)
		return 1;
	json_t *slugs = json_object();
	org_list(&s, call->registry);
	if (!call->json)
		printf("%-20s %-20s %s\n%-20s %-20s %s\n", "Name", "Slug", "Type", "----", "----", "----");
	while ((rc = org_next(&s, &org)) > 0) {
		if (call->json)
			json_put(slugs, org.slug, org.name);
		else
			printf("%-20s %-20s %s\n", say_plain(org.name), org.slug,
			       strcmp(org.slug, "personal") == 0 ? "PERSONAL" : "SHARED");
	}
	statement_close(&s);
	if (rc < 0 || !call->json)
		json_decref(slugs);
	if (rc < 0)
		return session_failed(call);
	return call->json ? json_say(slugs) : 0;
}

static int delete (struct call *call)
{
	const char *slug = call->args[0];
	struct org org;
	if (session_read(call) < 0)
		return 1;
	if (org_need(call->registry, &org, slug) < 0)
		return session_failed(call);
	int code = say_confirm(call, "Delete organization %s and its networks?", slug);
	if (code)
		return code;
	if (session_write(call) < 0)
		return 1;
	if (org_delete(call->registry, slug) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	printf("Organization %s deleted\n", slug);
	return 0;
}

static const struct command_flag create_flags[] = {
    {"name", 'n', FLAG_TEXT, "NAME", "for people (default: the slug)", NULL, NULL}, {0}};

static const struct command orgs_commands[] = {
    {.name = "create",
     .args = "SLUG",
     .summary = "Create an organization and its network \"default\"",
     .examples = "flycast orgs create acme\nflycast orgs create acme --name 'Acme Limited'",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_JSON,
     .flags = create_flags,
     .run = create},
    {.name = "list",
     .aliases = "ls",
     .summary = "List the organizations",
     .examples = "flycast orgs list\nflycast orgs list --json",
     .takes = TAKES_JSON,
     .run = list},
    {.name = "delete",
     .aliases = "destroy remove rm",
     .args = "SLUG",
     .summary = "Delete an organization that has no apps, with its networks",
     .examples = "flycast orgs delete acme",
     .min_args = 1,
     .max_args = 1,
     .run = delete},
    {.name = "replay-sources",
     .args = "list|add SLUG...|remove SLUG...",
     .summary = "Organizations whose apps may send requests on to its apps (fly-replay)",
     .details = "Without it, an app may send requests on to apps of its own organization alone.",
     .examples = "flycast orgs replay-sources add acme\nflycast orgs replay-sources list --org acme --json",
     .min_args = 1,
     .max_args = ARGS_ANY,
     .takes = TAKES_ORG | TAKES_JSON,
     .run = orgs_replay_sources},
    {.name = "cross-network-replays",
     .args = "status|enable|disable",
     .summary = "Whether its apps may send requests on to each other across its networks (fly-replay)",
     .examples =
         "flycast orgs cross-network-replays status\nflycast orgs cross-network-replays enable --org acme --yes",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_ORG | TAKES_JSON,
     .run = orgs_cross_network_replays},
    {0}};

const struct command orgs_command = {.name = "orgs",
                                     .aliases = "org organizations",
                                     .summary = "Organizations: who owns networks and apps",
                                     .commands = orgs_commands};
