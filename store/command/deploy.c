/* deploy.c - see deploy.h. */
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
#include "app_config_check.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/call.h"
#include "command/config_file.h"
#include "command/deploy_machine.h"
#include "command/deploy_plan.h"
#include "command/deploy_tell.h"
#include "command/interrupt.h"
#include "command/release_command.h"
#include "command/release_copy.h"
#include "command/release_folder.h"
#include "command/rollout.h"
#include "command/say.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"
#include "release.h"
#include "statement.h"

enum { WAIT_SECONDS = 300, TASK_SECONDS = 300 };

struct deploy {
	struct call *call;
	const struct deploy_order *order;
	const char *app;
	const struct app_config *config;
	struct release_folder folder;
	struct release release;
	enum deploy_strategy strategy;
	double seconds;
	struct deploy_part *parts;   /* one for each process group ... */
	struct deploy_group *groups; /* ... and this beside it */
	size_t group_count;
	char *task; /* words of the release_command; NULL: none */
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
	              {"swap_size_mb", config->swap_size_mb}};
	struct text names = {0};
	for (size_t i = 0; i < sizeof unused / sizeof unused[0]; i++)
		if (unused[i].there)
			text_format(&names, "%s%s", names.len ? ", " : "", unused[i].name);
	if (names.len)
		say_warning("this version carries out nothing of %s: see fly.toml(5)", names.at);
	text_free(&names);
}

/* Is the name one of those in "web,worker"? NULL: every name is. */
static bool is_listed(const char *list, const char *name)
{
	size_t len = strlen(name);
	while (list && *list) {
		size_t item = strcspn(list, ",");
		if (item == len && strncmp(list, name, len) == 0)
			return true;
		list += item + (list[item] == ',');
	}
	return !list;
}

static int check_listed(const struct deploy *d)
{
	const char *list = d->order->groups;
	if (list && !*list)
		return say_refused("--process-groups names none: leave it out for all of them");
	while (list && *list) {
		size_t len = strcspn(list, ","), i = 0;
		while (i < d->group_count &&
		       (strlen(d->groups[i].name) != len || strncmp(d->groups[i].name, list, len) != 0))
			i++;
		if (i == d->group_count)
			return say_refused("there is no process group %.*s: [processes] names those there are",
			                   (int)len, list);
		list += len + (list[len] == ',');
	}
	return 0;
}

static bool serves(const struct app_config *config, const char *group)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (config->services[i].port_count &&
		    app_config_in_group(config, &config->services[i].processes, group))
			return true;
	return false;
}

/* Every command is looked at before anything is done. 0 or 1. */
static int plan_groups(struct deploy *d)
{
	const struct app_config *config = d->config;
	d->group_count = config->process_count ? config->process_count : 1;
	d->parts = mem_new_array(d->group_count, sizeof *d->parts);
	d->groups = mem_new_array(d->group_count, sizeof *d->groups);
	for (size_t i = 0; i < d->group_count; i++) {
		const char *name = config->process_count ? config->processes[i].name : "app";
		d->parts[i] = (struct deploy_part){
		    .name = name, .serves = serves(config, name), .wanted = is_listed(d->order->groups, name)};
		d->groups[i] = (struct deploy_group){.call = d->call, .config = config, .app = d->app, .name = name};
	}
	if (check_listed(d))
		return 1;
	for (size_t i = 0; i < d->group_count; i++)
		if (d->parts[i].wanted && !(d->groups[i].command = deploy_words(config, d->groups[i].name)))
			return 1;
	if (config->release_command && *config->release_command && !d->order->no_task)
		d->task = release_command_words(config->release_command);
	return config->release_command && *config->release_command && !d->order->no_task && !d->task;
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
	snprintf(d->release.description, sizeof d->release.description, "%s",
	         d->order->description ? d->order->description : "Release");
	int rc = release_put(registry, d->app, &d->release, json);
	free(json);
	if (rc < 0)
		return session_failed(d->call);
	return session_commit(d->call) < 0;
}

static int finish_release(struct deploy *d, bool complete, const char *why)
{
	if (session_write(d->call) < 0)
		return 1;
	if (release_finish(d->call->registry, d->app, d->release.version, complete ? "complete" : "failed", why) < 0)
		return session_failed(d->call);
	return session_commit(d->call) < 0;
}

/* A copy of this directory, or the one there is. */
static int take_folder(struct deploy *d)
{
	struct release_copy copy = {.folder = &d->folder, .ignorefile = d->config->ignorefile};
	if (d->order->version && !release_folder_has(&d->folder, d->release.image))
		return say_refused("the copy of v%" PRId64
		                   " is no longer there: the newest %d complete releases and those "
		                   "that Machines run have one",
		                   d->order->version, RELEASE_KEPT);
	if (d->order->version)
		return 0;
	int code = release_copy_make(&copy);
	if (code)
		return code;
	printf("==> Copied %zu files, %" PRId64 " bytes\n", copy.files, copy.bytes);
	memcpy(d->release.image, copy.image, sizeof copy.image);
	return 0;
}

/* ------------------------------------------------------------------------------------------------- the end */

/* 0 or the exit code. */
static int tell(struct deploy *d)
{
	if (session_read(d->call) < 0)
		return 1;
	int code = deploy_tell(d->call, d->app);
	return code ? code : release_folder_tidy(&d->folder, d->call->registry);
}

static void say_failed(const struct deploy *d, enum rollout_end end, const struct rollout *r, bool first)
{
	int64_t version = d->release.version;
	if (end == ROLLOUT_MIXED && r->taken == 1)
		say_warning("v%" PRId64 " failed, and 1 Machine is of it all the same: deploy again", version);
	else if (end == ROLLOUT_MIXED)
		say_warning("v%" PRId64 " failed, and %zu Machines are of it all the same: deploy again", version,
		            r->taken);
	else if (first)
		say_warning("v%" PRId64 " failed: no Machine of it is left", version);
	else
		say_warning("v%" PRId64 " failed: what ran before goes on", version);
}

/* ------------------------------------------------------------------------------------------------- carried out */

static int roll_out(struct deploy *d, const struct machine *machines, size_t count)
{
	const struct deploy_order *order = d->order;
	const struct deploy_want want = {.strategy = d->strategy,
	                                 .max_unavailable = order->max_unavailable > 0 ? order->max_unavailable
	                                                                               : d->config->max_unavailable,
	                                 .spare = order->spare,
	                                 .parts = d->parts,
	                                 .part_count = d->group_count};
	struct deploy_plan plan;
	deploy_plan_make(&plan, &want, machines, count);
	struct rollout r = {.call = d->call,
	                    .plan = &plan,
	                    .groups = d->groups,
	                    .seconds = d->seconds,
	                    .immediate = d->strategy == DEPLOY_IMMEDIATE,
	                    .detach = order->detach,
	                    .stay = !d->config->auto_rollback};
	bool first = true;
	for (size_t i = 0; i < plan.step_count; i++)
		first = first && !plan.steps[i].old;
	enum rollout_end end = rollout_run(&r);
	int code = finish_release(d, end == ROLLOUT_DONE, text_string(&r.why));
	if (end != ROLLOUT_DONE)
		say_failed(d, end, &r, first);
	text_free(&r.why);
	deploy_plan_fini(&plan);
	return end == ROLLOUT_DONE ? code : 1;
}

static int run_task(struct deploy *d)
{
	const struct deploy_order *order = d->order;
	struct text why = {0};
	double seconds = order->task_seconds >= 0                 ? order->task_seconds
	                 : d->config->release_command_timeout > 0 ? (double)d->config->release_command_timeout / 1000
	                                                          : TASK_SECONDS;
	int code = d->task ? release_command_run(&d->groups[0], d->task, seconds, &why) : 0;
	if (code) {
		(void)finish_release(d, false, text_string(&why));
		say_warning("v%" PRId64 " failed before any Machine was touched", d->release.version);
	}
	text_free(&why);
	return code;
}

static int carry_out(struct deploy *d)
{
	struct machine *machines;
	size_t count;
	interrupt_catch();
	printf("==> Release v%" PRId64 " of %s: %.12s\n", d->release.version, d->app, d->release.image);
	fflush(stdout);
	for (size_t i = 0; i < d->group_count; i++)
		d->groups[i].version = d->release.version;
	if (run_task(d))
		return 1;
	if (machine_list(d->call->registry, d->app, &machines, &count) < 0)
		return session_failed(d->call);
	int code = roll_out(d, machines, count);
	machine_free(machines, count);
	return code ? code : tell(d);
}

static int deploy_locked(struct deploy *d)
{
	int code = release_folder_open(&d->folder, d->call->path, d->app);
	if (code == 0)
		code = take_folder(d);
	if (code == 0)
		code = put_release(d);
	if (code == 0)
		code = carry_out(d);
	release_folder_close(&d->folder);
	return code;
}

static int deploy_checked(struct deploy *d)
{
	struct app app;
	warn_unused(d->config);
	if (session_read(d->call) < 0)
		return 1;
	if (app_need(d->call->registry, &app, d->app) < 0)
		return session_failed(d->call);
	int code = plan_groups(d);
	if (code == 0)
		code = deploy_locked(d);
	for (size_t i = 0; i < d->group_count; i++)
		free((char *)d->groups[i].command);
	free(d->groups);
	free(d->parts);
	free(d->task);
	return code;
}

/* ------------------------------------------------------------------------------------------------- where it is from */

static int with_config(struct deploy *d, const struct app_config *config)
{
	const struct deploy_order *order = d->order;
	d->config = config;
	d->seconds = order->seconds >= 0        ? order->seconds
	             : config->wait_timeout > 0 ? (double)config->wait_timeout / 1000
	                                        : WAIT_SECONDS;
	d->strategy = order->detach ? DEPLOY_IMMEDIATE
	                            : deploy_strategy_of(order->strategy ? order->strategy : config->strategy);
	return deploy_checked(d);
}

static int from_directory(struct deploy *d)
{
	struct config_file file;
	config_file_read(&file, d->order->path);
	if (d->order->force)
		app_config_force(&file.findings);
	int code = config_file_tell(&file, false);
	if (code == 0)
		code = with_config(d, file.config);
	config_file_fini(&file);
	return code;
}

static int from_json(struct deploy *d, const char *text)
{
	struct config_findings findings = {0};
	json_t *json = json_loads(text, 0, NULL);
	struct app_config *config = json ? app_config_read(json, &findings) : NULL;
	if (config)
		app_config_check(config, &findings);
	app_config_force(&findings); /* it was meant then */
	int code = !config || findings.errors
	               ? say_refused("v%" PRId64 " cannot be carried out any more: %s", d->order->version,
	                             findings.count ? findings.items[0].text : "its configuration is not readable")
	               : with_config(d, config);
	app_config_free(config);
	config_findings_free(&findings);
	json_decref(json);
	return code;
}

static int from_release(struct deploy *d)
{
	char *config = NULL;
	struct release found;
	if (session_read(d->call) < 0)
		return 1;
	int rc = release_find(d->call->registry, d->app, d->order->version, &found, &config);
	if (rc < 0)
		return session_failed(d->call);
	if (rc == 0)
		return say_refused("%s has no release v%" PRId64 ": see flycast releases -a %s", d->app,
		                   d->order->version, d->app);
	memcpy(d->release.image, found.image, sizeof found.image);
	int code = from_json(d, config);
	free(config);
	return code;
}

int deploy_run(struct call *call, const struct deploy_order *order)
{
	struct deploy d = {.call = call, .order = order, .app = order->app ? order->app : call_app(call)};
	d.folder.fd = -1;
	if (!d.app)
		return say_no_app(call);
	return order->version ? from_release(&d) : from_directory(&d);
}
