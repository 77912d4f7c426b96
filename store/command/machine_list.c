/* machine_list.c - flycast machine list and status. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "check.h"
#include "command/call.h"
#include "command/checks.h"
#include "command/columns.h"
#include "command/json.h"
#include "command/machine_commands.h"
#include "command/machine_json.h"
#include "command/machine_pick.h"
#include "command/say.h"
#include "command/session.h"
#include "event.h"
#include "machine.h"
#include "statement.h"

/* "python3 -m http.server 8080", after the image if it has one */
static void put_command(struct text *out, const struct machine *m)
{
	json_t *words = json_loads(m->command, 0, NULL), *word;
	size_t i;
	text_put(out, m->image);
	if (*m->image && strcmp(m->command, MACHINE_IMAGE_COMMAND) == 0)
		json_array_clear(words);
	json_array_foreach(words, i, word)
	{
		const char *text = json_string_value(word);
		text_format(out, "%s%s", out->len ? " " : "", text ? text : "?");
	}
	json_decref(words);
}

static void add_row(struct columns *table, const struct machine *m, const char *checks)
{
	char created[SAY_TIME], updated[SAY_TIME], size[GUEST_NAME];
	struct text command = {0}, state = {0};
	put_command(&command, m);
	text_format(&state, "%s%s", m->state, m->cordoned ? " (cordoned)" : "");
	columns_add(table, m->id);
	columns_add(table, m->name);
	columns_add(table, state.at);
	columns_add(table, checks);
	columns_add(table, m->region);
	columns_add(table, m->address);
	columns_add(table, say_ago(created, m->created_at));
	columns_add(table, say_ago(updated, m->updated_at));
	columns_add(table, m->process_group);
	columns_add(table, guest_name(size, &m->guest));
	columns_add(table, text_string(&command));
	text_free(&command);
	text_free(&state);
}

static int print_list(struct call *call, const char *app, const struct machine *machines, size_t count)
{
	struct columns table;
	struct check_row *checks;
	size_t check_count;
	char tally[CHECKS_TEXT];
	if (!count) {
		printf("No machines are available on this app %s\n", app);
		return 0;
	}
	if (check_rows(call->registry, app, NULL, &checks, &check_count) < 0)
		return session_failed(call);
	printf("%zu machines have been retrieved from app %s.\n\n", count, app);
	columns_init(&table, "ID", "Name", "State", "Checks", "Region", "IP Address", "Created", "Last Updated",
	             "Process Group", "Size", "Command", NULL);
	for (size_t i = 0; i < count; i++)
		add_row(&table, &machines[i], checks_tally(tally, checks, check_count, machines[i].id));
	columns_print(&table, app);
	columns_free(&table);
	check_rows_free(checks, check_count);
	return 0;
}

int machine_command_list(struct call *call)
{
	const char *name = call_app(call);
	struct machine *machines;
	struct app app;
	json_t *json = NULL;
	size_t count;
	if (!name)
		return say_no_app(call);
	if (session_read(call) < 0)
		return 1;
	if (app_need(call->registry, &app, name) < 0 || machine_list(call->registry, name, &machines, &count) < 0)
		return session_failed(call);
	int code = 0;
	if (call->json) {
		json = machine_json_list(call->registry, name, machines, count);
		code = json ? json_say(json) : session_failed(call);
	} else if (call_on(call, "quiet", false)) {
		for (size_t i = 0; i < count; i++)
			puts(machines[i].id);
	} else {
		code = print_list(call, name, machines, count);
	}
	machine_free(machines, count);
	return code;
}

/* A Machine without checks has no table of them. */
static int print_checks(struct call *call, const struct machine *m)
{
	struct columns table;
	struct check_row *rows;
	size_t count;
	char since[SAY_TIME], tally[CHECKS_TEXT];
	struct text title = {0};
	if (check_rows(call->registry, m->app, m->id, &rows, &count) < 0)
		return session_failed(call);
	if (!count)
		return 0;
	columns_init(&table, "Name", "Status", "Last Updated", "Output", NULL);
	for (size_t i = 0; i < count; i++) {
		columns_add(&table, rows[i].name);
		columns_add(&table, rows[i].status);
		columns_add(&table, rows[i].since ? say_ago(since, rows[i].since) : "");
		columns_add(&table, rows[i].output);
	}
	text_format(&title, "Checks [%s]", checks_tally(tally, rows, count, m->id));
	columns_print(&table, title.at);
	text_free(&title);
	columns_free(&table);
	check_rows_free(rows, count);
	return 0;
}

static int print_events(struct call *call, const char *id)
{
	struct columns table;
	struct statement s;
	struct event event;
	char at[SAY_TIME];
	int rc;
	columns_init(&table, "State", "Event", "Source", "Timestamp", "Info", NULL);
	event_list(&s, call->registry, id);
	while ((rc = event_next(&s, &event)) > 0) {
		columns_add(&table, event.status);
		columns_add(&table, event.type);
		columns_add(&table, event.source);
		columns_add(&table, say_time(at, event.at));
		columns_add(&table, event.info);
	}
	statement_close(&s);
	if (rc == 0)
		columns_print(&table, "Event Logs");
	columns_free(&table);
	return rc < 0 ? session_failed(call) : 0;
}

static void print_machine(const struct machine *m)
{
	char created[SAY_TIME], updated[SAY_TIME], cpus[24] = "", memory[24] = "";
	struct text command = {0};
	put_command(&command, m);
	if (m->guest.cpu_kind) {
		snprintf(cpus, sizeof cpus, "%" PRId64, m->guest.cpus);
		snprintf(memory, sizeof memory, "%" PRId64 " MB", m->guest.memory_mb);
	}
	const char *const pairs[][2] = {{"ID", m->id},
	                                {"Instance ID", m->instance},
	                                {"State", m->state},
	                                {"Cordoned", m->cordoned ? "true" : "false"},
	                                {"App", m->app},
	                                {"Name", m->name},
	                                {"Private IP", m->address},
	                                {"Region", m->region},
	                                {"Host", m->host},
	                                {"Process Group", m->process_group},
	                                {"CPU Kind", m->guest.cpu_kind ? m->guest.cpu_kind : ""},
	                                {"vCPUs", cpus},
	                                {"Memory", memory},
	                                {"Created", say_time(created, m->created_at)},
	                                {"Updated", say_time(updated, m->updated_at)},
	                                {"Command", text_string(&command)},
	                                {*m->message ? "Message" : NULL, m->message},
	                                {NULL, NULL}};
	printf("Machine ID: %s\nInstance ID: %s\nState: %s\n\n", m->id, m->instance, m->state);
	columns_pairs("VM", pairs);
	text_free(&command);
}

int machine_command_status(struct call *call)
{
	int code = machine_pick_check(call);
	if (code)
		return code;
	if (session_read(call) < 0)
		return 1;
	struct machine *m = machine_pick(call, 0);
	if (!m)
		return 1;
	if (call->json) {
		code = machine_json_say(call, m->id);
	} else {
		print_machine(m);
		code = print_checks(call, m);
		if (code == 0)
			code = print_events(call, m->id);
	}
	machine_free(m, 1);
	return code;
}
