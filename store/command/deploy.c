/* deploy.c - flycast deploy: a release of the working directory, and Machines that run it in the place of those before. */
#include "command/deploy.h"

#include <inttypes.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "app.h"
#include "base/text.h"
#include "command/await.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/config_file.h"
#include "command/deploy_machine.h"
#include "command/release_copy.h"
#include "command/say.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"
#include "release.h"
#include "statement.h"

enum { WAIT_SECONDS = 300, STOP_SECONDS = 10 };

struct deploy {
	struct call *call;
	const struct deploy_order *order;
	const char *app;
	const struct app_config *config;
	struct release release;
	double seconds;
	bool immediate;
	size_t done; /* Machines that run the release */
};

/* ------------------------------------------------------------------------------------------------- what is refused */

/* Sections that this version reads and does nothing about. */
static void warn_unused(const struct app_config *config)
{
	const struct {
		const char *name;
		bool there;
	} unused[] = {{"[[vm]]", config->vm_count},
	              {"[[metrics]]", config->metrics_count},
	              {"[checks]", config->check_count},
	              {"swap_size_mb", config->swap_size_mb},
	              {"experimental.auto_rollback", !config->auto_rollback},
	              {"deploy.max_unavailable", config->max_unavailable > 0},
	              {"deploy.release_command_timeout", config->release_command_timeout >= 0}};
	struct text names = {0};
	for (size_t i = 0; i < sizeof unused / sizeof unused[0]; i++)
		if (unused[i].there)
			text_format(&names, "%s%s", names.len ? ", " : "", unused[i].name);
	if (names.len)
		say_warning("this version carries out nothing of %s: see fly.toml(5)", names.at);
	if (config->strategy && strcmp(config->strategy, "rolling") != 0 && strcmp(config->strategy, "immediate") != 0)
		say_warning("this version has no strategy %s: it is rolling", config->strategy);
	text_free(&names);
}

static int check_config(const struct app_config *config)
{
	if (config->image)
		return say_refused(
		    "[build] image %s: images are not run here; remove it and write the program's command "
		    "under [processes]",
		    config->image);
	if (config->release_command)
		return say_refused(
		    "[deploy] release_command is not carried out by this version: run it by hand (flycast "
		    "machine run --rm) and remove the line");
	warn_unused(config);
	return 0;
}

/* ------------------------------------------------------------------------------------------------- the release */

static void name_user(char *out, size_t room)
{
	const struct passwd *user = getpwuid(getuid());
	if (user)
		snprintf(out, room, "%s", user->pw_name);
	else
		snprintf(out, room, "%u", (unsigned)getuid());
}

/* 1: the app has a private address; 0, -1. */
static int has_address(struct deploy *d)
{
	struct statement s;
	struct address address;
	int rc;
	address_list(&s, d->call->registry, d->app);
	do
		rc = address_next(&s, &address);
	while (rc > 0 && !address_private(&address));
	statement_close(&s);
	return rc;
}

static int give_address(struct deploy *d)
{
	struct address address;
	int has = d->order->address ? has_address(d) : 1;
	if (has > 0)
		return 0;
	if (has < 0 || address_put(d->call->registry, &address, d->app, NULL, NULL) < 0)
		return session_failed(d->call);
	printf("Provisioning ip address for %s\n  Private ipv6: %s\n", d->app, address.text);
	return 0;
}

static int put_release(struct deploy *d)
{
	struct registry *registry;
	if (session_write(d->call) < 0)
		return 1;
	registry = d->call->registry;
	if (release_clean(registry, d->app) < 0)
		return session_failed(d->call);
	if (give_address(d))
		return 1;
	char *json = json_dumps(d->config->json, JSON_COMPACT);
	name_user(d->release.who, sizeof d->release.who);
	int rc = release_put(registry, d->app, &d->release, json);
	free(json);
	if (rc < 0)
		return session_failed(d->call);
	return session_commit(d->call) < 0;
}

static int finish_release(struct deploy *d, const char *status)
{
	if (session_write(d->call) < 0)
		return 1;
	if (release_finish(d->call->registry, d->app, d->release.version, status) < 0)
		return session_failed(d->call);
	return session_commit(d->call) < 0;
}

/* ------------------------------------------------------------------------------------------------- one Machine */

static int delete_machine(struct deploy *d, const char *id)
{
	if (session_write(d->call) < 0)
		return 1;
	if (machine_delete(d->call->registry, id) < 0)
		return session_failed(d->call);
	return session_commit(d->call) < 0;
}

/* The new one is let in and the old one is asked to end in the same moment; then it goes. */
static int change_over(struct deploy *d, const char *id, const struct machine *old)
{
	struct registry *registry;
	int64_t serial = 0;
	if (session_write(d->call) < 0)
		return 1;
	registry = d->call->registry;
	if (machine_cordon(registry, id, false) < 0 ||
	    (old && (machine_cordon(registry, old->id, true) < 0 ||
	             machine_ask(registry, old->id, "stop", NULL, &serial) < 0)))
		return session_failed(d->call);
	if (session_commit(d->call) < 0)
		return 1;
	if (!old)
		return 0;
	const struct await await = {.call = d->call,
	                            .id = old->id,
	                            .goal = {.state = "stopped", .asked = true, .serial = serial},
	                            .seconds = (double)old->kill_timeout + STOP_SECONDS};
	/* One that was stopped before, or whose host is away, goes all the same. */
	if (strcmp(old->state, "started") == 0)
		(void)await_machine(&await, NULL);
	return delete_machine(d, old->id);
}

static int replace(struct deploy *d, const struct deploy_group *group, const struct machine *old)
{
	bool immediate = d->immediate;
	char id[MACHINE_ID];
	if (session_write(d->call) < 0)
		return 1;
	if (deploy_machine_put(group, old, !immediate, id))
		return 1;
	if (immediate && old && machine_delete(d->call->registry, old->id) < 0)
		return session_failed(d->call);
	if (session_commit(d->call) < 0)
		return 1;
	printf("  Machine %s [%s] %s%s\n", id, group->name, old ? "takes the place of " : "is new", old ? old->id : "");
	fflush(stdout);
	if (immediate && d->order->detach)
		return 0;
	int code = deploy_machine_await(group, id, d->seconds);
	if (code && !immediate)
		(void)delete_machine(d, id);
	if (code == 0 && !immediate)
		code = change_over(d, id, old);
	if (code == 0) {
		printf("  Machine %s [%s] is ready\n", id, group->name);
		fflush(stdout);
		d->done++;
	}
	return code;
}

/* ------------------------------------------------------------------------------------------------- all Machines */

/* Is it of a release? Those that were made by hand are nobody's but the hand's. */
static bool is_deployed(const struct machine *m)
{
	json_t *metadata = json_loads(m->metadata, 0, NULL);
	bool is = json_is_string(json_object_get(metadata, "fly_release_version"));
	json_decref(metadata);
	return is;
}

static const char *group_name(const struct app_config *config, size_t at)
{
	return config->process_count ? config->processes[at].name : "app";
}

static int deploy_group(struct deploy *d, const char *name, const struct machine *machines, size_t count)
{
	char *command = deploy_words(d->config, name);
	const struct deploy_group group = {.call = d->call,
	                                   .config = d->config,
	                                   .app = d->app,
	                                   .name = name,
	                                   .command = command,
	                                   .version = d->release.version};
	size_t found = 0;
	int code = command == NULL;
	for (size_t i = 0; i < count && code == 0; i++)
		if (strcmp(machines[i].process_group, name) == 0 && is_deployed(&machines[i])) {
			found++;
			code = replace(d, &group, &machines[i]);
		}
	if (code == 0 && found == 0)
		code = replace(d, &group, NULL);
	free(command);
	return code;
}

/* Machines of groups that the configuration has no more. */
static int remove_others(struct deploy *d, const struct machine *machines, size_t count)
{
	int code = 0;
	for (size_t i = 0; i < count && code == 0; i++) {
		size_t group = 0, groups = d->config->process_count ? d->config->process_count : 1;
		while (group < groups && strcmp(group_name(d->config, group), machines[i].process_group) != 0)
			group++;
		if (group < groups || !is_deployed(&machines[i]))
			continue;
		printf("  Machine %s goes: there is no process group %s any more\n", machines[i].id,
		       machines[i].process_group);
		code = delete_machine(d, machines[i].id);
	}
	return code;
}

static int deploy_machines(struct deploy *d)
{
	struct machine *machines;
	size_t count, groups = d->config->process_count ? d->config->process_count : 1;
	int code = 0;
	if (machine_list(d->call->registry, d->app, &machines, &count) < 0)
		return session_failed(d->call);
	for (size_t i = 0; i < groups && code == 0; i++)
		code = deploy_group(d, group_name(d->config, i), machines, count);
	if (code == 0)
		code = remove_others(d, machines, count);
	machine_free(machines, count);
	return code;
}

/* ------------------------------------------------------------------------------------------------- the end */

/* Who may reach it. 0 or the exit code. */
static int tell(struct deploy *d)
{
	struct statement s;
	struct address address;
	int rc;
	size_t count = 0;
	if (session_read(d->call) < 0)
		return 1;
	address_list(&s, d->call->registry, d->app);
	while ((rc = address_next(&s, &address)) > 0) {
		if (!address_private(&address)) {
			say_warning("%s has a public address too: %s", d->app, address.text);
			continue;
		}
		if (count++ == 0)
			printf("%s.flycast is reached\n", d->app);
		printf("  at %s from network %s of %s\n", address.text, address.network, address.org);
	}
	statement_close(&s);
	if (rc < 0)
		return session_failed(d->call);
	if (count == 0)
		printf("%s has no address: flycast deploy --flycast gives it one\n", d->app);
	return 0;
}

static int carry_out(struct deploy *d)
{
	printf("==> Release v%" PRId64 " of %s: %.12s\n", d->release.version, d->app, d->release.image);
	fflush(stdout);
	int code = deploy_machines(d);
	if (finish_release(d, code ? "failed" : "complete"))
		return 1;
	if (code && d->done)
		say_warning("%zu of its Machines run v%" PRId64
		            " already, the others what they ran before: deploy again",
		            d->done, d->release.version);
	else if (code && !d->immediate)
		say_warning("v%" PRId64 " failed: what ran before goes on", d->release.version);
	return code ? code : tell(d);
}

static int copy_and_carry_out(struct deploy *d)
{
	struct release_copy copy = {
	    .registry = d->call->path, .app = d->app, .ignorefile = d->config->ignorefile, .directory = -1};
	int code = release_copy_open(&copy);
	if (code == 0)
		code = release_copy_make(&copy);
	if (code == 0) {
		printf("==> Copied %zu files, %" PRId64 " bytes\n", copy.files, copy.bytes);
		memcpy(d->release.image, copy.image, sizeof copy.image);
		code = put_release(d);
	}
	if (code == 0)
		code = carry_out(d);
	release_copy_close(&copy);
	return code;
}

static int deploy_checked(struct deploy *d)
{
	struct app app;
	if (session_read(d->call) < 0)
		return 1;
	if (app_need(d->call->registry, &app, d->app) < 0)
		return session_failed(d->call);
	for (size_t i = 0; i < (d->config->process_count ? d->config->process_count : 1); i++) {
		char *command = deploy_words(d->config, group_name(d->config, i));
		if (!command)
			return 1;
		free(command);
	}
	return copy_and_carry_out(d);
}

int deploy_run(struct call *call, const struct deploy_order *order)
{
	struct config_file file;
	struct deploy d = {.call = call, .order = order, .app = order->app ? order->app : call_app(call)};
	config_file_read(&file, order->path);
	int code = config_file_tell(&file, false);
	if (code == 0 && !d.app)
		code = say_no_app(call);
	if (code == 0)
		code = check_config(file.config);
	if (code == 0) {
		d.config = file.config;
		d.seconds = order->seconds >= 0             ? order->seconds
		            : file.config->wait_timeout > 0 ? (double)file.config->wait_timeout / 1000
		                                            : WAIT_SECONDS;
		const char *strategy = order->strategy ? order->strategy : file.config->strategy;
		d.immediate = order->detach || (strategy && strcmp(strategy, "immediate") == 0);
		code = deploy_checked(&d);
	}
	config_file_fini(&file);
	return code;
}

static int deploy(struct call *call)
{
	const char *strategy = call_text(call, "strategy");
	const struct deploy_order order = {
	    .path = config_file_path(call),
	    .address = call_on(call, "flycast", false),
	    .detach = call_on(call, "detach", false),
	    .strategy = strategy,
	    .seconds = call_seconds(call, "wait-timeout", -1),
	};
	if (order.detach && strategy && strcmp(strategy, "immediate") != 0)
		return say_misuse(call, "--detach waits for nothing and --strategy rolling does: keep one of the two");
	return deploy_run(call, &order);
}

static const struct command_flag deploy_flags[] = {
    {"flycast", 0, FLAG_SWITCH, NULL, "give the app a private address when it has none", NULL, NULL},
    {"strategy", 0, FLAG_TEXT, "HOW",
     "rolling: one Machine after the other, the old one goes when the new one is ready", NULL, "rolling immediate"},
    {"detach", 0, FLAG_SWITCH, NULL, "immediate, and do not wait for the Machines", NULL, NULL},
    {"wait-timeout", 0, FLAG_SECONDS, "TIME", "for a Machine to be ready (default 5m)", NULL, NULL},
    {0}};

const struct command deploy_command = {
    .name = "deploy",
    .summary = "Make a release of this directory and run it as fly.toml says",
    .details = "The directory is copied without what .flyignore (or .dockerignore) names. A new Machine gets requests\n"
               "when it listens and passes its checks; when it does not, it goes, and what ran before goes on.",
    .examples = "flycast deploy --flycast\nflycast deploy -c other.toml --strategy immediate",
    .takes = TAKES_APP,
    .flags = deploy_flags,
    .run = deploy};
