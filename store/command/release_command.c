/* release_command.c - see release_command.h. */
#include "command/release_command.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/words.h"
#include "command/call.h"
#include "command/deploy_machine.h"
#include "command/deploy_proof.h"
#include "command/log_file.h"
#include "command/machine_plan.h"
#include "command/progress.h"
#include "command/say.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"

/* flyctl's name for it. */
static const char group_name[] = "fly_app_release_command";

char *release_command_words(const char *line)
{
	size_t count = 0;
	char **words = words_split(line, &count), *json = NULL;
	if (!words || count == 0)
		say_refused("[deploy] release_command cannot be split into words: %s", line);
	else
		json = wanted_words(words, (int)count);
	free((void *)words);
	return json;
}

static int make(const struct deploy_group *group, char id[MACHINE_ID])
{
	if (session_write(group->call) < 0 || deploy_machine_put(group, NULL, true, id))
		return 1;
	return session_commit(group->call) < 0;
}

static int forget(const struct deploy_group *group, const char *id)
{
	if (session_write(group->call) < 0)
		return 1;
	if (machine_delete(group->call->registry, id) < 0)
		return session_failed(group->call);
	return session_commit(group->call) < 0;
}

static void print_line(void *owner, const struct log_line *line)
{
	struct text text = {0};
	(void)owner;
	text_format(&text, "  %.*s", (int)line->text.len, line->text.at);
	progress_clear();
	puts(say_plain(text.at));
	fflush(stdout);
	text_free(&text);
}

static void on_look(void *owner)
{
	struct log_file *file = owner;
	log_file_follow(file, &(struct log_sink){.line = print_line});
}

static int await_end(const struct deploy_group *group, const char *id, double seconds, struct text *why)
{
	struct log_file file;
	const struct deploy_proof proof = {.call = group->call,
	                                   .id = id,
	                                   .serial = 1,
	                                   .since = clock_mono_ms(),
	                                   .seconds = seconds,
	                                   .once = true,
	                                   .on_look = on_look,
	                                   .owner = &file};
	log_file_open(&file, group->call->path, id);
	int code = deploy_proof_await(&proof, why);
	on_look(&file);
	log_file_close(&file);
	if (code)
		say_refused("release_command failed: %s", why->at);
	return code;
}

int release_command_run(const struct deploy_group *group, const char *command, double seconds, struct text *why)
{
	struct deploy_group task = *group;
	char id[MACHINE_ID];
	task.name = group_name;
	task.command = command;
	task.once = true;
	text_clear(why);
	if (make(&task, id)) {
		text_put(why, registry_error(group->call->registry));
		return 1;
	}
	printf("==> Running release_command in Machine %s\n", id);
	fflush(stdout);
	int code = await_end(&task, id, seconds, why);
	return forget(&task, id) || code;
}
