/* secrets.c - flycast secrets list|set|unset|import|deploy. No value is ever printed, and none is in the audit. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "base/mem.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/machine_commands.h"
#include "command/release_folder.h"
#include "command/roll.h"
#include "command/say.h"
#include "command/secret_text.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"
#include "secret.h"
#include "statement.h"

enum { INPUT_MOST = 1 << 20 };

/* ------------------------------------------------------------------------------------------------ giving them out */

struct ids {
	char (*items)[MACHINE_ID];
	size_t count, room;
};

/* 0 or 1 after a sentence. */
static int read_missing(struct call *call, const char *app, struct ids *out)
{
	struct statement s;
	int rc;
	out->count = 0;
	secret_missing(&s, call->registry, app);
	while ((rc = statement_step(&s)) > 0) {
		out->items = mem_grow(out->items, out->count, &out->room, sizeof *out->items);
		snprintf(out->items[out->count++], MACHINE_ID, "%s", statement_text(&s, 0));
	}
	statement_close(&s);
	return rc < 0 ? session_failed(call) : 0;
}

/* Inside the transaction: the Machine has them, and is asked for what it takes. 0 or 1 after a sentence. */
static int give(struct call *call, const struct machine *m, struct goal *goal)
{
	if (secret_give(call->registry, m->id) < 0)
		return session_failed(call);
	return roll_ask(call, m, false, goal);
}

/* All in one transaction, and nobody waits. also_running: those that run too. */
static int give_all(struct call *call, const struct ids *ids, bool also_running)
{
	int code = session_write(call) < 0;
	size_t restarted = 0, given = 0;
	for (size_t i = 0; i < ids->count && code == 0; i++) {
		bool failed;
		struct goal goal = {0};
		struct machine *m = machine_look(call->registry, ids->items[i], &failed);
		if (failed)
			code = session_failed(call);
		else if (m && m->exists && (also_running || !roll_wish(m))) {
			code = give(call, m, &goal);
			given++;
			restarted += goal.state && strcmp(goal.state, "started") == 0;
		}
		machine_free(m, 1);
	}
	if (code == 0)
		code = session_commit(call) < 0;
	if (code == 0 && restarted)
		printf("  %zu Machines are being restarted with them\n", restarted);
	if (code == 0 && given > restarted)
		printf("  %zu Machines have them from their next start on\n", given - restarted);
	return code;
}

/* The first of them that runs is restarted, and waited for. *found: there was one. */
static int give_one(struct call *call, const struct ids *ids, bool *found)
{
	struct machine *m = NULL;
	struct goal goal = {0};
	int code = session_write(call) < 0;
	*found = false;
	for (size_t i = 0; i < ids->count && code == 0 && !*found; i++) {
		bool failed;
		machine_free(m, 1);
		m = machine_look(call->registry, ids->items[i], &failed);
		if (failed)
			code = session_failed(call);
		*found = m && m->exists && roll_wish(m);
	}
	if (code == 0 && *found)
		code = give(call, m, &goal);
	if (code == 0)
		code = session_commit(call) < 0;
	if (code == 0 && *found)
		code = roll_await(call, m->id, &goal, call_seconds(call, "wait-timeout", MACHINE_WAIT_SECONDS));
	if (code == 0 && *found)
		printf("  Machine %s [%s] has them%s\n", m->id, m->process_group,
		       goal.state && strcmp(goal.state, "started") == 0 ? "" : " from its next start on");
	fflush(stdout);
	machine_free(m, 1);
	return code;
}

/* One that runs after the other, so that bad ones stop the first of them only; then those that do not run. One that was woken
 * meanwhile is found in the next round. */
static int give_in_turn(struct call *call, const char *app, struct ids *ids)
{
	size_t done = 0;
	for (;;) {
		bool found;
		int code = session_read(call) < 0;
		if (code == 0)
			code = read_missing(call, app, ids);
		if (code || !ids->count)
			return code;
		code = give_one(call, ids, &found);
		if (code == 0 && !found)
			code = give_all(call, ids, false);
		if (code && found)
			say_warning("%zu of the Machines have the new secrets; %zu do not, and go on with what they "
			            "had: set them right and try again (flycast secrets deploy -a %s)",
			            done, ids->count - 1, app);
		if (code)
			return code;
		done += found;
	}
}

/* With the app's release folder held. */
static int deploy_secrets(struct call *call, const char *app, size_t count)
{
	struct ids ids = {0};
	int code = session_read(call) < 0;
	if (code == 0)
		code = read_missing(call, app, &ids);
	if (code == 0 && !ids.count)
		printf("Every Machine of app %s has the newest secrets\n", app);
	else if (code == 0)
		printf("Updating %zu of the %zu Machines of app %s\n", ids.count, count, app);
	if (code == 0 && call_on(call, "detach", false))
		code = give_all(call, &ids, true);
	else if (code == 0)
		code = give_in_turn(call, app, &ids);
	free(ids.items);
	return code;
}

static int deploy(struct call *call)
{
	const char *name = call_app(call);
	struct app app;
	if (!name)
		return say_no_app(call);
	if (session_read(call) < 0)
		return 1;
	if (app_need(call->registry, &app, name) < 0)
		return session_failed(call);
	if (!app.machines)
		return say_refused("no machines available to deploy: app %s has none, and the first ones will have the "
		                   "newest secrets (flycast deploy, flycast machine run)",
		                   name);
	struct release_folder folder;
	int code = release_folder_hold(&folder, call->path, name);
	if (code == 0)
		code = deploy_secrets(call, name, (size_t)app.machines);
	release_folder_close(&folder);
	return code;
}

/* ------------------------------------------------------------------------------------------------ changing them */

static int put_held(struct call *call, const char *name, const struct secret_list *list)
{
	struct app app;
	if (session_write(call) < 0)
		return 1;
	if (app_need(call->registry, &app, name) < 0)
		return session_failed(call);
	int changed = secret_put(call->registry, name, list->items, list->count);
	if (changed < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	if (!changed)
		printf("Nothing changes: app %s has %s already\n", name,
		       list->count == 1 ? "this secret" : "these secrets");
	if (call_on(call, "stage", false)) {
		if (changed)
			printf(
			    "Secrets have been staged, but not set on VMs. Deploy or update machines in this app for "
			    "the secrets to take effect.\n");
		return 0;
	}
	if (!app.machines) {
		printf("Secrets are staged for the first deployment\n");
		return 0;
	}
	return deploy_secrets(call, name, (size_t)app.machines);
}

/* Whoever may not change the Machines now changes no secret either: a deploy's new Machines would have it at once. */
static int put(struct call *call, const char *name, const struct secret_list *list)
{
	struct release_folder folder = {.fd = -1};
	int code = call_on(call, "stage", false) ? 0 : release_folder_hold(&folder, call->path, name);
	if (code == 0)
		code = put_held(call, name, list);
	release_folder_close(&folder);
	return code;
}

/* Standard input as a whole. 0, or 1 after a sentence. */
static int read_input(struct text *out)
{
	char part[4096];
	ssize_t n;
	while ((n = read(STDIN_FILENO, part, sizeof part)) > 0 && out->len <= INPUT_MOST)
		text_add(out, part, (size_t)n);
	explicit_bzero(part, sizeof part);
	if (n < 0)
		return say_refused("the standard input could not be read: %s", strerror(errno));
	if (out->len > INPUT_MOST)
		return say_refused("the standard input is longer than %d octets: that is too much for a Machine's "
		                   "environment",
		                   INPUT_MOST);
	return 0;
}

/* NAME=-: the value is the standard input, without the newline at its end. */
static int take_input(struct secret_list *list, struct text *input)
{
	struct secret_change *reads = NULL;
	for (size_t i = 0; i < list->count; i++) {
		if (!bytes_equal(list->items[i].value, BYTES("-")))
			continue;
		if (reads)
			return say_refused("%s and %s both expect the standard input: only one of them can have it",
			                   reads->name, list->items[i].name);
		reads = &list->items[i];
	}
	if (!reads)
		return 0;
	if (isatty(STDIN_FILENO))
		return say_refused("secret %s expects standard input but none provided: flycast secrets set %s=- <FILE",
		                   reads->name, reads->name);
	if (read_input(input))
		return 1;
	reads->value = (struct bytes){text_string(input), input->len};
	if (reads->value.len && reads->value.at[reads->value.len - 1] == '\n')
		reads->value.len--;
	if (reads->value.len && reads->value.at[reads->value.len - 1] == '\r' && reads->value.len < input->len)
		reads->value.len--;
	if (memchr(reads->value.at, '\0', reads->value.len) || reads->value.len > SECRET_MOST)
		return say_refused("the standard input cannot be the value of %s: it has a zero octet or more than %d "
		                   "octets",
		                   reads->name, SECRET_MOST);
	return 0;
}

/* The words as they were, each NUL-terminated. On the command line, which everybody on the host can see as long as Machines
 * are waited for, only names are left of them. explicit_bzero() and free() it. */
static char *take_words(struct call *call, size_t *size)
{
	*size = 0;
	for (int i = 0; i < call->arg_count; i++)
		*size += strlen(call->args[i]) + 1;
	char *words = mem_new(*size), *end = words;
	for (int i = 0; i < call->arg_count; i++) {
		char *value = call->args[i] + strcspn(call->args[i], "=");
		end = stpcpy(end, call->args[i]) + 1;
		explicit_bzero(value, strlen(value));
	}
	return words;
}

static int set(struct call *call)
{
	const char *app = call_app(call);
	struct secret_list list = {0};
	struct text why = {0}, input = {0};
	size_t size;
	int code = 0;
	if (!app)
		return say_no_app(call);
	char *words = take_words(call, &size), *word = words;
	for (int i = 0; i < call->arg_count && code == 0; i++) {
		char *next = word + strlen(word) + 1;
		if (secret_word_read(&list, word, i + 1, &why) < 0)
			code = say_refused("%s", text_string(&why));
		word = next;
	}
	if (code == 0)
		code = take_input(&list, &input);
	if (code == 0)
		code = put(call, app, &list);
	seal_wipe(&input);
	explicit_bzero(words, size);
	free(words);
	text_free(&why);
	secret_list_free(&list);
	return code;
}

static int unset(struct call *call)
{
	const char *app = call_app(call);
	struct secret_list list = {0};
	int code = 0;
	if (!app)
		return say_no_app(call);
	for (int i = 0; i < call->arg_count && code == 0; i++) {
		if (!secret_name_good(call->args[i]))
			code = say_refused("word %d is no name of a secret: write the name alone", i + 1);
		else
			secret_list_add(&list, call->args[i], (struct bytes){NULL, 0});
	}
	if (code == 0)
		code = put(call, app, &list);
	secret_list_free(&list);
	return code;
}

static int import(struct call *call)
{
	const char *app = call_app(call);
	struct secret_list list = {0};
	struct text input = {0}, why = {0};
	if (!app)
		return say_no_app(call);
	if (isatty(STDIN_FILENO))
		fprintf(stderr, "Reading NAME=VALUE lines from the terminal; end them with Ctrl-D\n");
	int code = read_input(&input);
	if (code == 0 && secret_lines_read(&list, &input, &why) < 0)
		code = say_refused("%s; nothing was changed", text_string(&why));
	if (code == 0 && !list.count)
		code = say_refused("requires at least one SECRET=VALUE pair: there is none in the standard input");
	if (code == 0)
		code = put(call, app, &list);
	secret_list_free(&list);
	text_free(&why);
	seal_wipe(&input);
	return code;
}

/* ------------------------------------------------------------------------------------------------ looking */

static const char *status_of(const struct secret *secret)
{
	if (!*secret->digest)
		return "Unset, not by all";
	if (!secret->given)
		return "Staged";
	return secret->given < secret->machines ? "Partially deployed" : "Deployed";
}

static json_t *json_of(const struct secret *secret)
{
	char at[SAY_TIME];
	json_t *object = json_object();
	json_put(object, "name", secret->name);
	json_put(object, "digest", secret->digest);
	json_put(object, "created_at", say_time(at, secret->created_at));
	json_put(object, "status", status_of(secret));
	return object;
}

static int list(struct call *call)
{
	const char *name = call_app(call);
	struct statement s;
	struct secret secret;
	struct columns table;
	struct app app;
	int rc;
	if (!name)
		return say_no_app(call);
	if (session_read(call) < 0)
		return 1;
	if (app_need(call->registry, &app, name) < 0)
		return session_failed(call);
	json_t *all = json_array();
	columns_init(&table, "Name", "Digest", "Created At", "Status", NULL);
	secret_list(&s, call->registry, name);
	while ((rc = secret_next(&s, &secret)) > 0) {
		char ago[SAY_TIME];
		json_array_append_new(all, json_of(&secret));
		columns_add(&table, secret.name);
		columns_add(&table, secret.digest);
		columns_add(&table, say_ago(ago, secret.created_at));
		columns_add(&table, status_of(&secret));
	}
	statement_close(&s);
	int code = rc < 0 ? session_failed(call) : 0;
	if (code == 0 && call->json)
		code = json_say(json_incref(all));
	else if (code == 0)
		columns_print(&table, NULL);
	columns_free(&table);
	json_decref(all);
	return code;
}

/* ------------------------------------------------------------------------------------------------ the table */

#define STAGE_FLAG                                                                                                     \
	{                                                                                                              \
		"stage", 0, FLAG_SWITCH, NULL, "keep them for the next deploy, no Machine has them yet", NULL, NULL    \
	}
#define DEPLOY_FLAGS                                                                                                   \
	{"detach", 0, FLAG_SWITCH, NULL, "restart all Machines at once and wait for none", NULL, NULL},                \
	{                                                                                                              \
		"wait-timeout", 'w', FLAG_SECONDS, "TIME", "how long to wait for a Machine (default 5m)", NULL, NULL   \
	}

static const struct command_flag change_flags[] = {STAGE_FLAG, DEPLOY_FLAGS, {0}};
static const struct command_flag deploy_flags[] = {DEPLOY_FLAGS, {0}};

static const struct command secrets_commands[] = {
    {.name = "set",
     .args = "NAME=VALUE ...",
     .summary = "Set variables that an app's Machines find in their environment and that nobody can read here",
     .details = "Machines that run are restarted one after the other, and the first that does not come up ends it.\n"
                "NAME=- takes the value from the standard input: words of a command line can be seen by others.",
     .examples = "flycast secrets set DATABASE_URL=postgres://db.flycast/app -a my-app\n"
                 "flycast secrets set TLS_KEY=- -a my-app --stage <key.pem",
     .min_args = 1,
     .max_args = ARGS_ANY,
     .takes = TAKES_APP | TAKES_SECRETS,
     .flags = change_flags,
     .run = set},
    {.name = "unset",
     .args = "NAME ...",
     .summary = "Take secrets away from an app's Machines",
     .examples = "flycast secrets unset DATABASE_URL -a my-app",
     .min_args = 1,
     .max_args = ARGS_ANY,
     .takes = TAKES_APP | TAKES_SECRETS,
     .flags = change_flags,
     .run = unset},
    {.name = "import",
     .summary = "Set secrets from lines NAME=VALUE on the standard input",
     .details =
         "Empty lines and those that begin with # are skipped. A value may stand in quotes, or between \"\"\" and\n"
         "\"\"\" over several lines.",
     .examples = "flycast secrets import -a my-app <.env",
     .takes = TAKES_APP,
     .flags = change_flags,
     .run = import},
    {.name = "list",
     .aliases = "ls",
     .summary = "List an app's secrets: names, digests of their values, whether its Machines have them",
     .examples = "flycast secrets list -a my-app\nflycast secrets list -a my-app --json",
     .takes = TAKES_APP | TAKES_JSON,
     .run = list},
    {.name = "deploy",
     .summary = "Give staged secrets to an app's Machines",
     .examples = "flycast secrets deploy -a my-app",
     .takes = TAKES_APP,
     .flags = deploy_flags,
     .run = deploy},
    {0}};

const struct command secrets_command = {.name = "secrets",
                                        .aliases = "secret",
                                        .summary = "Secrets: variables of an app whose values are kept sealed",
                                        .commands = secrets_commands};
