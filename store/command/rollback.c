/* rollback.c - flycast rollback: a former release, its configuration and its copy, once more. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "base/number.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/deploy.h"
#include "command/say.h"
#include "command/session.h"
#include "release.h"
#include "statement.h"

/* "3" or "v3". 0, or the exit code. */
static int read_version(const struct call *call, int64_t *out)
{
	const char *word = call->args[0];
	if (number_read(out, word + (*word == 'v'), 1, UINT32_MAX))
		return 0;
	return say_misuse(call, "\"%s\" is no version of a release: it is a number, such as v3", word);
}

/* The complete release before the one that was complete last; that one itself where one that is not complete has taken its
 * Machines. 0, or the exit code. */
static int find_former(struct call *call, const char *app, int64_t *out)
{
	struct statement s;
	struct release release;
	int64_t newest = 0;
	int rc = 0;
	int mixed = release_is_mixed(call->registry, app);
	*out = 0;
	if (mixed < 0)
		return session_failed(call);
	release_list(&s, call->registry, app);
	while (*out == 0 && (rc = release_next(&s, &release)) > 0) {
		if (strcmp(release.status, "complete") != 0)
			continue;
		if (newest || mixed)
			*out = release.version;
		else
			newest = release.version;
	}
	statement_close(&s);
	if (*out)
		return 0;
	if (rc < 0)
		return session_failed(call);
	if (newest)
		return say_refused("no release of %s was complete before v%" PRId64 ": there is none to go back to",
		                   app, newest);
	return say_refused("no release of %s was ever complete: there is none to go back to", app);
}

static int check_complete(struct call *call, const char *app, int64_t version)
{
	struct release release;
	int rc = release_find(call->registry, app, version, &release, NULL);
	if (rc < 0)
		return session_failed(call);
	if (rc == 0)
		return say_refused("%s has no release v%" PRId64 ": see flycast releases -a %s", app, version, app);
	if (strcmp(release.status, "complete") != 0)
		return say_refused("v%" PRId64 " of %s is %s: only a release that was complete can be gone back to",
		                   version, app, release.status);
	return 0;
}

static int rollback(struct call *call)
{
	const char *name = call_app(call);
	char description[32];
	struct app app;
	int64_t version = 0;
	int code = 0;
	if (!name)
		return say_no_app(call);
	if (call->arg_count)
		code = read_version(call, &version);
	if (code)
		return code;
	if (session_read(call) < 0)
		return 1;
	if (app_need(call->registry, &app, name) < 0)
		return session_failed(call);
	code = call->arg_count ? check_complete(call, name, version) : find_former(call, name, &version);
	if (code)
		return code;
	snprintf(description, sizeof description, "Rollback to v%" PRId64, version);
	/* Its release_command was carried out when it was deployed: what it did to a database is still done. */
	const struct deploy_order order = {.version = version,
	                                   .description = description,
	                                   .strategy = call_text(call, "strategy"),
	                                   .seconds = call_seconds(call, "wait-timeout", -1),
	                                   .no_task = true};
	return deploy_run(call, &order);
}

static const struct command_flag rollback_flags[] = {
    {"strategy", 0, FLAG_TEXT, "HOW", "how new Machines take the places of those before (default: as it was)", NULL,
     "rolling canary bluegreen immediate"},
    {"wait-timeout", 0, FLAG_SECONDS, "TIME", "for Machines to be ready (default 5m)", NULL, NULL},
    {0}};

const struct command rollback_command = {
    .name = "rollback",
    .args = "[VERSION]",
    .summary = "Run a former release again: the last one that was complete, or the VERSION",
    .details = "It becomes a release of its own, with the configuration and the copy of the directory of that time.\n"
               "The release_command is not run.",
    .examples = "flycast rollback\nflycast rollback v3 -a my-app",
    .max_args = 1,
    .takes = TAKES_APP,
    .flags = rollback_flags,
    .run = rollback};
