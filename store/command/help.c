/* help.c - see help.h. */
#include "command/help.h"

#include <stdio.h>
#include <string.h>

static void print_commands(const struct command *commands, const char *under)
{
	int width = 0;
	for (const struct command *c = commands; c->name; c++)
		if ((int)strlen(c->name) > width)
			width = (int)strlen(c->name);
	printf("\nCommands:\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-*s  %s\n", width, c->name, c->summary);
	printf("\nMore about one of them: flycast %s%sCOMMAND --help\n", under, *under ? " " : "");
}

static void print_flag(const struct command_flag *flag)
{
	char left[64];
	char letter[8] = "    ";
	if (flag->letter)
		snprintf(letter, sizeof letter, "-%c, ", flag->letter);
	if (flag->bare)
		snprintf(left, sizeof left, "%s--%s[=%s]", letter, flag->name, flag->value);
	else
		snprintf(left, sizeof left, "%s--%s%s%s", letter, flag->name, flag->value ? " " : "",
		         flag->value ? flag->value : "");
	printf("  %-30s  %s%s\n", left, flag->help, flag->kind == FLAG_LIST ? " (may be repeated)" : "");
}

static void print_aliases(const struct command *command)
{
	if (command->aliases)
		printf("Also known as: %s\n", command->aliases);
}

static void print_examples(const struct command *command)
{
	if (!command->examples)
		return;
	printf("\nExamples:\n");
	for (const char *line = command->examples; *line;) {
		int len = (int)strcspn(line, "\n");
		printf("  %.*s\n", len, line);
		line += len + (line[len] == '\n');
	}
}

static void print_command(const struct command *group, const struct command *command)
{
	printf("%s\n\nUsage: flycast %s%s%s%s%s [FLAGS]%s\n", command->summary, group ? group->name : "",
	       group ? " " : "", command->name, command->args ? " " : "", command->args ? command->args : "",
	       command->takes & TAKES_REST ? " -- PROGRAM [ARGUMENTS]" : "");
	print_aliases(command);
	if (command->details)
		printf("\n%s\n", command->details);
	printf("\nFlags:\n");
	for (const struct command_flag *flag = command->flags; flag && flag->name; flag++)
		print_flag(flag);
	for (const struct command_flag *flag = command_shared_flags; flag->name; flag++)
		if (command_takes(command, flag))
			print_flag(flag);
	print_examples(command);
}

void help_print(const struct call *call, const struct command *commands)
{
	if (call->command) {
		print_command(call->group, call->command);
	} else if (call->group) {
		printf("%s\n\nUsage: flycast %s COMMAND [FLAGS]\n", call->group->summary, call->group->name);
		print_aliases(call->group);
		print_commands(call->group->commands, call->group->name);
		print_examples(call->group);
	} else {
		printf("flycast - private apps with a stable address, a name, and a proxy that wakes them\n\n"
		       "Usage: flycast COMMAND [FLAGS]\n");
		print_commands(commands, "");
		printf("\nEvery command takes --registry PATH (or $FLYCAST_REGISTRY) and --help. It ends with 0 when "
		       "it is "
		       "done, 1 when it\nwas refused or failed, 2 when it was misused. See also: man flycast\n");
	}
}
