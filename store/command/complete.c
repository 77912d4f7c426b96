/* complete.c - see complete.h. */
#include "command/complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/say.h"
#include "registry.h"
#include "statement.h"

struct line { /* what the words before the last one say */
	const struct command *group;
	const struct command *command;
	const struct command_flag *waits; /* for its value */
	bool rest;                        /* behind -- */
	bool lost;                        /* there is no such command */
	int args;
	const char *registry, *app;
	const char *word; /* the last one */
};

/* ------------------------------------------------------------------------------------------------ what was said */

static void note_value(struct line *l, const struct command_flag *flag, const char *value)
{
	if (strcmp(flag->name, "registry") == 0)
		l->registry = value;
	else if (strcmp(flag->name, "app") == 0)
		l->app = value;
}

static void read_flag(struct line *l, const char *word)
{
	char name[64];
	size_t len = strcspn(word + 2, "=");
	const struct command_flag *flag;
	const char *value = NULL;
	if (word[1] == '-') {
		snprintf(name, sizeof name, "%.*s", (int)len, word + 2);
		flag = command_flag_find(l->command, name);
		value = word[2 + len] == '=' ? word + 3 + len : NULL;
	} else {
		flag = command_flag_letter(l->command, word[1]);
		value = word[2] ? word + 2 + (word[2] == '=') : NULL;
	}
	if (!flag || flag->kind == FLAG_SWITCH)
		return;
	if (value)
		note_value(l, flag, value);
	else if (!flag->bare)
		l->waits = flag;
}

static void read_word(struct line *l, const struct command *commands, const char *word)
{
	if (l->rest || l->lost)
		return;
	if (l->waits) {
		note_value(l, l->waits, word);
		l->waits = NULL;
	} else if (strcmp(word, "--") == 0) {
		l->rest = true;
	} else if (word[0] == '-' && word[1]) {
		read_flag(l, word);
	} else if (l->command) {
		l->args++;
	} else {
		const struct command *found = command_find(l->group ? l->group->commands : commands, word);
		if (found && found->commands)
			l->group = found;
		else
			l->command = found;
		l->lost = !found;
	}
}

/* ------------------------------------------------------------------------------------------------ what may come */

/* A registry may hold any bytes; a word of a shell's is printable, and a description is one line. */
static void offer(const struct line *l, const char *before, const char *name, const char *what)
{
	char line[160];
	size_t skip = strlen(before), len = strlen(l->word);
	for (const char *at = name; *at; at++)
		if (*at <= ' ' || *at > '~')
			return;
	snprintf(line, sizeof line, "%.*s", (int)strcspn(what, "\n\t"), what);
	if (strncmp(l->word, before, skip < len ? skip : len) != 0 ||
	    (len > skip && strncmp(name, l->word + skip, len - skip) != 0))
		return;
	printf("%s%s\t%s\n", before, name, say_plain(line));
}

static void offer_words(const struct line *l, const char *before, const char *words)
{
	char word[64];
	for (size_t len; *words; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		snprintf(word, sizeof word, "%.*s", (int)len, words);
		offer(l, before, word, "");
	}
}

/* Names and what they are; ?1 is the app, NULL when none was said. */
static void offer_rows(const struct line *l, const char *before, const char *sql)
{
	const char *path = l->registry ? l->registry : getenv("FLYCAST_REGISTRY");
	const char *app = l->app ? l->app : getenv("FLY_APP");
	struct registry *registry = registry_open(path && *path ? path : "/var/lib/flycast/registry.db", REGISTRY_READ);
	struct statement s;
	if (!registry_failed(registry)) {
		statement_open(&s, registry, sql);
		if (strstr(sql, "?1"))
			statement_bind_text(&s, 1, app && *app ? app : NULL);
		while (statement_step(&s) > 0)
			offer(l, before, statement_text(&s, 0), statement_text(&s, 1));
		statement_close(&s);
	}
	registry_close(registry);
}

#define NETWORKS                                                                                                       \
	"SELECT name, 'network of ' || group_concat(org, ', ') FROM network GROUP BY name ORDER BY name LIMIT 1000"
#define APPS "SELECT name, 'app of ' || org FROM app ORDER BY name LIMIT 1000"
#define ORGS "SELECT slug, name FROM organization ORDER BY slug LIMIT 1000"
#define MACHINES                                                                                                       \
	"SELECT id, name || ' of ' || app FROM machine WHERE app = coalesce(?1, app) ORDER BY app, id LIMIT 1000"
#define HOSTS "SELECT name, region FROM host ORDER BY name LIMIT 1000"
#define SECRETS "SELECT DISTINCT name, 'secret of ' || app FROM secret WHERE app = ?1 ORDER BY name"
#define ADDRESSES "SELECT address, 'address of ' || app FROM address WHERE app = ?1 ORDER BY address"

static void offer_value(const struct line *l, const char *before, const struct command_flag *flag)
{
	static const char *const known[][2] = {
	    {"app", APPS},
	    {"org", ORGS},
	    {"host", HOSTS},
	    {"region", "SELECT code, name FROM region ORDER BY code"},
	    {"network", "SELECT DISTINCT name, 'network' FROM network ORDER BY name LIMIT 1000"},
	    {"process-group",
	     "SELECT DISTINCT process_group, 'process group' FROM machine WHERE app = coalesce(?1, app)"
	     " ORDER BY process_group LIMIT 1000"},
	    {"instance", MACHINES}};
	if (flag->kind == FLAG_SWITCH)
		offer_words(l, before, "true false");
	else if (flag->words)
		offer_words(l, before, flag->words);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(flag->name, known[i][0]) == 0)
			offer_rows(l, before, known[i][1]);
}

static bool is_file(const struct command_flag *flag)
{
	return flag->value && command_word_in("PATH FILE DIRECTORY", flag->value);
}

/* --flag=VALUE, when the word has come so far. */
static int complete_value(const struct line *l)
{
	char before[80];
	const struct command_flag *flag = l->waits;
	before[0] = '\0';
	if (!flag) {
		size_t len = strcspn(l->word, "=") + 1;
		snprintf(before, sizeof before, "%.*s", (int)len, l->word);
		char name[80];
		snprintf(name, sizeof name, "%.*s", (int)len - 3, l->word + 2);
		flag = command_flag_find(l->command, name);
	}
	if (flag && is_file(flag))
		return COMPLETE_FILES;
	if (flag)
		offer_value(l, before, flag);
	return 0;
}

static void complete_flag(const struct line *l)
{
	for (const struct command_flag *flag = l->command ? l->command->flags : NULL; flag && flag->name; flag++)
		offer(l, "--", flag->name, flag->help);
	for (const struct command_flag *flag = command_shared_flags; flag->name; flag++)
		if (!l->command || command_takes(l->command, flag))
			offer(l, "--", flag->name, flag->help);
}

/* The words of a command itself. */
static int complete_arg(const struct line *l)
{
	static const struct {
		const char *group, *command; /* NULL: of the first level; every one */
		const char *sql;             /* or the words themselves */
		int place;                   /* 1: its first word; 0: every one */
	} known[] = {{"apps", "destroy", APPS, 0},
	             {"orgs", "delete", ORGS, 0},
	             {"hosts", "delete", HOSTS, 0},
	             {"secrets", "unset", SECRETS, 0},
	             {"ips", "release", ADDRESSES, 0},
	             {"machine", NULL, MACHINES, 0},
	             {NULL, "completion", "bash zsh fish", 0},
	             {NULL, "zone", NETWORKS, 1},
	             {NULL, "zone", "flycast internal reverse", 2}};
	const struct command *c = l->command;
	if (!c->args || (c->max_args != ARGS_ANY && l->args >= c->max_args))
		return 0;
	if (strstr(c->args, "FILE") || strstr(c->args, "PATH"))
		return COMPLETE_FILES;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		const char *group = l->group ? l->group->name : NULL;
		if (!group != !known[i].group || (group && strcmp(group, known[i].group) != 0) ||
		    (known[i].command && strcmp(c->name, known[i].command) != 0) ||
		    (known[i].place && known[i].place != l->args + 1))
			continue;
		if (strncmp(known[i].sql, "SELECT", 6) == 0)
			offer_rows(l, "", known[i].sql);
		else
			offer_words(l, "", known[i].sql);
	}
	return 0;
}

int complete_print(const struct command *commands, char *const *words)
{
	struct line l = {.word = ""};
	for (; *words; words++) {
		l.word = *words;
		if (words[1])
			read_word(&l, commands, l.word);
	}
	if (l.rest)
		return COMPLETE_FILES;
	if (l.lost)
		return 0;
	if (l.waits || (strncmp(l.word, "--", 2) == 0 && strchr(l.word, '=')))
		return complete_value(&l);
	if (l.word[0] == '-') {
		complete_flag(&l);
		return 0;
	}
	if (l.command)
		return complete_arg(&l);
	for (const struct command *c = l.group ? l.group->commands : commands; c->name; c++)
		offer(&l, "", c->name, c->summary);
	return 0;
}
