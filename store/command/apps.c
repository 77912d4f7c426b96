/* apps.c - flycast apps create|list|destroy. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "base/text.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/release_folder.h"
#include "command/say.h"
#include "command/session.h"
#include "org.h"
#include "registry.h"
#include "statement.h"

static json_t *json_of(const struct app *app)
{
	char host[LABEL_ROOM + 16], at[SAY_TIME];
	json_t *object = json_object(), *org = json_object();
	snprintf(host, sizeof host, "%s.flycast", app->name);
	json_put(object, "ID", app->name);
	json_put(object, "Name", app->name);
	json_put(object, "Status", app_status(app));
	json_put_switch(object, "Deployed", app->machines > 0);
	json_put(object, "Hostname", host);
	json_put(org, "Slug", app->org);
	json_object_set_new(object, "Organization", org);
	json_put(object, "Network", app->network_name);
	json_put(object, "CreatedAt", say_time(at, app->created_at));
	return object;
}

static int create(struct call *call)
{
	char generated[LABEL_ROOM];
	struct app app;
	const char *network = call_text(call, "network"), *flag = call_text(call, "name");
	const char *name = call->arg_count ? call->args[0] : flag, *org = call_org(call);
	if (flag && call->arg_count && strcmp(flag, name) != 0)
		return say_misuse(call, "two app names specified %s and %s, only one may be specified", name, flag);
	if (!name && !call_on(call, "generate-name", false))
		return say_misuse(call, "create needs a NAME or --generate-name");
	if (!name)
		name = label_made_up(generated);
	if (session_write(call) < 0)
		return 1;
	if (app_put(call->registry, name, org ? org : "personal", network && *network ? network : NULL) < 0 ||
	    app_need(call->registry, &app, name) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	if (call->json)
		return json_say(json_of(&app));
	printf("New app created: %s\n", name);
	return 0;
}

static void add_row(struct columns *table, const struct app *app, bool networks)
{
	char ago[SAY_TIME];
	columns_add(table, app->name);
	columns_add(table, app->org);
	columns_add(table, app_status(app));
	if (networks)
		columns_add(table, app->network_name);
	columns_add(table, say_ago(ago, app->deployed_at));
}

/* flyctl shows the column only when it says something. 1, 0, or -1. */
static int has_networks(struct call *call)
{
	struct statement s;
	statement_open(&s, call->registry,
	               "SELECT 1 FROM app a JOIN network n ON n.id = a.network WHERE n.name <> 'default'"
	               " AND (?1 IS NULL OR a.org = ?1) LIMIT 1");
	statement_bind_text(&s, 1, call_org(call));
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static int list_rows(struct call *call, struct columns *table, json_t *all, bool networks)
{
	struct statement s;
	struct app app;
	int rc;
	bool quiet = call_on(call, "quiet", false) && !call->json;
	app_list(&s, call->registry, call_org(call));
	while ((rc = app_next(&s, &app)) > 0) {
		if (quiet)
			printf("%s\n", app.name);
		else if (call->json)
			json_array_append_new(all, json_of(&app));
		else
			add_row(table, &app, networks);
	}
	statement_close(&s);
	return rc;
}

static int list(struct call *call)
{
	struct columns table;
	struct org owner;
	if (session_read(call) < 0)
		return 1;
	int networks = has_networks(call), code = 0;
	if (networks < 0 || (call_org(call) && org_need(call->registry, &owner, call_org(call)) < 0))
		return session_failed(call);
	json_t *all = json_array();
	if (networks)
		columns_init(&table, "Name", "Owner", "Status", "Network", "Latest Deploy", NULL);
	else
		columns_init(&table, "Name", "Owner", "Status", "Latest Deploy", NULL);
	if (list_rows(call, &table, all, networks) < 0)
		code = session_failed(call);
	else if (call->json)
		code = json_say(json_incref(all));
	else if (!call_on(call, "quiet", false))
		columns_print(&table, NULL);
	json_decref(all);
	columns_free(&table);
	return code;
}

static int destroy(struct call *call)
{
	struct app app;
	struct text names = {0};
	if (session_read(call) < 0)
		return 1;
	for (int i = 0; i < call->arg_count; i++) {
		if (app_need(call->registry, &app, call->args[i]) < 0) {
			text_free(&names);
			return session_failed(call);
		}
		text_format(&names, "%s%s", i ? " " : "", call->args[i]);
	}
	int code = say_confirm(call, "Destroy %s, with its Machines and addresses?", names.at);
	text_free(&names);
	if (code)
		return code;
	if (session_write(call) < 0)
		return 1;
	for (int i = 0; i < call->arg_count; i++)
		if (app_delete(call->registry, call->args[i]) < 0)
			return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	for (int i = 0; i < call->arg_count; i++) {
		release_folder_remove(call->path, call->args[i]);
		printf("Destroyed app %s\n", call->args[i]);
	}
	return 0;
}

static const struct command_flag create_flags[] = {
    {"name", 0, FLAG_TEXT, "NAME", "the app's name, instead of as an argument", NULL, NULL},
    {"generate-name", 0, FLAG_SWITCH, NULL, "make a name up", NULL, NULL},
    {"network", 0, FLAG_TEXT, "NAME", "the network its Machines live in, for ever (default: default)", NULL, NULL},
    {0}};
static const struct command_flag list_flags[] = {{"quiet", 'q', FLAG_SWITCH, NULL, "names only", NULL, NULL}, {0}};

static const struct command apps_commands[] = {
    {.name = "create",
     .args = "[NAME]",
     .summary = "Create an app",
     .examples = "flycast apps create my-app\nflycast apps create my-app --org acme --network blue",
     .max_args = 1,
     .takes = TAKES_ORG | TAKES_JSON,
     .flags = create_flags,
     .run = create},
    {.name = "list",
     .aliases = "ls",
     .summary = "List apps",
     .examples = "flycast apps list\nflycast apps list --org acme\nflycast apps list --quiet",
     .takes = TAKES_ORG | TAKES_JSON,
     .flags = list_flags,
     .run = list},
    {.name = "destroy",
     .aliases = "delete remove rm",
     .args = "NAME ...",
     .summary = "Destroy apps with their Machines and addresses; all of them or none",
     .examples = "flycast apps destroy my-app\nflycast apps destroy my-app other-app --yes",
     .min_args = 1,
     .max_args = ARGS_ANY,
     .run = destroy},
    {0}};

const struct command apps_command = {.name = "apps",
                                     .aliases = "app",
                                     .summary = "Apps: a name, a network, Machines and addresses",
                                     .commands = apps_commands};
