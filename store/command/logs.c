/* logs.c - flycast logs: what the Machines of an app write, one after the other by time, and on as they write it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/log_file.h"
#include "command/machine_pick.h"
#include "command/say.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"
#include "watch.h"

enum { TAIL_LINES = 100, FOREVER_MS = 3600000 };

struct entry { /* a line on its way out */
	char *time;
	char *shown;
	size_t len;
	size_t order; /* as it was read */
};

struct source { /* a Machine */
	struct logs *logs;
	char id[MACHINE_ID];
	char region[8];
	struct log_file file;
};

struct logs {
	struct call *call;
	const char *app;
	const char *only; /* id or name of one Machine; NULL: all */
	struct source **sources;
	size_t source_count, source_room;
	struct entry *entries; /* not shown yet */
	size_t entry_count, entry_room;
};

static char *show(const struct source *source, const struct log_line *line, size_t *len)
{
	struct text out = {0};
	if (!source->logs->call->json) {
		log_line_write(&out, line, source->id, source->region);
		*len = out.len;
		return out.at;
	}
	struct text text = {0};
	json_t *object = json_object();
	text_add(&text, line->time.at, line->time.len);
	json_put(object, "timestamp", text_string(&text));
	json_put(object, "level", "info");
	json_put(object, "instance", source->id);
	json_put(object, "region", source->region);
	text_clear(&text);
	text_add(&text, line->text.at, line->text.len);
	json_put(object, "message", text_string(&text));
	text_free(&text);
	char *dump = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	text_format(&out, "%s\n", dump);
	free(dump);
	*len = out.len;
	return out.at;
}

static void on_line(void *owner, const struct log_line *line)
{
	struct source *source = owner;
	struct logs *logs = source->logs;
	struct entry entry = {.time = mem_new(line->time.len + 1), .order = logs->entry_count};
	memcpy(entry.time, line->time.at, line->time.len);
	entry.shown = show(source, line, &entry.len);
	logs->entries = mem_grow(logs->entries, logs->entry_count, &logs->entry_room, sizeof *logs->entries);
	logs->entries[logs->entry_count++] = entry;
}

static int by_time(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->time, y->time);
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* Shows the newest `count` of what was collected. */
static void flush(struct logs *logs, size_t count)
{
	size_t skip = logs->entry_count > count ? logs->entry_count - count : 0;
	if (logs->entry_count > 1)
		qsort(logs->entries, logs->entry_count, sizeof *logs->entries, by_time);
	for (size_t i = 0; i < logs->entry_count; i++) {
		if (i >= skip)
			fwrite(logs->entries[i].shown, 1, logs->entries[i].len, stdout);
		free(logs->entries[i].time);
		free(logs->entries[i].shown);
	}
	logs->entry_count = 0;
	fflush(stdout);
}

static struct source *source_find(const struct logs *logs, const char *id)
{
	for (size_t i = 0; i < logs->source_count; i++)
		if (strcmp(logs->sources[i]->id, id) == 0)
			return logs->sources[i];
	return NULL;
}

static void source_add(struct logs *logs, const struct machine *m, size_t lines, struct watch *watch)
{
	if (source_find(logs, m->id))
		return;
	struct source *source = mem_new(sizeof *source);
	source->logs = logs;
	snprintf(source->id, sizeof source->id, "%s", m->id);
	snprintf(source->region, sizeof source->region, "%s", m->region);
	log_file_open(&source->file, logs->call->path, m->id);
	if (watch)
		watch_directory(watch, source->file.directory);
	log_file_tail(&source->file, lines, &(struct log_sink){.owner = source, .line = on_line});
	logs->sources = mem_grow(logs->sources, logs->source_count, &logs->source_room, sizeof(struct source *));
	logs->sources[logs->source_count++] = source;
}

/* Machines that are gone leave, once their last words were read. */
static void drop_gone(struct logs *logs, const struct machine *machines, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < logs->source_count; i++) {
		struct source *source = logs->sources[i];
		size_t m = 0;
		while (m < count && strcmp(machines[m].id, source->id) != 0)
			m++;
		if (m < count) {
			logs->sources[kept++] = source;
			continue;
		}
		log_file_follow(&source->file, &(struct log_sink){.owner = source, .line = on_line});
		log_file_close(&source->file);
		free(source);
	}
	logs->source_count = kept;
}

/* Machines that came since the last look join in. 0, or the exit code. */
static int look(struct logs *logs, size_t lines, struct watch *watch)
{
	struct machine *machines;
	size_t count = 1;
	if (logs->only) {
		machines = machine_find(logs->call->registry, logs->app, logs->only);
		if (!machines && logs->source_count)
			return 0; /* it is gone; what it wrote last is shown */
		if (!machines)
			return session_failed(logs->call);
	} else if (machine_list(logs->call->registry, logs->app, &machines, &count) < 0) {
		return session_failed(logs->call);
	}
	for (size_t i = 0; i < count; i++)
		source_add(logs, &machines[i], lines, watch);
	drop_gone(logs, machines, count);
	machine_free(machines, count);
	return 0;
}

static int follow(struct logs *logs, size_t lines)
{
	struct watch *watch = watch_open(logs->call->registry);
	int code = look(logs, lines, watch);
	flush(logs, lines);
	while (code == 0 && !ferror(stdout)) {
		watch_wait(watch, clock_mono_ms() + FOREVER_MS);
		for (size_t i = 0; i < logs->source_count; i++) {
			struct source *source = logs->sources[i];
			watch_directory(watch, source->file.directory); /* it may exist only now */
			log_file_follow(&source->file, &(struct log_sink){.owner = source, .line = on_line});
		}
		flush(logs, SIZE_MAX);
		code = look(logs, SIZE_MAX, watch);
		flush(logs, SIZE_MAX);
	}
	watch_close(watch);
	return code;
}

static void logs_free(struct logs *logs)
{
	for (size_t i = 0; i < logs->source_count; i++) {
		log_file_close(&logs->sources[i]->file);
		free(logs->sources[i]);
	}
	free((void *)logs->sources);
	free(logs->entries);
}

static int run(struct call *call)
{
	struct logs logs = {.call = call, .app = call_app(call), .only = call_text(call, "machine")};
	size_t lines = (size_t)call_number(call, "lines", TAIL_LINES);
	struct app app;
	int code = 0;
	if (!logs.app && !logs.only)
		return say_no_app(call);
	if (session_read(call) < 0)
		return 1;
	if (logs.app && app_need(call->registry, &app, logs.app) < 0)
		return session_failed(call);
	registry_read_end(call->registry);
	if (call_on(call, "follow", false)) {
		code = follow(&logs, lines);
	} else {
		code = look(&logs, lines, NULL);
		flush(&logs, lines);
	}
	logs_free(&logs);
	return code;
}

static const struct command_flag flags[] = {
    {"follow", 'f', FLAG_SWITCH, NULL, "go on as more is written", NULL, NULL},
    {"no-tail", 'n', FLAG_SWITCH, NULL, "do not go on (the default)", NULL, NULL},
    {"machine", 'i', FLAG_TEXT, "ID", "one Machine only", NULL, NULL},
    {"lines", 0, FLAG_NUMBER, "N", "begin with so many (default 100)", NULL, NULL},
    {0}};

const struct command logs_command = {.name = "logs",
                                     .aliases = "log",
                                     .summary = "Show what the Machines on this host write",
                                     .examples = "flycast logs -a my-app\nflycast logs -a my-app -f -i 148e21dad76789",
                                     .takes = TAKES_APP | TAKES_JSON,
                                     .flags = flags,
                                     .run = run};
