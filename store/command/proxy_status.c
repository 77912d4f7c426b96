/* proxy_status.c - flycast proxy status: what the proxy of this host says of itself, over its control socket. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/control_ask.h"
#include "command/json.h"
#include "command/say.h"
#include "layout.h"
#include "registry.h"
#include "statement.h"

/* ------------------------------------------------------------------------------------------------------ the answer */

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "?";
}

static bool is_on(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* The registry's newest change; -1: it cannot be read, which the proxy need not mind. */
static int64_t newest_change(struct call *call)
{
	struct statement s;
	int64_t seq = -1;
	call->registry = registry_open(call->path, REGISTRY_LOOK);
	if (registry_failed(call->registry))
		return -1;
	statement_open(&s, call->registry, "SELECT coalesce(max(seq), 0) FROM change");
	if (statement_step(&s) > 0)
		seq = statement_number(&s, 0);
	statement_close(&s);
	return seq;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(word(*(json_t *const *)a, "name"), word(*(json_t *const *)b, "name"));
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
	const char *given = call_text(call, "control"), *app = call_text(call, "app");
	char *beside = layout_beside(call->path, "proxy.sock");
	const char *path = given ? given : beside;
	struct text target = {0}, answer = {0};
	char why[256];
	int code = 0;
	text_put(&target, "/status");
	if (app)
		text_format(&target, "?app=%s", app);
	if (control_ask(&answer, path, target.at, why, sizeof why) < 0)
		code = say_refused("the proxy does not say how it is on %s: %s; is it running with --control %s?", path,
		                   why, path);
	else if (!(*out = json_loads(text_string(&answer), 0, NULL)) || !json_is_object(*out))
		code = say_refused("the answer of the proxy on %s was cut short; try again", path);
	else
		sort_apps(*out);
	text_free(&target);
	text_free(&answer);
	free(beside);
	return code;
}

/* --------------------------------------------------------------------------------------------------------- for people */

static void put_time(struct text *out, json_int_t ms)
{
	json_int_t s = ms / 1000;
	if (s >= 86400)
		text_format(out, "%lldd%lldh", (long long)(s / 86400), (long long)(s % 86400 / 3600));
	else if (s >= 3600)
		text_format(out, "%lldh%lldm", (long long)(s / 3600), (long long)(s % 3600 / 60));
	else if (s >= 60)
		text_format(out, "%lldm%llds", (long long)(s / 60), (long long)(s % 60));
	else
		text_format(out, "%llds", (long long)s);
}

static void print_proxy(const json_t *proxy, int64_t newest)
{
	enum { VERSION, STATE, CONNECTIONS, ADDRESSES, AGENT, REGISTRY, QUARANTINE, LINES };
	static const char *const names[LINES] = {"Version", "State",    "Connections", "Addresses",
	                                         "Agent",   "Registry", "Quarantine"};
	const json_t *connections = json_object_get(proxy, "connections"),
	             *registry = json_object_get(proxy, "registry");
	const char *pairs[LINES + 1][2] = {{0}};
	struct text lines[LINES] = {{0}};
	text_format(&lines[VERSION], "%s, pid %lld, up ", word(proxy, "version"), (long long)number(proxy, "pid"));
	put_time(&lines[VERSION], number(proxy, "uptime_ms"));
	text_format(&lines[STATE], "%s on %lld threads%s", word(proxy, "state"), (long long)number(proxy, "threads"),
	            is_on(proxy, "former_drains") ? "; the one before it still finishes its work" : "");
	text_format(&lines[CONNECTIONS], "%lld open, %lld accepted, %lld requests, %lld refused",
	            (long long)number(connections, "open"), (long long)number(connections, "accepted"),
	            (long long)number(connections, "requests"), (long long)number(connections, "refused"));
	if (number(proxy, "addresses_missing"))
		text_format(&lines[ADDRESSES], "%lld could not be opened by %s; its log says why",
		            (long long)number(proxy, "addresses_missing"), word(proxy, "vip"));
	else
		text_format(&lines[ADDRESSES], "all open, by %s", word(proxy, "vip"));
	text_put(&lines[AGENT], is_on(proxy, "agent") ? "connected" : "not there: nobody is woken (flycast up)");
	text_format(&lines[REGISTRY], "change %lld", (long long)number(registry, "seq"));
	if (newest >= 0)
		text_format(&lines[REGISTRY], " of %lld", (long long)newest);
	text_format(&lines[REGISTRY], ", looked at %lld ms ago, apps %lld, networks %lld",
	            (long long)number(registry, "age_ms"), (long long)number(registry, "apps"),
	            (long long)number(registry, "networks"));
	if (number(registry, "quarantined"))
		text_format(&lines[QUARANTINE], "%lld objects are served as they were before: flycast check",
		            (long long)number(registry, "quarantined"));
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
		json_array_foreach(machines, k, machine) started += strcmp(word(machine, "state"), "started") == 0;
		columns_add(&table, word(app, "name"));
		columns_number(&table, number(app, "in_flight"));
		columns_number(&table, number(app, "waiting"));
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
	if (number(machine, "shunned_ms"))
		text_format(out, "%snot woken for %lld ms, after %lld failed wakes", out->len ? ", " : "",
		            (long long)number(machine, "shunned_ms"), (long long)number(machine, "wakes_failed"));
	if (strcmp(word(service, "rotation"), "out") == 0)
		note(out, "out of the rotation");
	if (strcmp(word(service, "rotation"), "due") == 0)
		note(out, "the next connection is a trial");
	if (strcmp(word(service, "checks"), "failing") == 0)
		note(out, ailment ? ailment : "a check fails");
	if (strcmp(word(service, "checks"), "unknown") == 0)
		note(out, "a check has not passed yet");
}

static void add_service(struct columns *table, const json_t *machine, const json_t *service)
{
	struct text notes = {0};
	put_notes(&notes, machine, service);
	columns_add(table, word(machine, "id"));
	columns_add(table, word(machine, "region"));
	columns_add(table, word(machine, "state"));
	for (size_t i = 0; i < 4; i++) {
		static const char *const keys[] = {"internal_port", "in_flight", "soft_limit", "hard_limit"};
		if (service && (i < 3 || number(service, keys[i])))
			columns_number(table, number(service, keys[i]));
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
	printf("%s: %lld in flight, %lld waiting\n", word(app, "name"), (long long)number(app, "in_flight"),
	       (long long)number(app, "waiting"));
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
	int64_t newest = code ? -1 : newest_change(call);
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
