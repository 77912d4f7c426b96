/* deploy_command.c - flycast deploy: a release of the working directory, and Machines that run it in the place of those
 * before. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/config_file.h"
#include "command/deploy.h"
#include "command/say.h"

/* Every value of --process-groups, separated by commas. NULL: the flag was not given. */
static const char *join_groups(const struct call *call, struct text *out)
{
	const char *item;
	size_t count = 0;
	for (; (item = call_item(call, "process-groups", count)); count++)
		text_format(out, "%s%s", count ? "," : "", item);
	return count ? text_string(out) : NULL;
}

/* As deploy.max_unavailable of fly.toml; 0: not given. 0, or the exit code. */
static int read_unavailable(const struct call *call, double *out)
{
	const char *text = call_text(call, "max-unavailable");
	char *end = NULL;
	*out = 0;
	if (!text)
		return 0;
	errno = 0;
	*out = strtod(text, &end);
	if (errno || end == text || *end || !isfinite(*out) || *out <= 0)
		return say_misuse(
		    call, "--max-unavailable %.40s is neither a share such as 0.33 nor a number of Machines", text);
	return 0;
}

static int check_detach(const struct call *call, const struct deploy_order *order)
{
	if (order->detach && order->strategy && strcmp(order->strategy, "immediate") != 0)
		return say_misuse(call, "--detach waits for nothing and --strategy %s does: keep one of the two",
		                  order->strategy);
	return 0;
}

static int deploy(struct call *call)
{
	struct text groups = {0};
	struct deploy_order order = {
	    .path = config_file_path(call),
	    .address = call_on(call, "flycast", false),
	    .spare = call_on(call, "ha", false),
	    .detach = call_on(call, "detach", false),
	    .strategy = call_text(call, "strategy"),
	    .seconds = call_seconds(call, "wait-timeout", -1),
	    .force = call_on(call, "force", false),
	    .no_task = call_on(call, "skip-release-command", false),
	    .task_seconds = call_seconds(call, "release-command-timeout", -1),
	    .groups = join_groups(call, &groups),
	};
	int code = read_unavailable(call, &order.max_unavailable);
	if (code == 0)
		code = check_detach(call, &order);
	if (code == 0)
		code = deploy_run(call, &order);
	text_free(&groups);
	return code;
}

static const struct command_flag deploy_flags[] = {
    {"flycast", 0, FLAG_SWITCH, NULL, "give the app a private address when it has none", NULL, NULL},
    {"strategy", 0, FLAG_TEXT, "HOW", "how new Machines take the places of those before (default rolling)", NULL,
     "rolling canary bluegreen immediate"},
    {"max-unavailable", 0, FLAG_TEXT, "N", "how many of a group at a time: a share, or a number (default 0.33)", NULL,
     NULL},
    {"ha", 0, FLAG_SWITCH, NULL, "two Machines for a new process group that has a service", NULL, NULL},
    {"process-groups", 0, FLAG_LIST, "GROUP[,GROUP]", "only the Machines of these groups", NULL, NULL},
    {"release-command-timeout", 0, FLAG_SECONDS, "TIME", "for the release_command to be through (default 5m)", NULL,
     NULL},
    {"skip-release-command", 0, FLAG_SWITCH, NULL, "do not run the release_command", NULL, NULL},
    {"force", 0, FLAG_SWITCH, NULL, "also with force_https and no port that speaks https", NULL, NULL},
    {"detach", 0, FLAG_SWITCH, NULL, "immediate, and do not wait for the Machines", NULL, NULL},
    {"wait-timeout", 0, FLAG_SECONDS, "TIME", "for Machines to be ready (default 5m)", NULL, NULL},
    {0}};

const struct command deploy_command = {
    .name = "deploy",
    .summary = "Make a release of this directory and run it as fly.toml says",
    .details = "The directory is copied without what .flyignore (or .dockerignore) names. A new Machine gets requests\n"
               "when it listens and passes its checks; when one does not, all of them go, and what ran before comes\n"
               "back by itself.",
    .examples = "flycast deploy --flycast\nflycast deploy -c other.toml --strategy bluegreen",
    .takes = TAKES_APP,
    .flags = deploy_flags,
    .run = deploy};
