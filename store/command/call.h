/* call.h - one command line, read against the tables of command.h, and what its words mean.
 *
 * Owns the copies it makes and the registry that session.h opens; the words themselves are main's. Values were checked
 * for their kind (a number is a number) when the line was read, so an accessor cannot fail; asking for a flag that the
 * command's table does not have is a broken promise (assert).
 *
 * budget: nine functions: one accessor for each kind of value. */
#ifndef COMMAND_CALL_H
#define COMMAND_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command/command.h"

struct registry;

struct call_value {
	const struct command_flag *flag;
	const char *text; /* a switch has "true" or "false" */
};

struct call {
	const struct command *group;   /* NULL for a command of the first level */
	const struct command *command; /* NULL: help was asked for flycast, or for the group */
	const char *path;              /* of the registry */
	bool json;
	bool yes;
	bool help;
	struct call_value *values; /* in the order they were given */
	size_t value_count;
	char **args; /* words that are no flags; NULL-terminated */
	int arg_count;
	char **rest; /* the words after --, when the command takes them; NULL-terminated */
	int rest_count;
	char *line; /* the whole command line: how the audit names us */
	char *app;  /* what call_app found */
	struct registry *registry;
};

/* 0; or 2 after a sentence on stderr. call_free() in both cases. */
int call_read(struct call *call, const struct command *commands, int argc, char **argv);
void call_free(struct call *call); /* closes the registry, which rolls back what is open */

const char *call_text(const struct call *call, const char *flag); /* NULL: not given */
bool call_on(const struct call *call, const char *flag, bool otherwise);
int64_t call_number(const struct call *call, const char *flag, int64_t otherwise);
double call_seconds(const struct call *call, const char *flag, double otherwise);
/* The index-th value of a repeated flag, NULL after the last. */
const char *call_item(const struct call *call, const char *flag, size_t index);

/* -a, else $FLY_APP, else the app of fly.toml (config_file.h). NULL: none; whoever needs one says so (say_no_app). */
const char *call_app(struct call *call);
/* -o, else $FLY_ORG or $FLY_ORGANIZATION, else NULL. */
const char *call_org(const struct call *call);

#endif
