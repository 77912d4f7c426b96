/* status.c - flycast status: an app with its addresses and Machines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "app.h"
#include "base/clock.h"
#include "base/text.h"
#include "check.h"
#include "command/call.h"
#include "command/checks.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/machine_json.h"
#include "command/say.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"
#include "release.h"
#include "statement.h"
#include "watch.h"

enum { RATE_SECONDS = 5, CALM_MS = 200 };

/* "fdaa:0:1:0:1::2 (acme/default), ..." */
static int put_addresses(struct text *out, struct call *call, const char *app)
{
	struct statement s;
	struct address address;
	int rc;
	address_list(&s, call->registry, app);
	while ((rc = address_next(&s, &address)) > 0) {
		text_format(out, "%s%s", out->len ? ", " : "", address.text);
		if (address_private(&address))
			text_format(out, " (%s/%s)", address.org, address.network);
	}
	statement_close(&s);
	return rc;
}

static int print_machines(struct call *call, const char *app, const struct machine *machines, size_t count)
{
	struct columns table;
	struct check_row *checks;
	size_t check_count;
	char updated[SAY_TIME], census[CHECKS_TEXT];
	if (!count) {
		printf("There are no Machines: flycast machine run -a APP -- COMMAND creates one\n");
		return 0;
	}
	if (check_rows(call->registry, app, NULL, &checks, &check_count) < 0)
		return session_failed(call);
	columns_init(&table, "Process", "ID", "Name", "Region", "State", "Checks", "Last Updated", NULL);
	for (size_t i = 0; i < count; i++) {
		const struct machine *m = &machines[i];
		struct text state = {0};
		text_format(&state, "%s%s", m->state, m->cordoned ? " (cordoned)" : "");
		columns_add(&table, m->process_group);
		columns_add(&table, m->id);
		columns_add(&table, m->name);
		columns_add(&table, m->region);
		columns_add(&table, state.at);
		columns_add(&table, checks_census(census, checks, check_count, m->id));
		columns_add(&table, say_ago(updated, m->updated_at));
		text_free(&state);
	}
	columns_print(&table, "Machines");
	columns_free(&table);
	check_rows_free(checks, check_count);
	return 0;
}

static int print(struct call *call, const struct app *app, const struct machine *machines, size_t count)
{
	struct text host = {0}, addresses = {0};
	if (put_addresses(&addresses, call, app->name) < 0) {
		text_free(&addresses);
		return session_failed(call);
	}
	text_format(&host, "%s.flycast", app->name);
	const char *const pairs[][2] = {
	    {"Name", app->name},
	    {"Owner", app->org},
	    {"Hostname", host.at},
	    {"Network", app->network_name},
	    {"Addresses", addresses.len ? addresses.at : "none (flycast ips allocate-v6 --private)"},
	    {"Status", app_status(app)},
	    {NULL, NULL}};
	columns_pairs("App", pairs);
	int code = print_machines(call, app->name, machines, count);
	text_free(&host);
	text_free(&addresses);
	return code;
}

static int print_json(struct call *call, const struct app *app, const struct machine *machines, size_t count)
{
	struct text host = {0}, url = {0};
	struct release release = {0};
	json_t *list = machine_json_list(call->registry, app->name, machines, count);
	if (!list || release_find(call->registry, app->name, 0, &release, NULL) < 0) {
		json_decref(list);
		return session_failed(call);
	}
	json_t *object = json_object(), *org = json_object();
	text_format(&host, "%s.flycast", app->name);
	text_format(&url, "%s%s", app->services ? "http://" : "", app->services ? host.at : "");
	json_put(object, "ID", app->name);
	json_put(object, "Name", app->name);
	json_put_switch(object, "Deployed", app->machines > 0);
	json_put(object, "Status", app_status(app));
	json_put(object, "Hostname", host.at);
	json_put_number(object, "Version", release.version); /* 0: there is none that is complete */
	json_put(object, "AppURL", text_string(&url));
	json_put(org, "Slug", app->org);
	json_object_set_new(object, "Organization", org);
	json_put(object, "PlatformVersion", "machines");
	json_put(object, "Network", app->network_name);
	json_object_set_new(object, "Machines", list);
	text_free(&url);
	text_free(&host);
	return json_say(object);
}

/* In the transaction that is open. 0 or the exit code. */
static int look(struct call *call, const char *name)
{
	struct machine *machines;
	struct app app;
	size_t count;
	if (app_need(call->registry, &app, name) < 0 || machine_list(call->registry, name, &machines, &count) < 0)
		return session_failed(call);
	int code = call->json ? print_json(call, &app, machines, count) : print(call, &app, machines, count);
	machine_free(machines, count);
	return code;
}

/* Until something changed, but not at once, and not for longer than `seconds`: ages grow by themselves. */
static void rest(struct watch *watch, double seconds)
{
	int64_t since = clock_mono_ms(), soonest = since + CALM_MS;
	watch_wait(watch, since + (int64_t)(seconds * 1000));
	while (clock_mono_ms() < soonest)
		watch_wait(watch, soonest);
}

/* Again and again, until it is interrupted or nobody reads it any more. */
static int follow(struct call *call, const char *name)
{
	static const char clear[] = "\033[H\033[2J";
	struct watch *watch = watch_open(call->registry);
	double seconds = call_seconds(call, "rate", RATE_SECONDS);
	char at[SAY_TIME];
	int code = 0;
	while (code == 0) {
		if (registry_read_begin(call->registry) < 0) {
			code = session_failed(call);
			break;
		}
		printf("%s%s  every %gs, and when something changes; Ctrl-C ends\n\n",
		       isatty(STDOUT_FILENO) ? clear : "", say_time(at, clock_wall_ms()), seconds);
		code = look(call, name);
		registry_read_end(call->registry);
		if (fflush(stdout) != 0)
			break; /* main says so */
		if (code == 0)
			rest(watch, seconds);
	}
	watch_close(watch);
	return code;
}

static int status(struct call *call)
{
	const char *name = call_app(call);
	bool watch = call_on(call, "watch", false);
	if (!name)
		return say_no_app(call);
	if (watch && call->json)
		return say_misuse(call, "--watch and --json are not supported together");
	if (watch && call_seconds(call, "rate", RATE_SECONDS) < 0.1)
		return say_misuse(call, "--rate is 0.1 seconds at least");
	if (session_read(call) < 0)
		return 1;
	if (!watch)
		return look(call, name);
	registry_read_end(call->registry);
	return follow(call, name);
}

static const struct command_flag status_flags[] = {
    {"watch", 0, FLAG_SWITCH, NULL, "show it again when something changes, until it is interrupted", NULL, NULL},
    {"rate", 0, FLAG_SECONDS, "TIME", "with --watch, after this time at the latest (default 5)", NULL, NULL},
    {0}};

const struct command status_command = {
    .name = "status",
    .summary = "Show an app, its addresses and its Machines",
    .examples = "flycast status -a my-app\nflycast status -a my-app --json\nflycast status -a my-app --watch",
    .takes = TAKES_APP | TAKES_JSON,
    .flags = status_flags,
    .run = status};
