/* command.c - see command.h. */
#include "command/command.h"

#include <string.h>

#include "base/closest.h"

const struct command_flag command_shared_flags[] = {
    {"registry", 0, FLAG_TEXT, "PATH", "the registry (default $FLYCAST_REGISTRY, else /var/lib/flycast/registry.db)", 0,
     0},
    {"app", 'a', FLAG_TEXT, "NAME", "the app (default $FLY_APP, else app = in fly.toml)", 0, 0},
    {"config", 'c', FLAG_TEXT, "PATH", "the fly.toml that names the app (default ./fly.toml)", 0, 0},
    {"org", 'o', FLAG_TEXT, "SLUG", "the organization (default $FLY_ORG, else personal)", 0, 0},
    {"json", 'j', FLAG_SWITCH, NULL, "print JSON (default $FLY_JSON)", 0, 0},
    {"yes", 'y', FLAG_SWITCH, NULL, "do not ask", 0, 0},
    {"help", 'h', FLAG_SWITCH, NULL, "say how to use this", 0, 0},
    {0}};

bool command_word_in(const char *words, const char *word)
{
	size_t len = strlen(word);
	while (words && *words) {
		size_t here = strcspn(words, " ");
		if (here == len && memcmp(words, word, len) == 0)
			return true;
		words += here + (words[here] != '\0');
	}
	return false;
}

const struct command *command_find(const struct command *commands, const char *word)
{
	for (; commands->name; commands++)
		if (strcmp(commands->name, word) == 0 || command_word_in(commands->aliases, word))
			return commands;
	return NULL;
}

static const struct command_flag *find(const struct command_flag *flags, const char *name, char letter)
{
	for (; flags && flags->name; flags++)
		if (name ? strcmp(flags->name, name) == 0 : flags->letter == letter)
			return flags;
	return NULL;
}

const struct command_flag *command_flag_find(const struct command *command, const char *name)
{
	const struct command_flag *own = command ? find(command->flags, name, 0) : NULL;
	return own ? own : find(command_shared_flags, name, 0);
}

const struct command_flag *command_flag_letter(const struct command *command, char letter)
{
	const struct command_flag *own = command ? find(command->flags, NULL, letter) : NULL;
	return own ? own : find(command_shared_flags, NULL, letter);
}

const char *command_closest(struct closest *near, const struct command *commands)
{
	const char *longer = NULL;
	size_t len = strlen(near->wanted);
	for (; commands->name; commands++) {
		closest_offer(near, commands->name);
		if (!longer && len >= 3 && strncmp(commands->name, near->wanted, len) == 0)
			longer = commands->name;
	}
	return longer ? longer : closest_name(near);
}

const char *command_flag_closest(struct closest *near, const struct command *command)
{
	for (const struct command_flag *flag = command ? command->flags : NULL; flag && flag->name; flag++)
		closest_offer(near, flag->name);
	for (const struct command_flag *flag = command_shared_flags; flag->name; flag++)
		closest_offer(near, flag->name);
	return closest_name(near);
}

bool command_takes(const struct command *command, const struct command_flag *shared)
{
	static const struct {
		const char *name;
		unsigned takes;
	} some[] = {{"app", TAKES_APP}, {"config", TAKES_APP}, {"org", TAKES_ORG}, {"json", TAKES_JSON}};
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
		if (strcmp(some[i].name, shared->name) == 0 && !(command->takes & some[i].takes))
			return false;
	return command_flag_find(command, shared->name) == shared;
}
