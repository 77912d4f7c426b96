/* checks.c - flycast checks list: the checks of an app's services and how they go. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "check.h"
#include "command/call.h"
#include "command/checks.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/say.h"
#include "command/session.h"

static void print(const char *app, const struct check_row *rows, size_t count)
{
	struct columns table;
	char since[SAY_TIME];
	columns_init(&table, "Name", "Status", "Machine", "Last Updated", "Output", NULL);
	for (size_t i = 0; i < count; i++) {
		columns_add(&table, rows[i].name);
		columns_add(&table, rows[i].status);
		columns_add(&table, rows[i].machine);
		columns_add(&table, rows[i].since ? say_ago(since, rows[i].since) : "");
		columns_add(&table, rows[i].output);
	}
	struct text title = {0};
	text_format(&title, "Health Checks for %s", app);
	columns_print(&table, title.at);
	text_free(&title);
	columns_free(&table);
}

static void put_time(json_t *object, int64_t ms)
{
	char text[SAY_TIME];
	json_put(object, "updated_at", say_time(text, ms));
}

json_t *checks_json(const struct check_row *rows, size_t count, const char *machine)
{
	json_t *array = json_array();
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].machine, machine) != 0)
			continue;
		json_t *object = json_object();
		json_put(object, "name", rows[i].name);
		json_put(object, "status", rows[i].status);
		json_put(object, "output", rows[i].output);
		if (rows[i].since)
			put_time(object, rows[i].since);
		json_array_append_new(array, object);
	}
	return array;
}

/* As flyctl prints it: the Machines' ids, each with a list. */
static int print_json(const struct check_row *rows, size_t count)
{
	json_t *object = json_object();
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(rows[i].machine, rows[i - 1].machine) != 0)
			json_object_set_new(object, rows[i].machine, checks_json(rows, count, rows[i].machine));
	return json_say(object);
}

/* Leaves the rows of this name. */
static size_t keep_named(struct check_row *rows, size_t count, const char *name)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		struct check_row row = rows[kept];
		rows[kept++] = rows[i];
		rows[i] = row;
	}
	return kept;
}

static int list(struct call *call)
{
	const char *name = call_app(call), *only = call_text(call, "check-name");
	struct check_row *rows;
	struct app app;
	size_t count;
	int code = 0;
	if (!name)
		return say_no_app(call);
	if (session_read(call) < 0)
		return 1;
	if (app_need(call->registry, &app, name) < 0 || check_rows(call->registry, name, NULL, &rows, &count) < 0)
		return session_failed(call);
	size_t shown = only ? keep_named(rows, count, only) : count;
	if (call->json)
		code = print_json(rows, shown);
	else if (shown)
		print(name, rows, shown);
	else if (count)
		code = say_refused("no check of app %s is called %s: flycast checks list -a %s names them", name, only,
		                   name);
	else
		printf("No checks are defined for app %s: machine run --check defines them\n", name);
	check_rows_free(rows, count);
	return code;
}

struct census {
	size_t total, passing, warning, critical;
};

static struct census count_checks(const struct check_row *rows, size_t count, const char *machine)
{
	struct census census = {0};
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].machine, machine) != 0)
			continue;
		census.total++;
		census.passing += strcmp(rows[i].status, "passing") == 0;
		census.warning += strcmp(rows[i].status, "warning") == 0;
		census.critical += strcmp(rows[i].status, "critical") == 0;
	}
	return census;
}

const char *checks_tally(char out[CHECKS_TEXT], const struct check_row *rows, size_t count, const char *machine)
{
	struct census census = count_checks(rows, count, machine);
	out[0] = '\0';
	if (census.total)
		snprintf(out, CHECKS_TEXT, "%zu/%zu", census.passing, census.total);
	return out;
}

const char *checks_census(char out[CHECKS_TEXT], const struct check_row *rows, size_t count, const char *machine)
{
	struct census census = count_checks(rows, count, machine);
	struct text text = {0};
	if (census.total)
		text_format(&text, "%zu total", census.total);
	if (census.passing)
		text_format(&text, ", %zu passing", census.passing);
	if (census.warning)
		text_format(&text, ", %zu warning", census.warning);
	if (census.critical)
		text_format(&text, ", %zu critical", census.critical);
	snprintf(out, CHECKS_TEXT, "%s", text_string(&text));
	text_free(&text);
	return out;
}

static const struct command_flag list_flags[] = {
    {"check-name", 0, FLAG_TEXT, "NAME", "only the checks of this name", NULL, NULL}, {0}};

static const struct command checks_commands[] = {
    {.name = "list",
     .aliases = "ls",
     .summary = "List the checks of an app's services and how they go",
     .details = "passing: the last check passed. critical: it failed, and the service gets no requests.\n"
                "warning: none has passed since the Machine started, or the Machine does not run.",
     .examples = "flycast checks list -a my-app\nflycast checks list -a my-app --json",
     .takes = TAKES_APP | TAKES_JSON,
     .flags = list_flags,
     .run = list},
    {0}};

const struct command checks_command = {
    .name = "checks", .summary = "Checks: whether services are well", .commands = checks_commands};
