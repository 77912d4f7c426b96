/* call.c - see call.h. */
#include "command/call.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/closest.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "command/config_file.h"
#include "command/say.h"
#include "registry.h"

struct reader {
	struct call *call;
	const struct command *commands;
	char **next; /* the word after the one being read; NULL-terminated */
};

static bool is_secret(const struct call *call, const char *word)
{
	int at = 0;
	if (!call->command || !(call->command->takes & TAKES_SECRETS))
		return false;
	while (at < call->arg_count && call->args[at] != word)
		at++;
	return at < call->arg_count;
}

/* Everything as one line that a shell would read again as the same words; but values of secrets are not in it. */
static char *whole_line(const struct call *call, char **argv)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:,@%+";
	struct text line = {0};
	text_put(&line, "flycast");
	for (char **word = argv + 1; *word; word++) {
		text_put(&line, " ");
		if (is_secret(call, *word)) {
			text_format(&line, "%.*s", (int)strcspn(*word, "="), *word);
			text_put(&line, strchr(*word, '=') ? "=***" : "");
			continue;
		}
		if (**word && !(*word)[strspn(*word, plain)]) {
			text_put(&line, *word);
			continue;
		}
		text_put(&line, "'");
		for (const char *c = *word; *c; c++)
			text_put(&line, *c == '\'' ? "'\\''" : (char[]){*c, '\0'});
		text_put(&line, "'");
	}
	return line.at;
}

static bool truth(const char *text, bool *out)
{
	*out = command_word_in("true t 1 yes on", text);
	return *out || command_word_in("false f 0 no off", text);
}

static int check_value(const struct call *call, const struct command_flag *flag, const char *text)
{
	int64_t number;
	double seconds;
	bool on;
	switch (flag->kind) {
	case FLAG_SWITCH:
		return truth(text, &on) ? 0 : say_misuse(call, "--%s is true or false, not \"%s\"", flag->name, text);
	case FLAG_NUMBER:
		return number_read(&number, text, 0, INT64_MAX)
		           ? 0
		           : say_misuse(call, "--%s takes a whole number, not \"%s\"", flag->name, text);
	case FLAG_SECONDS:
		return number_seconds(&seconds, text)
		           ? 0
		           : say_misuse(call, "--%s takes a time such as 90, 1.5s, 500ms or 2m, not \"%s\"", flag->name,
		                        text);
	case FLAG_TEXT:
	case FLAG_LIST:
		break;
	}
	if (flag->words && !command_word_in(flag->words, text))
		return say_misuse(call, "--%s takes one of: %s; not \"%s\"", flag->name, flag->words, text);
	return 0;
}

static int add_value(struct call *call, const struct command_flag *flag, const char *text)
{
	int code = check_value(call, flag, text);
	call->values = mem_resize(call->values, (call->value_count + 1) * sizeof *call->values);
	call->values[call->value_count++] = (struct call_value){flag, text};
	return code;
}

/* The value of a flag that stands without one: its own default, or the next word. */
static const char *next_value(struct reader *r, const struct command_flag *flag)
{
	if (flag->kind == FLAG_SWITCH)
		return "true";
	if (flag->bare && !(*r->next && command_word_in(flag->words, *r->next)))
		return flag->bare;
	return *r->next ? *r->next++ : NULL;
}

static int read_long(struct reader *r, const char *word)
{
	char name[64];
	size_t len = strcspn(word + 2, "=");
	if (len < sizeof name) {
		memcpy(name, word + 2, len);
		name[len] = '\0';
	}
	const struct command_flag *flag = len < sizeof name ? command_flag_find(r->call->command, name) : NULL;
	if (!flag) {
		struct closest near = {.wanted = len < sizeof name ? name : word + 2};
		const char *meant = command_flag_closest(&near, r->call->command);
		return say_misuse(r->call, "unknown flag \"%s\"%s%s%s", word, meant ? ": did you mean --" : "",
		                  meant ? meant : "", meant ? "?" : "");
	}
	const char *value = word[2 + len] == '=' ? word + 3 + len : next_value(r, flag);
	if (!value)
		return say_misuse(r->call, "--%s needs a value (%s)", flag->name, flag->value);
	return add_value(r->call, flag, value);
}

/* -a my-app, -amy-app, -a=my-app, -jy */
static int read_letters(struct reader *r, const char *word)
{
	for (const char *at = word + 1; *at; at++) {
		const struct command_flag *flag = command_flag_letter(r->call->command, *at);
		if (!flag)
			return say_misuse(r->call, "unknown flag \"-%c\" in \"%s\"", *at, word);
		if (flag->kind == FLAG_SWITCH) {
			add_value(r->call, flag, "true");
			continue;
		}
		const char *value = at[1] == '=' ? at + 2 : at[1] ? at + 1 : next_value(r, flag);
		if (!value)
			return say_misuse(r->call, "-%c needs a value (%s)", *at, flag->value);
		return add_value(r->call, flag, value);
	}
	return 0;
}

static int read_word(struct reader *r, char *word)
{
	struct call *call = r->call;
	if (call->command) {
		call->args[call->arg_count++] = word;
		return 0;
	}
	if (strcmp(word, "help") == 0) {
		call->help = true;
		return 0;
	}
	const struct command *among = call->group ? call->group->commands : r->commands;
	const struct command *found = command_find(among, word);
	if (!found) {
		struct closest near = {.wanted = word};
		const char *meant = command_closest(&near, among);
		return say_misuse(call, "unknown command \"%s\"%s%s%s", word, meant ? ": did you mean \"" : "",
		                  meant ? meant : "", meant ? "\"?" : "");
	}
	if (found->commands)
		call->group = found;
	else
		call->command = found;
	return 0;
}

static int read_words(struct reader *r)
{
	struct call *call = r->call;
	while (*r->next) {
		int code;
		char *word = *r->next++;
		if (strcmp(word, "--") == 0)
			break;
		if (word[0] == '-' && word[1] == '-')
			code = read_long(r, word);
		else if (word[0] == '-' && word[1])
			code = read_letters(r, word);
		else
			code = read_word(r, word);
		if (code)
			return code;
	}
	if (call->command && call->command->takes & TAKES_REST) {
		call->rest = r->next;
		while (call->rest[call->rest_count])
			call->rest_count++;
	} else {
		while (*r->next && call->command)
			call->args[call->arg_count++] = *r->next++;
	}
	return 0;
}

static int check_taken(const struct call *call)
{
	static const struct {
		const char *flag;
		unsigned takes;
	} shared[] = {{"app", TAKES_APP}, {"config", TAKES_APP}, {"org", TAKES_ORG}, {"json", TAKES_JSON}};
	for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
		const struct command_flag *flag = command_flag_find(NULL, shared[i].flag);
		for (size_t v = 0; v < call->value_count; v++)
			if (call->values[v].flag == flag && !(call->command->takes & shared[i].takes))
				return say_misuse(call, "%s does not take --%s", call->command->name, flag->name);
	}
	return 0;
}

/* A command with a --config of its own writes the file. */
static bool writes_config(const struct command *command)
{
	for (const struct command_flag *flag = command->flags; flag && flag->name; flag++)
		if (strcmp(flag->name, "config") == 0)
			return true;
	return false;
}

static int check(struct call *call)
{
	const struct command *command = call->command;
	const char *config = call_text(call, "config");
	if (!command)
		return call->group ? say_misuse(call, "%s needs a command", call->group->name) : 0;
	if (call->arg_count < command->min_args)
		return say_misuse(call, "%s needs %s", command->name, command->args);
	if (command->max_args != ARGS_ANY && call->arg_count > command->max_args)
		return say_misuse(call, "\"%s\" is one word too many for %s", call->args[command->max_args],
		                  command->name);
	if (config && !writes_config(command) && access(config, R_OK) < 0)
		return say_misuse(call, "--config %s cannot be read (%s)", config, strerror(errno));
	return check_taken(call);
}

static const char *environment(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

static void settle(struct call *call)
{
	const char *path = call_text(call, "registry");
	const char *json = environment("FLY_JSON");
	bool wanted = false;
	if (!path)
		path = environment("FLYCAST_REGISTRY");
	call->path = path ? path : "/var/lib/flycast/registry.db";
	call->help = call->help || call_on(call, "help", false);
	call->yes = call_on(call, "yes", false);
	if (json && call->command && call->command->takes & TAKES_JSON)
		truth(json, &wanted);
	call->json = call_on(call, "json", wanted);
}

int call_read(struct call *call, const struct command *commands, int argc, char **argv)
{
	*call = (struct call){0};
	call->args = mem_new_array((size_t)argc + 1, sizeof *call->args);
	struct reader r = {.call = call, .commands = commands, .next = argv + (argc > 0)};
	int code = read_words(&r);
	call->line = whole_line(call, argv);
	if (code)
		return code;
	settle(call);
	return call->help ? 0 : check(call);
}

void call_free(struct call *call)
{
	registry_close(call->registry);
	free(call->values);
	free((void *)call->args);
	free(call->line);
	free(call->app);
}

static const struct command_flag *known(const struct call *call, const char *name)
{
	const struct command_flag *flag = command_flag_find(call->command, name);
	assert(flag);
	return flag;
}

const char *call_text(const struct call *call, const char *name)
{
	const struct command_flag *flag = known(call, name);
	for (size_t i = call->value_count; i > 0; i--)
		if (call->values[i - 1].flag == flag)
			return call->values[i - 1].text;
	return NULL;
}

bool call_on(const struct call *call, const char *flag, bool otherwise)
{
	const char *text = call_text(call, flag);
	if (text)
		truth(text, &otherwise);
	return otherwise;
}

int64_t call_number(const struct call *call, const char *flag, int64_t otherwise)
{
	const char *text = call_text(call, flag);
	if (text)
		number_read(&otherwise, text, 0, INT64_MAX);
	return otherwise;
}

double call_seconds(const struct call *call, const char *flag, double otherwise)
{
	const char *text = call_text(call, flag);
	if (text)
		number_seconds(&otherwise, text);
	return otherwise;
}

const char *call_item(const struct call *call, const char *name, size_t index)
{
	const struct command_flag *flag = known(call, name);
	for (size_t i = 0; i < call->value_count; i++)
		if (call->values[i].flag == flag && index-- == 0)
			return call->values[i].text;
	return NULL;
}

const char *call_app(struct call *call)
{
	const char *name = call_text(call, "app");
	if (!name)
		name = environment("FLY_APP");
	if (name)
		return name;
	if (!call->app)
		call->app = config_file_app(call);
	return call->app;
}

const char *call_org(const struct call *call)
{
	const char *slug = call_text(call, "org");
	if (!slug)
		slug = environment("FLY_ORG");
	return slug ? slug : environment("FLY_ORGANIZATION");
}
