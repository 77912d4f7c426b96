/* check.c - flycast check: reads what is there, refuses nothing, and says of everything inconsistent how to mend it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/addr.h"
#include "base/text.h"
#include "command/call.h"
#include "command/check_rules.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/say.h"
#include "command/session.h"
#include "reference.h"
#include "registry.h"
#include "statement.h"

struct check {
	struct call *call;
	json_t *all;
	size_t count;
};

static void found(struct check *check, const char *what, const char *mend)
{
	check->count++;
	if (check->call->json) {
		json_t *object = json_object();
		json_put(object, "Finding", what);
		json_put(object, "Mend", mend);
		json_array_append_new(check->all, object);
	} else {
		struct text line = {0};
		text_format(&line, "%s: %s", what, mend);
		puts(say_plain(line.at));
		text_free(&line);
	}
}

static void look_at_rows(struct check *check)
{
	struct registry *registry = check->call->registry;
	for (size_t i = 0; check_rules[i]; i++) {
		struct statement s;
		int rc;
		statement_open(&s, registry, check_rules[i]);
		while ((rc = statement_step(&s)) > 0)
			found(check, statement_text(&s, 0), statement_text(&s, 1));
		statement_close(&s);
		if (rc < 0)
			found(check, registry_error(registry), "see flycast doctor");
	}
}

/* The one rule that SQL cannot say: an attached prefix in the spelling that look-ups use. */
static void look_at_prefixes(struct check *check)
{
	struct statement s;
	struct text what = {0}, mend = {0};
	int rc;
	statement_open(&s, check->call->registry, "SELECT prefix FROM client_prefix ORDER BY prefix");
	while ((rc = statement_step(&s)) > 0) {
		struct prefix prefix;
		char text[ADDR_TEXT] = "";
		const char *stored = statement_text(&s, 0);
		bool good = prefix_parse(&prefix, stored);
		if (good && strcmp(prefix_text(text, &prefix), stored) == 0)
			continue;
		text_clear(&what);
		text_clear(&mend);
		text_format(&what, "the attached prefix %s is %s%s, so no client is found by it", stored,
		            good ? "another spelling of " : "no prefix", text);
		if (good) /* the prefix is the row's key, which stays as it is */
			text_format(
			    &mend,
			    "INSERT INTO client_prefix (prefix, network) SELECT '%s', network FROM client_prefix"
			    " WHERE prefix = '%s' ON CONFLICT DO NOTHING; ",
			    text, stored);
		text_format(&mend, "DELETE FROM client_prefix WHERE prefix = '%s'", stored);
		found(check, what.at, mend.at);
	}
	statement_close(&s);
	if (rc < 0)
		found(check, registry_error(check->call->registry), "see flycast doctor");
	text_free(&what);
	text_free(&mend);
}

static int look_at_schema(struct check *check)
{
	long count;
	struct text what = {0};
	struct reference_difference *all = reference_compare(check->call->registry, &count);
	for (long i = 0; i < count; i++) {
		text_clear(&what);
		text_format(&what, "the %s %s %s, so rules or readers may miss something", all[i].type, all[i].name,
		            all[i].missing ? "is missing" : "is not the one of this version");
		found(check, what.at, "flycast doctor --migrate");
	}
	free(all);
	text_free(&what);
	return count < 0 ? session_failed(check->call) : 0;
}

static int check(struct call *call)
{
	struct check check = {.call = call};
	call->registry = registry_open(call->path, REGISTRY_LOOK);
	if (registry_failed(call->registry) || registry_read_begin(call->registry) < 0)
		return session_failed(call);
	check.all = json_array();
	int code = look_at_schema(&check);
	if (code == 0) {
		look_at_rows(&check);
		look_at_prefixes(&check);
	}
	if (code == 0 && call->json)
		code = json_say(json_incref(check.all));
	else if (code == 0 && check.count == 0)
		printf("Nothing is inconsistent in %s\n", call->path);
	json_decref(check.all);
	return code ? code : check.count > 0;
}

const struct command check_command = {
    .name = "check",
    .summary = "Find everything that is inconsistent in the registry, and say how to mend it",
    .details = "It refuses nothing and changes nothing. It ends with 1 when it found something. What begins with "
               "UPDATE, INSERT or\n"
               "DELETE is typed into the sqlite3 shell.",
    .examples = "flycast check\nflycast check --json",
    .takes = TAKES_JSON,
    .run = check};
