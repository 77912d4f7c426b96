/* keys.c - flycast keys create|import|list|show|destroy. A secret is printed by show --for and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/key_text.h"
#include "command/say.h"
#include "command/session.h"
#include "network.h"
#include "registry.h"
#include "seal.h"
#include "statement.h"
#include "transfer_key.h"

enum { INPUT_MOST = 65536 };

static json_t *json_of(const struct transfer_key *key)
{
	char at[SAY_TIME];
	json_t *object = json_object(), *network = json_object(), *org = json_object();
	json_put(object, "Name", key->name);
	json_put(object, "Algorithm", key->algorithm);
	json_put_number(network, "ID", key->network);
	json_put(network, "Name", key->network_name);
	json_object_set_new(object, "Network", network);
	json_put(org, "Slug", key->org);
	json_object_set_new(object, "Organization", org);
	json_put(object, "CreatedAt", say_time(at, key->created_at));
	return object;
}

/* ------------------------------------------------------------------------------------------------ making */

static int put(struct call *call, struct transfer_key *key, struct bytes secret)
{
	struct network network;
	const char *org = call_org(call), *name = call_text(call, "network");
	if (session_write(call) < 0)
		return 1;
	if (network_need(call->registry, &network, org ? org : "personal", name ? name : "default") < 0)
		return session_failed(call);
	key->network = network.id;
	if (transfer_key_put(call->registry, key, secret) < 0 || transfer_key_need(call->registry, key, key->name) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	if (call->json)
		return json_say(json_of(key));
	printf("New key created: %s (%s) reads network %s of %s\n", key->name, key->algorithm, network.name,
	       network.org);
	printf("  flycast keys show %s --for bind|nsd|knot|dig prints it\n", key->name);
	return 0;
}

static int create(struct call *call)
{
	struct transfer_key key = {.name = ""};
	struct text why = {0};
	unsigned char secret[TRANSFER_KEY_MOST];
	const char *algorithm = call_text(call, "algorithm");
	snprintf(key.algorithm, sizeof key.algorithm, "%s", algorithm ? algorithm : "hmac-sha256");
	unsigned size = transfer_key_size(key.algorithm);
	if (transfer_key_name(key.name, call->args[0], &why) < 0) {
		int code = say_refused("%s", text_string(&why));
		text_free(&why);
		return code;
	}
	if (RAND_bytes(secret, (int)size) != 1)
		return say_refused("no key could be made: the system gives no random numbers; try again");
	int code = put(call, &key, (struct bytes){(const char *)secret, size});
	explicit_bzero(secret, sizeof secret);
	return code;
}

/* 0, or 1 after a sentence. */
static int read_input(struct text *out, const char *path)
{
	char part[4096];
	ssize_t n = 0;
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && out->len <= INPUT_MOST && (n = read(fd, part, sizeof part)) > 0)
		text_add(out, part, (size_t)n);
	int why = errno;
	explicit_bzero(part, sizeof part);
	if (fd >= 0 && !standard)
		close(fd);
	if (fd < 0 || n < 0)
		return say_refused("%s cannot be read: %s", standard ? "the standard input" : path, strerror(why));
	if (out->len > INPUT_MOST)
		return say_refused("%s is longer than %d octets: give the key alone", path, INPUT_MOST);
	return 0;
}

static int import(struct call *call)
{
	struct transfer_key key;
	struct text in = {0}, secret = {0}, why = {0};
	int code = read_input(&in, call->args[0]);
	if (code == 0 && key_text_read(&key, &secret, (struct bytes){text_string(&in), in.len}, &why) < 0)
		code = say_refused("%s: %s", call->args[0], text_string(&why));
	if (code == 0)
		code = put(call, &key, (struct bytes){secret.at, secret.len});
	seal_wipe(&in);
	seal_wipe(&secret);
	text_free(&why);
	return code;
}

/* ------------------------------------------------------------------------------------------------ looking */

static int list(struct call *call)
{
	struct statement s;
	struct transfer_key key;
	struct columns table;
	char ago[SAY_TIME];
	int rc, code = 0;
	if (session_read(call) < 0)
		return 1;
	json_t *all = json_array();
	columns_init(&table, "Name", "Algorithm", "Org", "Network", "Created At", NULL);
	transfer_key_list(&s, call->registry, call_org(call));
	while ((rc = transfer_key_next(&s, &key)) > 0) {
		json_array_append_new(all, json_of(&key));
		columns_add(&table, key.name);
		columns_add(&table, key.algorithm);
		columns_add(&table, key.org);
		columns_add(&table, key.network_name);
		columns_add(&table, say_ago(ago, key.created_at));
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

/* The key with its secret, in the form of a name server. 0 or 1 after a sentence. */
static int print_secret(struct call *call, const struct transfer_key *key, const char *form)
{
	struct seal seal;
	struct text secret = {0}, out = {0}, why = {0};
	int code = 0;
	if (seal_read(&seal, call->path, &why) < 0)
		code = say_refused("%s", text_string(&why));
	else if (transfer_key_open(&secret, &seal, key->name, key->secret) < 0)
		code = say_refused(
		    "the key %s was sealed with another seal than this registry has: put that one back, or destroy "
		    "the key and create another",
		    key->name);
	if (code == 0) {
		key_text_write(&out, form, key, (struct bytes){secret.at, secret.len});
		fputs(text_string(&out), stdout);
	}
	seal_forget(&seal);
	seal_wipe(&secret);
	seal_wipe(&out);
	text_free(&why);
	return code;
}

static int show(struct call *call)
{
	struct transfer_key key;
	struct text why = {0};
	char name[TRANSFER_KEY_NAME], at[SAY_TIME];
	const char *form = call_text(call, "for");
	if (form && call->json)
		return say_misuse(call, "--json and --for are two forms: give one of them");
	if (session_read(call) < 0)
		return 1;
	if (transfer_key_name(name, call->args[0], &why) < 0) {
		int code = say_refused("%s", text_string(&why));
		text_free(&why);
		return code;
	}
	if (transfer_key_need(call->registry, &key, name) < 0)
		return session_failed(call);
	if (form)
		return print_secret(call, &key, form);
	if (call->json)
		return json_say(json_of(&key));
	const char *const pairs[][2] = {{"Name", key.name},
	                                {"Algorithm", key.algorithm},
	                                {"Organization", key.org},
	                                {"Network", key.network_name},
	                                {"Created At", say_time(at, key.created_at)},
	                                {NULL, NULL}};
	columns_pairs(NULL, pairs);
	return 0;
}

static int destroy(struct call *call)
{
	struct text why = {0};
	char name[TRANSFER_KEY_NAME];
	if (transfer_key_name(name, call->args[0], &why) < 0) {
		int code = say_refused("%s", text_string(&why));
		text_free(&why);
		return code;
	}
	int code = say_confirm(call, "Destroy the key %s? Name servers that sign with it are refused from then on.",
	                       name);
	if (code)
		return code;
	if (session_write(call) < 0)
		return 1;
	if (transfer_key_delete(call->registry, name) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	printf("Destroyed key %s\n", name);
	return 0;
}

#define NETWORK_FLAG                                                                                                   \
	{                                                                                                              \
		"network", 0, FLAG_TEXT, "NAME", "a network of the organization (default: default)", NULL, NULL        \
	}

static const struct command_flag create_flags[] = {NETWORK_FLAG,
                                                   {"algorithm", 0, FLAG_TEXT, "NAME",
                                                    "of its signatures (default: hmac-sha256)", NULL,
                                                    "hmac-sha224 hmac-sha256 hmac-sha384 hmac-sha512"},
                                                   {0}};

static const struct command_flag import_flags[] = {NETWORK_FLAG, {0}};

static const struct command_flag show_flags[] = {
    {"for", 0, FLAG_TEXT, "SERVER", "with its secret, as this one's configuration has it", NULL, KEY_TEXT_FORMS}, {0}};

static const struct command keys_commands[] = {
    {.name = "create",
     .args = "NAME",
     .summary = "Create a key: who has it reads all names of a network",
     .details = "Name servers sign their transfers with it (TSIG), from any address. It is kept sealed.",
     .examples = "flycast keys create ns2.example.com\nflycast keys create ns2-blue --org acme --network blue",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_ORG | TAKES_JSON,
     .flags = create_flags,
     .run = create},
    {.name = "import",
     .args = "FILE",
     .summary = "Add a key that exists already",
     .details = "The file has it as tsig-keygen writes it, or as algorithm:name:secret; - is standard input.",
     .examples = "flycast keys import ns2.key\n"
                 "tsig-keygen ns2.example.com | flycast keys import -",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_ORG | TAKES_JSON,
     .flags = import_flags,
     .run = import},
    {.name = "list",
     .aliases = "ls",
     .summary = "List keys and what they read",
     .examples = "flycast keys list --org acme",
     .takes = TAKES_ORG | TAKES_JSON,
     .run = list},
    {.name = "show",
     .args = "NAME",
     .summary = "Show a key, with its secret for a name server's configuration if asked",
     .examples = "flycast keys show ns2.example.com --for knot",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_JSON,
     .flags = show_flags,
     .run = show},
    {.name = "destroy",
     .aliases = "delete rm",
     .args = "NAME",
     .summary = "Destroy a key that no secondary signs with any more",
     .examples = "flycast keys destroy ns2.example.com",
     .min_args = 1,
     .max_args = 1,
     .run = destroy},
    {0}};

const struct command keys_command = {.name = "keys",
                                     .aliases = "key",
                                     .summary = "Keys: name servers copy a network's names with them (TSIG)",
                                     .commands = keys_commands};
