/* deploy_machine.c - see deploy_machine.h. */
#include "command/deploy_machine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app_config.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/words.h"
#include "command/await.h"
#include "command/call.h"
#include "command/json.h"
#include "command/machine_plan.h"
#include "command/say.h"
#include "command/session.h"
#include "registry.h"
#include "service.h"
#include "statement.h"
#include "watch.h"

enum { KILL_SECONDS = 5, RETRIES = 10, LOOK_MS = 50, CONNECT_MS = 250, PROOF_MS = 1000 };

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

static char *env_of(const struct app_config *config)
{
	json_t *env = json_object();
	for (size_t i = 0; i < config->env.count; i++)
		json_put(env, config->env.items[i].name, config->env.items[i].value);
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

static int put_services(const struct deploy_group *group, const char *id)
{
	for (size_t i = 0; i < group->config->service_count; i++) {
		const struct config_service *service = &group->config->services[i];
		if (app_config_in_group(group->config, &service->processes, group->name) &&
		    put_service(group, id, service) < 0)
			return -1;
	}
	return 0;
}

int deploy_machine_put(const struct deploy_group *group, const struct machine *old, bool cordoned, char id[MACHINE_ID])
{
	const struct app_config *config = group->config;
	struct registry *registry = group->call->registry;
	char host[256] = "", *env = env_of(config), *metadata = metadata_of(group, old);
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
	    .restart = "on-failure",
	    .max_retries = RETRIES,
	    .kill_signal = config->kill_signal ? config->kill_signal : "SIGINT",
	    .kill_timeout = config->kill_timeout < 0 ? KILL_SECONDS : config->kill_timeout,
	    .start = true,
	    .guest = app_config_guest(config, group->name),
	};
	put_restart(&plan, group);
	int code = 0;
	if (machine_put(registry, &plan, id) < 0 || (cordoned && machine_cordon(registry, id, true) < 0) ||
	    put_services(group, id) < 0)
		code = session_failed(group->call);
	free(env);
	free(metadata);
	return code;
}

/* ------------------------------------------------------------------------------------------------- the proof */

static bool connects(int family, const struct sockaddr *to, socklen_t size)
{
	int error = 0;
	socklen_t len = sizeof error;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	bool yes = fd >= 0 && connect(fd, to, size) == 0;
	if (fd >= 0 && !yes && errno == EINPROGRESS)
		yes = poll(&ready, 1, CONNECT_MS) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
		      error == 0;
	if (fd >= 0)
		close(fd);
	return yes;
}

/* On [::], or on 0.0.0.0 alone: the proxy reaches both. */
static bool answers(const struct machine *m, int64_t port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	if (inet_pton(AF_INET6, m->address, &six.sin6_addr) == 1 &&
	    connects(AF_INET6, (const struct sockaddr *)&six, sizeof six))
		return true;
	return inet_pton(AF_INET, m->ipv4, &four.sin_addr) == 1 &&
	       connects(AF_INET, (const struct sockaddr *)&four, sizeof four);
}

/* The first port that nothing answers on; 0: none, -1: it has no service. */
static int64_t silent_port(const struct deploy_group *group, const struct machine *m)
{
	int64_t port = -1;
	for (size_t i = 0; i < group->config->service_count; i++) {
		const struct config_service *service = &group->config->services[i];
		if (!app_config_in_group(group->config, &service->processes, group->name))
			continue;
		if (!answers(m, service->internal_port))
			return service->internal_port;
		port = 0;
	}
	return port;
}

/* What a check of it that does not pass says, into out. 1; 0: all pass; -1 failed. */
static int failing_check(struct registry *registry, const char *id, struct text *out)
{
	struct statement s;
	text_clear(out);
	statement_open(&s, registry,
	               "SELECT k.name, coalesce(nullif(c.output, ''), 'no answer yet') FROM service_check k"
	               " LEFT JOIN check_state c USING (machine, internal_port, number)"
	               " WHERE k.machine = ?1 AND c.status IS NOT 'passing' LIMIT 1");
	statement_bind_text(&s, 1, id);
	int rc = statement_step(&s);
	if (rc > 0)
		text_format(out, "%s: %s", statement_text(&s, 0), statement_text(&s, 1));
	statement_close(&s);
	return rc;
}

struct proof {
	const struct deploy_group *group;
	const char *id;
	int64_t since; /* ms; when it was seen running */
	int64_t silent;
	struct text check;
	char *instance; /* of its first run */
};

static int say_ended(const struct proof *p, const struct machine *m)
{
	char why[128];
	if (m->exited && m->exit_code > 128)
		snprintf(why, sizeof why, "was ended by signal %" PRId64, m->exit_code - 128);
	else if (m->exited)
		snprintf(why, sizeof why, "ended with exit code %" PRId64, m->exit_code);
	else
		snprintf(why, sizeof why, "is %s", m->state);
	say_refused("machine %s of process group %s %s%s%s", p->id, p->group->name, why, *m->message ? ": " : "",
	            m->message);
	await_last_lines(p->group->call, p->id);
	return 1;
}

/* -1: go on waiting; else the exit code. */
static int look(struct proof *p, const struct machine *m)
{
	struct registry *registry = p->group->call->registry;
	bool runs = strcmp(m->state, "started") == 0;
	if (!p->instance && runs)
		p->instance = mem_text(m->instance);
	p->silent = runs ? silent_port(p->group, m) : 1;
	bool through = m->exited && m->exit_code == 0 && silent_port(p->group, m) < 0;
	if (through)
		return 0;
	if (m->exited || strcmp(m->state, "failed") == 0 || strcmp(m->state, "stopped") == 0 ||
	    (p->instance && runs && strcmp(p->instance, m->instance) != 0))
		return say_ended(p, m);
	if (!runs || p->silent > 0)
		return -1;
	int failing = failing_check(registry, p->id, &p->check);
	if (failing < 0)
		return session_failed(p->group->call);
	if (failing > 0)
		return -1;
	return p->silent == 0 || clock_mono_ms() - p->since >= PROOF_MS ? 0 : -1;
}

static int say_too_late(const struct proof *p, double seconds)
{
	char waited[AWAIT_DURATION];
	await_duration(waited, seconds);
	if (p->silent > 0)
		say_refused("machine %s runs, but nothing answers on its port %" PRId64 " after %s: the program has to "
		            "listen there, on 0.0.0.0 or [::]",
		            p->id, p->silent, waited);
	else
		say_refused("machine %s runs, but does not pass its checks after %s: %s", p->id, waited,
		            text_string(&p->check));
	await_last_lines(p->group->call, p->id);
	return 1;
}

static int prove(struct proof *p, double seconds)
{
	struct registry *registry = p->group->call->registry;
	struct watch *watch = watch_open(registry);
	int64_t deadline = p->since + (int64_t)(seconds * 1000);
	int code = -1;
	while (code < 0) {
		bool failed;
		struct machine *m = machine_look(registry, p->id, &failed);
		if (failed)
			code = session_failed(p->group->call);
		else if (!m || !m->exists)
			code = say_refused("machine %s was destroyed by somebody else", p->id);
		else
			code = look(p, m);
		machine_free(m, 1);
		if (code < 0 && clock_mono_ms() >= deadline)
			code = say_too_late(p, seconds);
		if (code < 0)
			watch_wait(watch, clock_mono_ms() + LOOK_MS);
	}
	watch_close(watch);
	return code;
}

int deploy_machine_await(const struct deploy_group *group, const char *id, double seconds)
{
	const struct await await = {.call = group->call,
	                            .id = id,
	                            .goal = {.state = "started", .asked = true, .serial = 1},
	                            .seconds = seconds};
	int code = await_machine(&await, NULL);
	if (code)
		return code;
	struct proof proof = {.group = group, .id = id, .since = clock_mono_ms()};
	code = prove(&proof, seconds);
	free(proof.instance);
	text_free(&proof.check);
	return code;
}
