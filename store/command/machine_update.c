/* machine_update.c - flycast machine update: what changes is tried, shown, asked about, and then done. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "check.h"
#include "command/await.h"
#include "command/call.h"
#include "command/json.h"
#include "command/machine_commands.h"
#include "command/machine_json.h"
#include "command/machine_pick.h"
#include "command/machine_plan.h"
#include "command/machine_twin.h"
#include "command/roll.h"
#include "command/say.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"
#include "secret.h"
#include "service.h"
#include "statement.h"

/* ------------------------------------------------------------------------------------------------ the rows */

/* 0, or 1 after a sentence. */
static int change_row(struct call *call, const struct wanted *w, const struct machine *m)
{
	struct machine_plan plan;
	const char *restart = call_text(call, "restart"), *signal = call_text(call, "kill-signal");
	machine_twin_plan(&plan, m);
	machine_config_plan(&w->base, call, &plan);
	char *env = wanted_merge(w->base.env ? w->base.env : m->env, w->env);
	plan.env = env;
	plan.metadata = w->metadata;
	plan.command = w->command ? w->command : plan.command;
	plan.image = w->image ? w->image : plan.image;
	plan.restart = restart ? restart : plan.restart;
	plan.kill_signal = signal ? signal : plan.kill_signal;
	plan.kill_timeout = (int64_t)ceil(call_seconds(call, "kill-timeout", (double)plan.kill_timeout));
	plan.skip_dns = call_on(call, "skip-dns-registration", plan.skip_dns);
	int code = wanted_guest_change(&plan.guest, call);
	if (code == 0 && machine_change(call->registry, m->id, &plan) < 0)
		code = session_failed(call);
	free(env);
	return code;
}

/* Services of a configuration take the place of all there are. */
static int change_services(struct call *call, const struct wanted *w, const char *id)
{
	struct statement s;
	if (!w->base.has_services)
		return 0;
	statement_open(&s, call->registry, "DELETE FROM service WHERE machine = ?1");
	statement_bind_text(&s, 1, id);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc < 0 ? -1 : machine_config_services(&w->base, call, id);
}

static int change_ports(struct call *call, const struct wanted *w, const char *id)
{
	size_t kept = w->port_count - w->removed;
	int rc = 0;
	for (size_t i = 0; i < w->port_count && rc >= 0; i++)
		rc = service_drop_port(call->registry, id, &w->ports[i]);
	return rc < 0 ? -1 : service_put(call->registry, id, w->ports, kept, &w->policy);
}

/* The checks that were given take the place of those their services have. */
static int change_checks(struct call *call, const struct wanted *w, const char *id)
{
	int rc = 0;
	for (size_t i = 0; i < w->check_count && rc >= 0; i++) {
		struct statement s;
		statement_open(&s, call->registry,
		               "DELETE FROM service_check WHERE machine = ?1 AND internal_port = ?2");
		statement_bind_text(&s, 1, id);
		statement_bind_number(&s, 2, w->checks[i].internal_port);
		rc = statement_step(&s);
		statement_close(&s);
	}
	return rc < 0 ? -1 : check_put(call->registry, id, w->checks, w->check_count);
}

static int change_policy(struct call *call, const char *id)
{
	const char *autostart = call_text(call, "autostart"), *autostop = call_text(call, "autostop");
	if (autostop && command_word_in("true false", autostop))
		autostop = strcmp(autostop, "true") == 0 ? "stop" : "off";
	const struct service_change change = {
	    .autostart = !autostart                         ? NULL
	                 : call_on(call, "autostart", true) ? "1"
	                                                    : "0",
	    .autostop = autostop,
	    .concurrency = call_text(call, "concurrency-type"),
	    .min_machines_running = call_number(call, "min-machines-running", -1),
	    .soft_limit = call_number(call, "soft-limit", -1),
	    .hard_limit = call_number(call, "hard-limit", -1),
	};
	return service_change(call->registry, id, &change);
}

/* ------------------------------------------------------------------------------------------------ what differs */

/* Every value below it, "services[0].autostop: true", one to a line. */
static void flatten(struct text *out, const char *path, json_t *value)
{
	struct text below = {0};
	const char *key;
	json_t *item;
	size_t index;
	if (json_is_object(value)) {
		json_object_foreach(value, key, item)
		{
			text_clear(&below);
			text_format(&below, "%s%s%s", path, *path ? "." : "", key);
			flatten(out, below.at, item);
		}
	} else if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
		json_array_foreach(value, index, item)
		{
			text_clear(&below);
			text_format(&below, "%s[%zu]", path, index);
			flatten(out, below.at, item);
		}
	} else {
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		text_format(out, "%s: %s\n", path, text ? text : "?");
		free(text);
	}
	text_free(&below);
}

static bool has_line(const char *lines, const char *line, size_t len)
{
	for (; *lines; lines += strcspn(lines, "\n") + 1)
		if (strncmp(lines, line, len) == 0)
			return true;
	return false;
}

static void put_missing(struct text *out, char sign, const char *lines, const char *others)
{
	for (size_t len; *lines; lines += len) {
		len = strcspn(lines, "\n") + 1;
		if (!has_line(others, lines, len))
			text_format(out, "  %c %.*s", sign, (int)len, lines);
	}
}

/* The Machine's settings in the transaction that is open. 0 or the exit code. */
static int read_settings(struct call *call, const char *id, struct text *out)
{
	json_t *json = machine_json_read(call, id);
	if (!json)
		return 1;
	flatten(out, "", json_object_get(json, "config"));
	json_decref(json);
	return 0;
}

/* ------------------------------------------------------------------------------------------------ the command */

struct update {
	struct call *call;
	struct wanted wanted;
	struct text differs; /* for people; "": nothing */
	struct goal goal;
	char id[MACHINE_ID];
	bool restarts; /* what changes it takes up when it starts */
};

/* Does the row say something else than m about what a start needs? */
static bool needs_restart(const struct machine *m, const struct machine *now, bool secrets)
{
	return secrets || strcmp(m->command, now->command) != 0 || strcmp(m->image, now->image) != 0 ||
	       strcmp(m->entrypoint, now->entrypoint) != 0 || strcmp(m->env, now->env) != 0 ||
	       m->guest.cpus != now->guest.cpus || m->guest.memory_mb != now->guest.memory_mb ||
	       m->guest.cpu_kind != now->guest.cpu_kind;
}

/* 1 the Machine lacks secrets that are there, 0, -1. */
static int lacks_secrets(struct registry *registry, const char *id)
{
	struct statement s;
	statement_open(&s, registry,
	               "SELECT 1 FROM machine m WHERE id = ?1"
	               " AND secrets_version < (SELECT max(version) FROM secret WHERE app = m.app)");
	statement_bind_text(&s, 1, id);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static int change(struct update *u, const struct machine *m)
{
	struct registry *registry = u->call->registry;
	bool failed;
	int secrets = lacks_secrets(registry, m->id);
	if (secrets < 0)
		return session_failed(u->call);
	if (change_row(u->call, &u->wanted, m))
		return 1;
	if (change_services(u->call, &u->wanted, m->id) < 0 || change_ports(u->call, &u->wanted, m->id) < 0 ||
	    change_policy(u->call, m->id) < 0 || change_checks(u->call, &u->wanted, m->id) < 0 ||
	    secret_give(registry, m->id) < 0)
		return session_failed(u->call);
	struct machine *now = machine_look(registry, m->id, &failed);
	if (failed)
		return session_failed(u->call);
	u->restarts = needs_restart(m, now, secrets > 0);
	if (secrets > 0)
		text_put(&u->differs, "  + the newest secrets\n");
	machine_free(now, 1);
	return 0;
}

/* In a transaction of its own, which stays open. 0 or the exit code. */
static int make_change(struct update *u)
{
	struct call *call = u->call;
	struct text before = {0}, after = {0};
	if (session_write(call) < 0)
		return 1;
	struct machine *m = machine_pick(call, 0);
	int code = m ? read_settings(call, m->id, &before) : 1;
	text_clear(&u->differs);
	if (code == 0) {
		memcpy(u->id, m->id, MACHINE_ID);
		code = change(u, m);
	}
	if (code == 0)
		code = read_settings(call, m->id, &after);
	if (code == 0) {
		put_missing(&u->differs, '-', text_string(&before), text_string(&after));
		put_missing(&u->differs, '+', text_string(&after), text_string(&before));
	}
	bool start = !call_on(call, "skip-start", false);
	if (code == 0 && u->differs.len && (u->restarts || (start && !roll_wish(m))))
		code = roll_ask(call, m, start, &u->goal);
	text_free(&before);
	text_free(&after);
	machine_free(m, 1);
	return code;
}

/* Tried and taken back: nobody else waits while somebody reads. */
static int show(struct update *u)
{
	int code = make_change(u);
	registry_rollback(u->call->registry);
	if (code || !u->differs.len)
		return code;
	if (!u->call->json)
		printf("Configuration changes to be applied to machine: %s\n%s", u->id, u->differs.at);
	fflush(stdout);
	return say_confirm(u->call, "Apply changes?");
}

static int await_update(struct update *u)
{
	double seconds = call_seconds(u->call, "wait-timeout", MACHINE_WAIT_SECONDS);
	const struct await await = {.call = u->call, .id = u->id, .goal = u->goal, .seconds = seconds};
	if (!u->goal.state || seconds == 0)
		return 0;
	if (call_on(u->call, "skip-health-checks", false))
		return await_machine(&await, NULL);
	return roll_await(u->call, u->id, &u->goal, seconds);
}

static int update(struct update *u)
{
	struct call *call = u->call;
	int code = show(u);
	if (code)
		return code;
	if (!u->differs.len) {
		if (!call->json)
			printf("No changes to apply\n");
		return call->json ? machine_json_say(call, u->id) : 0;
	}
	if (!call->json)
		printf("Updating machine %s\n", u->id);
	fflush(stdout);
	code = make_change(u);
	if (code == 0)
		code = session_commit(call) < 0;
	if (code == 0)
		code = await_update(u);
	if (code == 0 && call->json)
		return machine_json_say(call, u->id);
	if (code == 0)
		printf("Machine %s updated successfully!\n", u->id);
	return code;
}

int machine_command_update(struct call *call)
{
	struct update u = {.call = call};
	int code = machine_pick_check(call);
	if (code)
		return code;
	code = wanted_read_change(&u.wanted, call);
	if (code == 0)
		code = update(&u);
	wanted_free(&u.wanted);
	text_free(&u.differs);
	return code;
}
