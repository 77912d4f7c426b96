/* networks.c - flycast networks create|list|set|attach|detach. */
#include <jansson.h>
#include <stdio.h>

#include "base/text.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/say.h"
#include "command/session.h"
#include "network.h"
#include "org.h"
#include "registry.h"
#include "statement.h"

static const char *org_of(const struct call *call)
{
	const char *org = call_org(call);
	return org ? org : "personal";
}

static json_t *json_of(const struct network *network)
{
	json_t *object = json_object(), *org = json_object();
	json_put_number(object, "ID", network->id);
	json_put(object, "Name", network->name);
	json_put(org, "Slug", network->org);
	json_object_set_new(object, "Organization", org);
	json_put(object, "Prefix", network->prefix);
	json_put_number(object, "Apps", network->apps);
	json_put_number(object, "Addresses", network->addresses);
	json_object_set_new(object, "Instances", json_boolean(network->instances));
	json_object_set_new(object, "Forward", json_boolean(network->forward));
	return object;
}

static int create(struct call *call)
{
	struct network network;
	const char *org = org_of(call);
	if (session_write(call) < 0)
		return 1;
	if (network_put(call->registry, org, call->args[0]) < 0 ||
	    network_need(call->registry, &network, org, call->args[0]) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	if (call->json)
		return json_say(json_of(&network));
	printf("New network created: %s (%s) of %s\n", network.name, network.prefix, org);
	return 0;
}

/* The client prefixes of a network: into `text` separated by spaces, and into `array`. 0 or -1. */
static int clients(struct call *call, const struct network *network, struct text *text, json_t *array)
{
	struct statement s;
	int rc;
	text_clear(text);
	statement_open(&s, call->registry, "SELECT prefix FROM client_prefix WHERE network = ?1 ORDER BY prefix");
	statement_bind_number(&s, 1, network->id);
	while ((rc = statement_step(&s)) > 0) {
		text_put(text, text->len ? " " : "");
		text_put(text, statement_text(&s, 0));
		json_add(array, statement_text(&s, 0));
	}
	statement_close(&s);
	return rc;
}

static void add_row(struct columns *table, const struct network *network, const char *prefixes)
{
	columns_add(table, network->name);
	columns_add(table, network->org);
	columns_number(table, network->id);
	columns_add(table, network->prefix);
	columns_number(table, network->apps);
	columns_number(table, network->addresses);
	columns_add(table, prefixes);
	columns_add(table, network->instances ? network->forward ? "" : "forward"
	                   : network->forward ? "instances"
	                                      : "instances forward");
}

static int list_rows(struct call *call, struct columns *table, json_t *all)
{
	struct statement s;
	struct network network;
	struct text prefixes = {0};
	int rc;
	network_list(&s, call->registry, call_org(call));
	while ((rc = network_next(&s, &network)) > 0) {
		json_t *object = json_of(&network), *array = json_array();
		rc = clients(call, &network, &prefixes, array);
		json_object_set_new(object, "Clients", array);
		json_array_append_new(all, object);
		if (rc < 0)
			break;
		add_row(table, &network, text_string(&prefixes));
	}
	statement_close(&s);
	text_free(&prefixes);
	return rc;
}

static int list(struct call *call)
{
	struct columns table;
	struct org owner;
	int code = 0;
	if (session_read(call) < 0)
		return 1;
	if (call_org(call) && org_need(call->registry, &owner, call_org(call)) < 0)
		return session_failed(call);
	json_t *all = json_array();
	columns_init(&table, "Name", "Org", "ID", "Prefix", "Apps", "Addresses", "Clients", "Off", NULL);
	if (list_rows(call, &table, all) < 0)
		code = session_failed(call);
	else if (call->json)
		code = json_say(json_incref(all));
	else
		columns_print(&table, NULL);
	json_decref(all);
	columns_free(&table);
	return code;
}

static int set(struct call *call)
{
	struct network network;
	const char *org = org_of(call);
	if (!call_text(call, "instances") && !call_text(call, "forward"))
		return say_misuse(call,
		                  "networks set needs what is to change: --instances or --forward, or one of them "
		                  "with =false");
	if (session_write(call) < 0)
		return 1;
	if (network_need(call->registry, &network, org, call->args[0]) < 0)
		return session_failed(call);
	network.instances = call_on(call, "instances", network.instances);
	network.forward = call_on(call, "forward", network.forward);
	if (network_set(call->registry, &network) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	if (call->json)
		return json_say(json_of(&network));
	printf("Network %s of %s: instances %s, forward %s\n", network.name, org, network.instances ? "on" : "off",
	       network.forward ? "on" : "off");
	return 0;
}

static int attach(struct call *call)
{
	struct network network;
	const char *name = call_text(call, "network");
	if (session_write(call) < 0)
		return 1;
	if (network_need(call->registry, &network, org_of(call), name ? name : "default") < 0 ||
	    network_attach(call->registry, &network, call->args[0]) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	printf("Clients in %s are in network %s of %s now\n", call->args[0], network.name, network.org);
	return 0;
}

static int detach(struct call *call)
{
	if (session_write(call) < 0)
		return 1;
	if (network_detach(call->registry, call->args[0]) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	printf("Clients in %s are in no network now\n", call->args[0]);
	return 0;
}

static const struct command_flag set_flags[] = {
    {"instances", 0, FLAG_SWITCH, NULL, "_instances.internal lists the network's Machines; =false: it does not exist",
     NULL, NULL},
    {"forward", 0, FLAG_SWITCH, NULL, "its clients may use flycast-dns --forward; =false: other names are refused",
     NULL, NULL},
    {0}};

static const struct command_flag attach_flags[] = {
    {"network", 0, FLAG_TEXT, "NAME", "a network of the organization (default: default)", NULL, NULL}, {0}};

static const struct command networks_commands[] = {
    {.name = "create",
     .args = "NAME",
     .summary = "Create a network of an organization; its id is bound to the name for ever",
     .examples = "flycast networks create blue\nflycast networks create blue --org acme",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_ORG | TAKES_JSON,
     .run = create},
    {.name = "list",
     .aliases = "ls",
     .summary = "List networks, what is in them, and which clients are attached",
     .examples = "flycast networks list\nflycast networks list --org acme --json",
     .takes = TAKES_ORG | TAKES_JSON,
     .run = list},
    {.name = "set",
     .args = "NAME",
     .summary = "Say what DNS does for a network",
     .examples = "flycast networks set default --instances=false\nflycast networks set blue --org acme --instances",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_ORG | TAKES_JSON,
     .flags = set_flags,
     .run = set},
    {.name = "attach",
     .args = "PREFIX",
     .summary = "Let clients outside fdaa::/16 ask as members of a network, by their address",
     .details = "The longest prefix that holds a client's address decides.",
     .examples =
         "flycast networks attach 192.0.2.0/24\nflycast networks attach 2001:db8::/64 --org acme --network blue",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_ORG,
     .flags = attach_flags,
     .run = attach},
    {.name = "detach",
     .args = "PREFIX",
     .summary = "End an attachment",
     .examples = "flycast networks detach 192.0.2.0/24",
     .min_args = 1,
     .max_args = 1,
     .run = detach},
    {0}};

const struct command networks_command = {.name = "networks",
                                         .aliases = "network",
                                         .summary = "Networks: closed spaces that apps live in",
                                         .commands = networks_commands};
