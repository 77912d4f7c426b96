/* command.h - what a command of flycast is: a row of a table. Reading the command line (call.h), --help (help.h) and the
 * suggestions for mistyped words all come from these tables. Owns nothing.
 *
 *   static const struct command_flag allocate_flags[] = {
 *       {"private", 0, FLAG_SWITCH, NULL, "a private address (the only kind there is)"},
 *       {"network", 0, FLAG_TEXT, "NAME", "the network that requests come from"},
 *       {0}};
 *   static int allocate(struct call *call) { ... return 0; }
 *   static const struct command ips_commands[] = {
 *       {.name = "allocate-v6", .summary = "...", .flags = allocate_flags, .takes = TAKES_APP, .run = allocate}, {0}};
 *   const struct command ips_command = {.name = "ips", .aliases = "ip", .summary = "...", .commands = ips_commands}; */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct closest;

enum flag_kind {
	FLAG_SWITCH,  /* --rm; --rm=false */
	FLAG_TEXT,    /* the last one given counts */
	FLAG_NUMBER,  /* a whole number, not negative */
	FLAG_SECONDS, /* "90", "1.5s", "500ms", "2m", "1h" */
	FLAG_LIST     /* may be repeated */
};

struct command_flag {
	const char *name; /* without dashes; NULL ends a table */
	char letter;      /* 0: none */
	enum flag_kind kind;
	const char *value; /* what --help calls its value: "CODE" */
	const char *help;
	const char
	    *bare; /* FLAG_TEXT: the value when it stands alone; the next word is its value only if it is in `words` */
	const char *words; /* the values there are, separated by spaces; NULL: any */
};

/* Which of the flags every command shares it takes; any other is refused. --registry and --yes are taken by all. */
enum {
	TAKES_APP = 1,     /* -a, -c */
	TAKES_ORG = 2,     /* -o */
	TAKES_JSON = 4,    /* -j */
	TAKES_REST = 8,    /* -- WORDS */
	TAKES_SECRETS = 16 /* what stands behind = in its words is written nowhere */
};

enum { ARGS_ANY = -1 };

struct command {
	const char *name;     /* NULL ends a table */
	const char *aliases;  /* separated by spaces, or NULL */
	const char *args;     /* for --help: "NAME [TYPE]", or NULL */
	const char *summary;  /* one line */
	const char *details;  /* more lines, or NULL */
	const char *examples; /* "flycast ips list -a my-app\n...", or NULL */
	int min_args;
	int max_args; /* ARGS_ANY: no limit */
	unsigned takes;
	const struct command_flag *flags; /* its own, or NULL */
	const struct command *commands;   /* a group's; NULL: a command */
	int (*run)(struct call *call);    /* the exit code: 0 done, 1 refused or failed, 2 misuse */
};

extern const struct command_flag command_shared_flags[];

/* By name or alias; NULL: none. */
const struct command *command_find(const struct command *commands, const char *word);
/* By name or letter among the command's own (command may be NULL) and the shared ones. */
const struct command_flag *command_flag_find(const struct command *command, const char *name);
const struct command_flag *command_flag_letter(const struct command *command, char letter);
/* The name `near->wanted` was probably meant to be, or NULL; lives in *near. */
const char *command_closest(struct closest *near, const struct command *commands);
const char *command_flag_closest(struct closest *near, const struct command *command);

/* Does the command take the shared flag? Not when it has one of its own of that name. */
bool command_takes(const struct command *command, const struct command_flag *shared);

bool command_word_in(const char *words, const char *word); /* words: separated by spaces, or NULL */

#endif
