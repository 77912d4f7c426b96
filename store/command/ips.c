/* ips.c - flycast ips allocate-v6|allocate-v4|list|release|private. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "app.h"
#include "base/text.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/say.h"
#include "command/session.h"
#include "registry.h"
#include "statement.h"

static json_t *json_of(const struct address *address)
{
	char id[32], at[SAY_TIME];
	json_t *object = json_object(), *network = NULL;
	if (address_private(address)) {
		json_t *org = json_object();
		network = json_object();
		json_put(network, "Name", address->network);
		json_put(org, "Slug", address->org);
		json_object_set_new(network, "Organization", org);
		snprintf(id, sizeof id, "ip_%x_%x", address->network_id, address->number);
	}
	json_put(object, "ID", network ? id : address->text);
	json_put(object, "Address", address->text);
	json_put(object, "Type", address->type);
	json_put(object, "Region", address->region);
	json_put(object, "CreatedAt", say_time(at, address->created_at));
	json_put(object, "ServiceName", "");
	json_object_set_new(object, "Network", network ? network : json_null());
	return object;
}

static void start_table(struct columns *table)
{
	columns_init(table, "Version", "IP", "Type", "Region", "Network", "Created At", NULL);
}

static void add_row(struct columns *table, const struct address *address)
{
	static const char *const kinds[][3] = {{"private_v6", "v6", "private ingress"},
	                                       {"v4", "v4", "public ingress (dedicated)"},
	                                       {"shared_v4", "v4", "public ingress (shared)"},
	                                       {"v6", "v6", "public ingress (dedicated)"}};
	char ago[SAY_TIME], network[2 * LABEL_ROOM] = "";
	size_t k = 0;
	while (k < 3 && strcmp(kinds[k][0], address->type) != 0)
		k++;
	if (address->network[0])
		snprintf(network, sizeof network, "%s/%s", address->org, address->network);
	columns_add(table, kinds[k][1]);
	columns_add(table, address->text);
	columns_add(table, kinds[k][2]);
	columns_add(table, address->region);
	columns_add(table, network);
	columns_add(table, say_ago(ago, address->created_at));
}

static const char *given(const struct call *call, const char *flag)
{
	const char *text = call_text(call, flag);
	return text && *text ? text : NULL;
}

static int allocate_v6(struct call *call)
{
	struct address address;
	struct columns table;
	const char *app = call_app(call);
	if (!app)
		return say_no_app(call);
	if (!call_on(call, "private", false))
		return say_refused(
		    "public addresses are not given out here: add --private for an address that is reached from "
		    "inside a network (flycast ips allocate-v6 --private -a %s)",
		    app);
	if (session_write(call) < 0)
		return 1;
	/* The flag only: $FLY_ORG says whose apps one works with, not who may reach this one. */
	if (address_put(call->registry, &address, app, given(call, "org"), given(call, "network")) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	if (call->json)
		return json_say(json_of(&address));
	start_table(&table);
	add_row(&table, &address);
	columns_print(&table, NULL);
	columns_free(&table);
	return 0;
}

static int allocate_v4(struct call *call)
{
	const char *app = call_app(call);
	return say_refused(
	    "public addresses are not given out here, and private ones are IPv6: use flycast ips allocate-v6 "
	    "--private -a %s",
	    app ? app : "APP");
}

/* Reads every address of the app; the public ones also into `open`, separated by spaces. 0 or -1. */
static int list_rows(struct call *call, const char *app, struct columns *table, json_t *all, struct text *open)
{
	struct statement s;
	struct address address;
	int rc;
	address_list(&s, call->registry, app);
	while ((rc = address_next(&s, &address)) > 0) {
		add_row(table, &address);
		json_array_append_new(all, json_of(&address));
		if (!address_private(&address))
			text_format(open, "%s%s", open->len ? " " : "", address.text);
	}
	statement_close(&s);
	return rc;
}

static int list(struct call *call)
{
	struct columns table;
	struct app app;
	struct text open = {0};
	const char *name = call_app(call);
	int code = 0;
	if (!name)
		return say_no_app(call);
	if (session_read(call) < 0)
		return 1;
	if (app_need(call->registry, &app, name) < 0)
		return session_failed(call);
	json_t *all = json_array();
	start_table(&table);
	if (list_rows(call, name, &table, all, &open) < 0)
		code = session_failed(call);
	else if (call->json)
		code = json_say(json_incref(all));
	else
		columns_print(&table, NULL);
	if (code == 0 && open.len && app.services > 0)
		say_warning(
		    "app %s has services and addresses that are not private, so others than its networks may reach it: "
		    "flycast ips release %s -a %s",
		    name, open.at, name);
	text_free(&open);
	json_decref(all);
	columns_free(&table);
	return code;
}

static int release(struct call *call)
{
	const char *app = call_app(call);
	if (!app)
		return say_no_app(call);
	if (session_write(call) < 0)
		return 1;
	for (int i = 0; i < call->arg_count; i++)
		if (address_delete(call->registry, app, call->args[i]) < 0)
			return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	for (int i = 0; i < call->arg_count; i++)
		printf("Released %s from %s\n", call->args[i], app);
	return 0;
}

static int private_rows(struct call *call, const char *app, struct columns *table, json_t *all)
{
	struct statement s;
	int rc;
	statement_open(&s, call->registry, "SELECT id, region, address FROM machine WHERE app = ?1 ORDER BY id");
	statement_bind_text(&s, 1, app);
	while ((rc = statement_step(&s)) > 0) {
		for (int i = 0; i < 3; i++)
			columns_add(table, statement_text(&s, i));
		json_add(all, statement_text(&s, 2));
	}
	statement_close(&s);
	return rc;
}

static int private(struct call *call)
{
	struct columns table;
	struct app app;
	const char *name = call_app(call);
	int code = 0;
	if (!name)
		return say_no_app(call);
	if (session_read(call) < 0)
		return 1;
	if (app_need(call->registry, &app, name) < 0)
		return session_failed(call);
	json_t *all = json_array();
	columns_init(&table, "ID", "Region", "IP", NULL);
	if (private_rows(call, name, &table, all) < 0)
		code = session_failed(call);
	else if (call->json)
		code = json_say(json_incref(all));
	else
		columns_print(&table, NULL);
	json_decref(all);
	columns_free(&table);
	return code;
}

static const struct command_flag v6_flags[] = {
    {"private", 0, FLAG_SWITCH, NULL, "a private address, the only kind that is given out here", NULL, NULL},
    {"org", 'o', FLAG_TEXT, "SLUG", "the organization that requests come from (default: the app's)", NULL, NULL},
    {"network", 0, FLAG_TEXT, "NAME", "the network that requests come from (default: the app's, else default)", NULL,
     NULL},
    {"region", 'r', FLAG_TEXT, "CODE", "accepted and ignored: a private address is in every region", NULL, NULL},
    {0}};
static const struct command_flag v4_flags[] = {{"shared", 0, FLAG_SWITCH, NULL, "accepted and ignored", NULL, NULL},
                                               {"region", 'r', FLAG_TEXT, "CODE", "accepted and ignored", NULL, NULL},
                                               {0}};

static const struct command ips_commands[] = {
    {.name = "allocate-v6",
     .summary = "Give an app a private address, reached from one network",
     .details =
         "--org and --network name the network that requests come from. An app has one address in each; when there "
         "is one\nalready, it is printed.",
     .examples = "flycast ips allocate-v6 --private -a my-app\nflycast ips allocate-v6 --private --org acme -a my-app",
     .takes = TAKES_APP | TAKES_JSON,
     .flags = v6_flags,
     .run = allocate_v6},
    {.name = "allocate-v4",
     .summary = "Says what to use instead: no public addresses are given out",
     .examples = "flycast ips allocate-v4 -a my-app",
     .takes = TAKES_APP,
     .flags = v4_flags,
     .run = allocate_v4},
    {.name = "list",
     .aliases = "ls",
     .summary = "List the addresses of an app and the network each is reached from",
     .examples = "flycast ips list -a my-app\nflycast ips list -a my-app --json",
     .takes = TAKES_APP | TAKES_JSON,
     .run = list},
    {.name = "release",
     .args = "ADDRESS ...",
     .summary = "Release addresses of an app; all of them or none",
     .examples = "flycast ips release fdaa:0:1:0:1::2 -a my-app",
     .min_args = 1,
     .max_args = ARGS_ANY,
     .takes = TAKES_APP,
     .run = release},
    {.name = "private",
     .summary = "List the private addresses of an app's Machines",
     .examples = "flycast ips private -a my-app --json",
     .takes = TAKES_APP | TAKES_JSON,
     .run = private},
    {0}};

const struct command ips_command = {
    .name = "ips", .aliases = "ip", .summary = "Addresses of apps", .commands = ips_commands};
