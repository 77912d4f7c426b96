/* secondaries.c - flycast secondaries add|list|remove. */
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
#include "registry.h"
#include "secondary.h"
#include "statement.h"

static int find_network(struct call *call, struct network *out)
{
	const char *org = call_org(call), *name = call_text(call, "network");
	return network_need(call->registry, out, org ? org : "personal", name ? name : "default");
}

/* The key of that name, or none; 0 or 1 after a sentence. */
static int find_key(struct call *call, char out[TRANSFER_KEY_NAME])
{
	struct text why = {0};
	struct transfer_key key;
	const char *name = call_text(call, "key");
	out[0] = '\0';
	if (!name)
		return 0;
	int code = 0;
	if (transfer_key_name(out, name, &why) < 0)
		code = say_refused("%s", text_string(&why));
	else if (transfer_key_need(call->registry, &key, out) < 0)
		code = session_failed(call);
	text_free(&why);
	return code;
}

static int add(struct call *call)
{
	struct secondary secondary = {0};
	struct network network;
	if (session_write(call) < 0)
		return 1;
	if (find_network(call, &network) < 0 || secondary_address(call->registry, secondary.address, call->args[0]) < 0)
		return session_failed(call);
	if (find_key(call, secondary.key))
		return 1;
	secondary.network = network.id;
	if (secondary_put(call->registry, &secondary) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	printf("%s is told of changes in network %s of %s, and may copy it%s%s\n", secondary.address, network.name,
	       network.org, secondary.key[0] ? " with the key " : " without a key", secondary.key);
	return 0;
}

static json_t *json_of(const struct secondary *secondary)
{
	char at[SAY_TIME];
	json_t *object = json_object(), *network = json_object(), *org = json_object();
	json_put(object, "Address", secondary->address);
	json_put(object, "Key", secondary->key[0] ? secondary->key : NULL);
	json_put_number(network, "ID", secondary->network);
	json_put(network, "Name", secondary->network_name);
	json_object_set_new(object, "Network", network);
	json_put(org, "Slug", secondary->org);
	json_object_set_new(object, "Organization", org);
	json_put(object, "CreatedAt", say_time(at, secondary->created_at));
	return object;
}

static int list(struct call *call)
{
	struct statement s;
	struct secondary secondary;
	struct columns table;
	char ago[SAY_TIME];
	int rc, code = 0;
	if (session_read(call) < 0)
		return 1;
	json_t *all = json_array();
	columns_init(&table, "Address", "Key", "Org", "Network", "Created At", NULL);
	secondary_list(&s, call->registry, call_org(call));
	while ((rc = secondary_next(&s, &secondary)) > 0) {
		json_array_append_new(all, json_of(&secondary));
		columns_add(&table, secondary.address);
		columns_add(&table, secondary.key);
		columns_add(&table, secondary.org);
		columns_add(&table, secondary.network_name);
		columns_add(&table, say_ago(ago, secondary.created_at));
	}
	statement_close(&s);
	if (rc < 0)
		code = session_failed(call);
	else if (call->json)
		code = json_say(json_incref(all));
	else
		columns_print(&table, NULL);
	json_decref(all);
	columns_free(&table);
	return code;
}

static int drop(struct call *call)
{
	struct network network;
	char address[ADDR_TEXT];
	if (session_write(call) < 0)
		return 1;
	if (find_network(call, &network) < 0 || secondary_address(call->registry, address, call->args[0]) < 0 ||
	    secondary_delete(call->registry, &network, address) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	printf("%s is told of changes in network %s of %s no more\n", address, network.name, network.org);
	return 0;
}

#define NETWORK_FLAG                                                                                                   \
	{                                                                                                              \
		"network", 0, FLAG_TEXT, "NAME", "a network of the organization (default: default)", NULL, NULL        \
	}

static const struct command_flag add_flags[] = {
    NETWORK_FLAG,
    {"key", 0, FLAG_TEXT, "NAME", "it signs with this key (flycast keys), and so do we", NULL, NULL},
    {0}};

static const struct command_flag remove_flags[] = {NETWORK_FLAG, {0}};

static const struct command secondaries_commands[] = {
    {.name = "add",
     .aliases = "create",
     .args = "ADDRESS",
     .summary = "Tell a name server when the names of a network change, and let it copy them",
     .details = "An ADDRESS is 192.0.2.1, 2001:db8::1 (port 53), 192.0.2.1:5353 or [2001:db8::1]:5353. Without a key\n"
                "the address alone lets it copy, from any port. Added again, it gets another key.",
     .examples = "flycast secondaries add 192.0.2.53 --key ns2.example.com\n"
                 "flycast secondaries add [2001:db8::53]:5353 --org acme --network blue",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_ORG,
     .flags = add_flags,
     .run = add},
    {.name = "list",
     .aliases = "ls",
     .summary = "List secondaries and what they copy",
     .examples = "flycast secondaries list --org acme",
     .takes = TAKES_ORG | TAKES_JSON,
     .run = list},
    {.name = "remove",
     .aliases = "delete rm",
     .args = "ADDRESS",
     .summary = "Do not tell a secondary any more; without its key it may not copy either",
     .examples = "flycast secondaries remove 192.0.2.53",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_ORG,
     .flags = remove_flags,
     .run = drop},
    {0}};

const struct command secondaries_command = {.name = "secondaries",
                                            .aliases = "secondary",
                                            .summary = "Secondaries: name servers that copy a network's names",
                                            .commands = secondaries_commands};
