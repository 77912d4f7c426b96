/* deploy_machine.c - see deploy_machine.h. */
#include "command/deploy_machine.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_config.h"
#include "base/mem.h"
#include "base/words.h"
#include "certificate.h"
#include "command/call.h"
#include "command/json.h"
#include "command/machine_plan.h"
#include "command/say.h"
#include "command/session.h"
#include "registry.h"
#include "service.h"
#include "statement.h"

enum { KILL_SECONDS = 5, RETRIES = 10 };

/* ------------------------------------------------------------------------------------------------- the row */

char *deploy_words(const struct app_config *config, const char *group)
{
	const char *line = NULL;
	for (size_t i = 0; i < config->process_count; i++)
		if (strcmp(config->processes[i].name, group) == 0)
			line = config->processes[i].command;
	if (!line || !*line) {
		if (config->command.count)
			return wanted_words((char *const *)config->command.items, (int)config->command.count);
		if (config->image)
			return mem_text(MACHINE_IMAGE_COMMAND);
		say_refused("process group %s has no command: write one under [processes], for example %s = \"node "
		            "server.js\"",
		            group, group);
		return NULL;
	}
	size_t count = 0;
	char **words = words_split(line, &count), *json = NULL;
	if (!words || count == 0)
		say_refused("the command of process group %s cannot be split into words: %s", group, line);
	else
		json = wanted_words(words, (int)count);
	free((void *)words);
	return json;
}

static char *env_of(const struct deploy_group *group)
{
	const struct app_config *config = group->config;
	json_t *env = json_object();
	for (size_t i = 0; i < config->env.count; i++)
		json_put(env, config->env.items[i].name, config->env.items[i].value);
	if (group->once)
		json_put(env, "RELEASE_COMMAND", "1");
	char *text = json_dumps(env, JSON_COMPACT);
	json_decref(env);
	return text;
}

static char *metadata_of(const struct deploy_group *group, const struct machine *old)
{
	json_t *metadata = json_object();
	char version[24];
	snprintf(version, sizeof version, "%" PRId64, group->version);
	json_put(metadata, "fly_release_version", version);
	json_put(metadata, "fly_process_group", group->name);
	if (old)
		json_put(metadata, "flycast_replaces", old->id);
	char *text = json_dumps(metadata, JSON_COMPACT);
	json_decref(metadata);
	return text;
}

/* Its section, else the one for all. */
static void put_restart(struct machine_plan *plan, const struct deploy_group *group)
{
	const struct app_config *config = group->config;
	for (size_t i = 0; i < config->restart_count; i++) {
		const struct config_restart *restart = &config->restarts[i];
		if (restart->processes.count && !app_config_in_group(config, &restart->processes, group->name))
			continue;
		if (restart->policy)
			plan->restart = restart->policy;
		if (restart->retries >= 0)
			plan->max_retries = restart->retries;
		if (restart->processes.count)
			return;
	}
}

static int put_check(const struct deploy_group *group, const char *id, const struct config_service *service,
                     size_t number)
{
	const struct config_check *check = &service->checks[number];
	struct statement s;
	json_t *headers = json_object();
	for (size_t i = 0; i < check->headers.count; i++)
		json_put(headers, check->headers.items[i].name, check->headers.items[i].value);
	char *fields = json_dumps(headers, JSON_COMPACT);
	json_decref(headers);
	statement_open(
	    &s, group->call->registry,
	    "INSERT INTO service_check (machine, internal_port, number, type, interval, timeout, grace_period,"
	    " method, path, headers, scheme, tls_server_name, tls_skip_verify)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
	statement_bind_text(&s, 1, id);
	statement_bind_number(&s, 2, service->internal_port);
	statement_bind_number(&s, 3, (int64_t)number);
	statement_bind_text(&s, 4, check->http ? "http" : "tcp");
	statement_bind_number(&s, 5, check->interval < 0 ? 15000 : check->interval);
	statement_bind_number(&s, 6, check->timeout < 0 ? 5000 : check->timeout);
	statement_bind_number(&s, 7, check->grace_period < 0 ? 5000 : check->grace_period);
	statement_bind_text(&s, 8, check->method ? check->method : "GET");
	statement_bind_text(&s, 9, check->path ? check->path : "/");
	statement_bind_text(&s, 10, fields);
	statement_bind_text(&s, 11, check->protocol ? check->protocol : "http");
	statement_bind_text(&s, 12, check->tls_server_name);
	statement_bind_number(&s, 13, check->tls_skip_verify);
	int rc = statement_step(&s);
	statement_close(&s);
	free(fields);
	return rc;
}

static int put_service(const struct deploy_group *group, const char *id, const struct config_service *service)
{
	for (size_t i = 0; i < service->port_count; i++) {
		const struct config_port *from = &service->ports[i];
		const struct service_port port = {.port = from->port,
		                                  .policy = service->policy,
		                                  .force_https = from->force_https,
		                                  .options = from->options};
		if (service_put_port(group->call->registry, id, &port) < 0)
			return -1;
	}
	for (size_t i = 0; i < service->check_count && service->port_count; i++)
		if (put_check(group, id, service, i) < 0)
			return -1;
	return 0;
}

static bool has_tls(const struct config_service *service)
{
	for (size_t i = 0; i < service->port_count; i++)
		if (service->ports[i].port.handlers & (HANDLER_TLS | HANDLER_PG_TLS))
			return true;
	return false;
}

int deploy_services_put(const struct deploy_group *group, const char *id)
{
	for (size_t i = 0; i < group->config->service_count; i++) {
		const struct config_service *service = &group->config->services[i];
		if (!app_config_in_group(group->config, &service->processes, group->name))
			continue;
		/* <app>.flycast is to have a certificate by itself, and the proxy only reads. */
		if (has_tls(service) && authority_need_for(group->call->registry, id) < 0)
			return -1;
		if (put_service(group, id, service) < 0)
			return -1;
	}
	return 0;
}

int deploy_machine_put(const struct deploy_group *group, const struct machine *old, bool cordoned, char id[MACHINE_ID])
{
	const struct app_config *config = group->config;
	struct registry *registry = group->call->registry;
	char host[256] = "", *env = env_of(group), *metadata = metadata_of(group, old);
	if (gethostname(host, sizeof host - 1) < 0)
		host[0] = '\0';
	struct machine_plan plan = {
	    .app = group->app,
	    .region = old ? old->region : config->primary_region,
	    .host = old ? old->host : host,
	    .process_group = group->name,
	    .command = group->command,
	    .env = env,
	    .metadata = metadata,
	    .restart = group->once ? "no" : "on-failure",
	    .max_retries = RETRIES,
	    .kill_signal = config->kill_signal ? config->kill_signal : "SIGINT",
	    .kill_timeout = config->kill_timeout < 0 ? KILL_SECONDS : config->kill_timeout,
	    .skip_dns = group->once,
	    .start = true,
	    .guest = app_config_guest(config, group->name),
	    .image = config->image,
	};
	if (!group->once)
		put_restart(&plan, group);
	int code = 0;
	if (machine_put(registry, &plan, id) < 0 || (cordoned && machine_cordon(registry, id, true) < 0) ||
	    (!group->once && deploy_services_put(group, id) < 0))
		code = session_failed(group->call);
	free(env);
	free(metadata);
	return code;
}
