/* scale.c - flycast scale count|show: how many Machines an app has, by process group and region. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/release_folder.h"
#include "command/say.h"
#include "command/scale_app.h"
#include "command/scale_change.h"
#include "command/session.h"
#include "machine.h"

enum { COUNT_MOST = 10000 };

/* ------------------------------------------------------------------------------------------------ what is wanted */

static int read_target(struct scale_target *t, const char *word, const char *group)
{
	const char *equals = strchr(word, '='), *text = equals ? equals + 1 : word;
	size_t len = equals ? (size_t)(equals - word) : strlen(group);
	int64_t number;
	t->sign = *text == '+' || *text == '-' ? *text : '\0';
	if (len >= sizeof t->group || (equals && len == 0))
		return say_refused("'%.80s' is not a valid process=count option: there is no such process group", word);
	if (!number_read(&number, text + (t->sign != '\0'), 0, COUNT_MOST))
		return t->sign ? say_refused("invalid relative scale count: %.80s: write +2 or -1", text)
		               : say_refused("'%.80s' is not a valid process=count option: write a number up to %d, or "
		                             "web=2",
		                             word, COUNT_MOST);
	memcpy(t->group, equals ? word : group, len);
	t->number = (size_t)number;
	return 0;
}

static int read_targets(struct scale *s)
{
	struct call *call = s->call;
	const char *group = call_text(call, "process-group");
	s->targets = mem_new_array((size_t)call->arg_count, sizeof *s->targets);
	for (int i = 0; i < call->arg_count; i++) {
		struct scale_target *t = &s->targets[s->target_count++];
		int code = read_target(t, call->args[i], group ? group : "");
		if (code)
			return code;
		if (call->arg_count > 1 && !strchr(call->args[i], '='))
			return say_refused("'%.80s' is not a valid process=count option", call->args[i]);
		for (size_t k = 0; k + 1 < s->target_count; k++)
			if (strcmp(s->targets[k].group, t->group) == 0)
				return say_refused("process group %s is named twice", t->group);
	}
	return 0;
}

static int count(struct call *call)
{
	struct scale s = {.call = call, .app = call_app(call)};
	struct release_folder folder = {.fd = -1};
	struct text text = {0};
	if (!s.app)
		return say_no_app(call);
	int code = read_targets(&s);
	if (code == 0) /* before it counts: while a deploy goes on there are two Machines for one place */
		code = release_folder_hold(&folder, call->path, s.app);
	if (code == 0)
		code = session_read(call) < 0;
	if (code == 0)
		code = scale_app_plan(&s, &text);
	if (code == 0 && !text.len) {
		printf("App already scaled to desired state. No need for changes\n");
	} else if (code == 0) {
		printf("App '%s' is going to be scaled according to this plan:\n%s", s.app, text.at);
		fflush(stdout);
		code = say_confirm(call, "Scale app %s?", s.app);
		if (code == 0)
			code = scale_change(&s, &text);
	}
	release_folder_close(&folder);
	scale_app_forget(&s);
	free(s.targets);
	free(s.items);
	text_free(&text);
	return code;
}

/* ------------------------------------------------------------------------------------------------ showing */

/* Of the Machines from `at` on that are of its group: how many by region. Machines are sorted by group and region. */
static size_t tally(const struct scale *s, size_t at, json_t *regions, struct text *text)
{
	const char *group = s->machines[at].process_group;
	size_t total = 0;
	for (size_t i = at, same; i < s->count && strcmp(s->machines[i].process_group, group) == 0; i += same) {
		for (same = 0; i + same < s->count && strcmp(s->machines[i + same].process_group, group) == 0 &&
		               strcmp(s->machines[i + same].region, s->machines[i].region) == 0;)
			same++;
		json_object_set_new(regions, s->machines[i].region, json_integer((json_int_t)same));
		text_format(text, same > 1 ? "%s%s(%zu)" : "%s%s", total ? "," : "", s->machines[i].region, same);
		total += same;
	}
	return total;
}

static json_t *json_of(const struct machine *m, size_t total, json_t *regions)
{
	json_t *object = json_object();
	json_put(object, "Process", m->process_group);
	json_put_number(object, "Count", (int64_t)total);
	json_put(object, "CPUKind", m->guest.cpu_kind);
	json_put_number(object, "CPUs", m->guest.cpus);
	json_put_number(object, "Memory", m->guest.memory_mb);
	json_object_set(object, "Regions", regions);
	return object;
}

static int print_groups(struct scale *s)
{
	struct columns table;
	json_t *all = json_array();
	columns_init(&table, "Name", "Count", "Kind", "CPUs", "Memory", "Regions", NULL);
	for (size_t i = 0, total; i < s->count; i += total) {
		const struct machine *m = &s->machines[i];
		struct text regions = {0}, memory = {0};
		json_t *object = json_object();
		total = tally(s, i, object, &regions);
		json_array_append_new(all, json_of(m, total, object));
		json_decref(object);
		if (m->guest.cpu_kind)
			text_format(&memory, "%" PRId64 " MB", m->guest.memory_mb);
		columns_add(&table, m->process_group);
		columns_number(&table, (int64_t)total);
		columns_add(&table, m->guest.cpu_kind ? m->guest.cpu_kind : "unlimited");
		if (m->guest.cpu_kind)
			columns_number(&table, m->guest.cpus);
		else
			columns_add(&table, "");
		columns_add(&table, text_string(&memory));
		columns_add(&table, text_string(&regions));
		text_free(&regions);
		text_free(&memory);
	}
	int code = 0;
	if (s->call->json) {
		code = json_say(json_incref(all));
	} else {
		printf("VM Resources for app: %s\n\n", s->app);
		columns_print(&table, "Groups");
	}
	columns_free(&table);
	json_decref(all);
	return code;
}

static int show(struct call *call)
{
	struct scale s = {.call = call, .app = call_app(call)};
	struct app app;
	if (!s.app)
		return say_no_app(call);
	if (session_read(call) < 0)
		return 1;
	if (app_need(call->registry, &app, s.app) < 0 || machine_list(call->registry, s.app, &s.machines, &s.count) < 0)
		return session_failed(call);
	int code = print_groups(&s);
	scale_app_forget(&s);
	return code;
}

/* ------------------------------------------------------------------------------------------------ the table */

static const struct command_flag count_flags[] = {
    {"process-group", 'g', FLAG_TEXT, "NAME", "the process group (default app, or the only one there is)", NULL, NULL},
    {"region", 'r', FLAG_LIST, "CODES", "count in these regions only, separated by commas (default: where it is)", NULL,
     NULL},
    {"max-per-region", 0, FLAG_NUMBER, "N", "so many in one region at most", NULL, NULL},
    {"detach", 'd', FLAG_SWITCH, NULL, "do not wait until new Machines have started", NULL, NULL},
    {"wait-timeout", 'w', FLAG_SECONDS, "TIME", "how long to wait for a Machine (default 5m)", NULL, NULL},
    {0}};

static const struct command scale_commands[] = {
    {.name = "count",
     .args = "N | GROUP=N ...",
     .summary = "Have so many Machines in a process group, spread over its regions",
     .details =
         "+N and -N mean so many more and fewer (behind -- when a minus comes first). New Machines are like those\n"
         "of the group; those that do not run go first, and one that runs is stopped before it is destroyed.",
     .examples = "flycast scale count 3 -a my-app\n"
                 "flycast scale count web=4 worker=1 -a my-app -r fra,ams -y\n"
                 "flycast scale count -a my-app -- -1",
     .min_args = 1,
     .max_args = ARGS_ANY,
     .takes = TAKES_APP,
     .flags = count_flags,
     .run = count},
    {.name = "show",
     .summary = "Show how many Machines an app has, by process group and region",
     .examples = "flycast scale show -a my-app",
     .takes = TAKES_APP | TAKES_JSON,
     .run = show},
    {0}};

const struct command scale_command = {
    .name = "scale", .summary = "How many Machines an app has", .commands = scale_commands};
