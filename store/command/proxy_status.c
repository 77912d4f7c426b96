/* proxy_status.c - flycast proxy status: what the proxy of this host says of itself, over its control socket. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/control_look.h"
#include "command/json.h"
#include "command/say.h"

/* ------------------------------------------------------------------------------------------------------ the answer */

static bool is_on(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(control_word(*(json_t *const *)a, "name"), control_word(*(json_t *const *)b, "name"));
}

/* The proxy knows its apps in no order. */
static void sort_apps(json_t *proxy)
{
	const json_t *apps = json_object_get(proxy, "apps");
	size_t count = json_array_size(apps);
	json_t **all = mem_new_array(count + 1, sizeof *all);
	json_t *sorted = json_array();
	for (size_t i = 0; i < count; i++)
		all[i] = json_array_get(apps, i);
	qsort(all, count, sizeof *all, by_name);
	for (size_t i = 0; i < count; i++)
		json_array_append(sorted, all[i]);
	json_object_set_new(proxy, "apps", sorted);
	free((void *)all);
}

/* The exit code; 0: *out is the answer. */
static int ask(struct call *call, json_t **out)
{
	static const struct control_daemon proxy = {"the proxy", "proxy.sock"};
	const char *app = call_text(call, "app");
	struct text target = {0};
	text_put(&target, "/status");
	if (app)
		text_format(&target, "?app=%s", app);
	int code = control_look(out, call, &proxy, text_string(&target), false);
	if (!code)
		sort_apps(*out);
	text_free(&target);
	return code;
}

/* --------------------------------------------------------------------------------------------------------- for people */

static void print_proxy(const json_t *proxy, int64_t newest)
{
	enum { VERSION, STATE, CONNECTIONS, ADDRESSES, AGENT, REGISTRY, QUARANTINE, LINES };
	static const char *const names[LINES] = {"Version", "State",    "Connections", "Addresses",
	                                         "Agent",   "Registry", "Quarantine"};
	const json_t *connections = json_object_get(proxy, "connections"),
	             *registry = json_object_get(proxy, "registry");
	const char *pairs[LINES + 1][2] = {{0}};
	struct text lines[LINES] = {{0}};
	text_format(&lines[VERSION], "%s, pid %lld, up ", control_word(proxy, "version"),
	            (long long)control_number(proxy, "pid"));
	control_put_span(&lines[VERSION], control_number(proxy, "uptime_ms"));
	text_format(&lines[STATE], "%s on %lld threads%s", control_word(proxy, "state"),
	            (long long)control_number(proxy, "threads"),
	            is_on(proxy, "former_drains") ? "; the one before it still finishes its work" : "");
	text_format(&lines[CONNECTIONS], "%lld open, %lld accepted, %lld requests, %lld refused",
	            (long long)control_number(connections, "open"), (long long)control_number(connections, "accepted"),
	            (long long)control_number(connections, "requests"),
	            (long long)control_number(connections, "refused"));
	if (control_number(proxy, "addresses_missing"))
		text_format(&lines[ADDRESSES], "%lld could not be opened by %s; its log says why",
		            (long long)control_number(proxy, "addresses_missing"), control_word(proxy, "vip"));
	else
		text_format(&lines[ADDRESSES], "all open, by %s", control_word(proxy, "vip"));
	text_put(&lines[AGENT], is_on(proxy, "agent") ? "connected" : "not there: nobody is woken (flycast up)");
	text_format(&lines[REGISTRY], "change %lld", (long long)control_number(registry, "seq"));
	if (newest >= 0)
		text_format(&lines[REGISTRY], " of %lld", (long long)newest);
	text_format(&lines[REGISTRY], ", looked at %lld ms ago, apps %lld, networks %lld",
	            (long long)control_number(registry, "age_ms"), (long long)control_number(registry, "apps"),
	            (long long)control_number(registry, "networks"));
	if (control_number(registry, "quarantined"))
		text_format(&lines[QUARANTINE], "%lld objects are served as they were before: flycast check",
		            (long long)control_number(registry, "quarantined"));
	else
		text_put(&lines[QUARANTINE], "nothing");
	for (int i = 0; i < LINES; i++) {
		pairs[i][0] = names[i];
		pairs[i][1] = lines[i].at;
	}
	columns_pairs("Proxy", pairs);
	for (int i = 0; i < LINES; i++)
		text_free(&lines[i]);
}

static void print_apps(const json_t *apps)
{
	struct columns table;
	const json_t *app, *machine;
	size_t i, k;
	columns_init(&table, "App", "In Flight", "Waiting", "Started", "Machines", NULL);
	json_array_foreach(apps, i, app)
	{
		const json_t *machines = json_object_get(app, "machines");
		int64_t started = 0;
		json_array_foreach(machines, k, machine)
		    started += strcmp(control_word(machine, "state"), "started") == 0;
		columns_add(&table, control_word(app, "name"));
		columns_number(&table, control_number(app, "in_flight"));
		columns_number(&table, control_number(app, "waiting"));
		columns_number(&table, started);
		columns_number(&table, (int64_t)json_array_size(machines));
	}
	columns_print(&table, NULL);
	columns_free(&table);
}

static void note(struct text *out, const char *text)
{
	text_format(out, "%s%s", out->len ? ", " : "", text);
}

/* Why the proxy would rather not, or does not, send anybody there. */
static void put_notes(struct text *out, const json_t *machine, const json_t *service)
{
	const char *ailment = json_string_value(json_object_get(service, "ailment"));
	if (is_on(machine, "cordoned"))
		note(out, "cordoned");
	if (is_on(machine, "waking"))
		note(out, "being woken");
	if (is_on(machine, "deaf"))
		note(out, "nobody answered when it was woken");
	if (is_on(machine, "resting"))
		note(out, "going to rest");
	if (control_number(machine, "shunned_ms"))
		text_format(out, "%snot woken for %lld ms, after %lld failed wakes", out->len ? ", " : "",
		            (long long)control_number(machine, "shunned_ms"),
		            (long long)control_number(machine, "wakes_failed"));
	if (strcmp(control_word(service, "rotation"), "out") == 0)
		note(out, "out of the rotation");
	if (strcmp(control_word(service, "rotation"), "due") == 0)
		note(out, "the next connection is a trial");
	if (strcmp(control_word(service, "checks"), "failing") == 0)
		note(out, ailment ? ailment : "a check fails");
	if (strcmp(control_word(service, "checks"), "unknown") == 0)
		note(out, "a check has not passed yet");
}

static void add_service(struct columns *table, const json_t *machine, const json_t *service)
{
	struct text notes = {0};
	put_notes(&notes, machine, service);
	columns_add(table, control_word(machine, "id"));
	columns_add(table, control_word(machine, "region"));
	columns_add(table, control_word(machine, "state"));
	for (size_t i = 0; i < 4; i++) {
		static const char *const keys[] = {"internal_port", "in_flight", "soft_limit", "hard_limit"};
		if (service && (i < 3 || control_number(service, keys[i])))
			columns_number(table, control_number(service, keys[i]));
		else
			columns_add(table, "");
	}
	columns_add(table, text_string(&notes));
	text_free(&notes);
}

static void print_machines(const json_t *app)
{
	struct columns table;
	const json_t *machine, *service;
	size_t i, k;
	columns_init(&table, "Machine", "Region", "State", "Port", "In Flight", "Soft", "Hard", "Note", NULL);
	json_array_foreach(json_object_get(app, "machines"), i, machine)
	{
		const json_t *services = json_object_get(machine, "services");
		if (json_array_size(services) == 0)
			add_service(&table, machine, NULL);
		json_array_foreach(services, k, service) add_service(&table, machine, service);
	}
	printf("%s: %lld in flight, %lld waiting\n", control_word(app, "name"),
	       (long long)control_number(app, "in_flight"), (long long)control_number(app, "waiting"));
	columns_print(&table, NULL);
	columns_free(&table);
}

static int status(struct call *call)
{
	json_t *proxy = NULL;
	const char *app = call_text(call, "app");
	if (app && app[strspn(app, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return say_misuse(call, "%s is no name of an app", app);
	int code = ask(call, &proxy);
	const json_t *apps = json_object_get(proxy, "apps");
	int64_t newest = code ? -1 : control_newest(call);
	if (!code && app && json_array_size(apps) == 0)
		code = say_refused("the proxy knows no app %s: flycast apps list shows those there are", app);
	if (!code && call->json) {
		if (newest >= 0)
			json_put_number(json_object_get(proxy, "registry"), "newest", newest);
		return json_say(proxy);
	}
	if (!code) {
		print_proxy(proxy, newest);
		if (app)
			print_machines(json_array_get(apps, 0));
		else if (json_array_size(apps) > 0)
			print_apps(apps);
	}
	json_decref(proxy);
	return code;
}

static const struct command_flag flags[] = {{"control", 0, FLAG_TEXT, "PATH",
                                             "the proxy's control socket (default: proxy.sock beside the registry)",
                                             NULL, NULL},
                                            {0}};

static const struct command proxy_commands[] = {
    {.name = "status",
     .summary = "Show how the proxy of this host is, and what it sees of apps and Machines",
     .details = "With -a, the Machines of that app, and why one gets no work.",
     .examples = "flycast proxy status\nflycast proxy status -a my-app\nflycast proxy status --json",
     .takes = TAKES_APP | TAKES_JSON,
     .flags = flags,
     .run = status},
    {0}};

const struct command proxy_command = {
    .name = "proxy", .summary = "Ask the proxy of this host", .commands = proxy_commands};
