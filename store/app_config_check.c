/* app_config_check.c - see app_config_check.h. */
#include "app_config_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/words.h"
#include "config_reader.h"
#include "draft_word.h"
#include "label.h"

enum { SECOND = 1000, CHECK_INTERVAL_LEAST = 2 * SECOND, MINUTE = 60 * SECOND, KILL_TIMEOUT_MOST = 300 };

struct checking {
	const struct app_config *config;
	struct config_findings *findings;
};

static bool is_group(const struct app_config *config, const char *name)
{
	for (size_t i = 0; i < config->process_count; i++)
		if (strcmp(config->processes[i].name, name) == 0)
			return true;
	return config->process_count == 0 && strcmp(name, "app") == 0;
}

/* ------------------------------------------------------------------------------------------------------- checks */

struct times {
	const char *path;
	const char *kind; /* TCP HTTP */
};

static void check_time(const struct checking *c, const struct times *times, const char *what, int64_t ms)
{
	char text[CONFIG_DURATION];
	bool grace = strcmp(what, "a grace period") == 0;
	if (ms >= 0 && ms < SECOND && !(grace && ms == 0))
		config_findings_add(c->findings, CONFIG_WARNING, times->path,
		                    "Service %s check has %s less than 1 second (%s); this will be raised to 1 second",
		                    times->kind, what, config_duration(text, ms));
	if (ms > MINUTE)
		config_findings_add(
		    c->findings, CONFIG_WARNING, times->path,
		    "Service %s check has %s greater than 1 minute (%s); this will be lowered to 1 minute", times->kind,
		    what, config_duration(text, ms));
}

static void check_request(const struct checking *c, const char *path, const struct config_check *check)
{
	if (check->protocol && strcmp(check->protocol, "http") != 0 && strcmp(check->protocol, "https") != 0)
		config_findings_add(c->findings, CONFIG_ERROR, path,
		                    "%s.protocol \"%.40s\" is not known: write \"http\" or \"https\"", path,
		                    check->protocol);
	if (check->path && (check->path[0] != '/' || strpbrk(check->path, " \t\r\n")))
		config_findings_add(c->findings, CONFIG_ERROR, path,
		                    "%s.path must begin with / and have no blank in it", path);
}

static void check_service_checks(const struct checking *c, const struct config_service *service)
{
	for (size_t i = 0; i < service->check_count; i++) {
		const struct config_check *check = &service->checks[i];
		struct times times = {service->where, check->http ? "HTTP" : "TCP"};
		check_time(c, &times, "an interval", check->interval);
		check_time(c, &times, "a timeout", check->timeout);
		check_time(c, &times, "a grace period", check->grace_period);
		check_request(c, service->where, check);
	}
}

/* Where a check without a port looks. */
static bool has_http_service(const struct app_config *config, const char *group)
{
	return config->service_count > 0 && strcmp(config->services[0].where, "http_service") == 0 &&
	       app_config_in_group(config, &config->services[0].processes, group);
}

static void check_named(const struct checking *c, const struct config_check *check)
{
	char text[CONFIG_DURATION];
	struct text path = {0};
	text_format(&path, "checks.%s", check->name);
	if (check->interval >= 0 && check->interval < CHECK_INTERVAL_LEAST)
		config_findings_add(c->findings, CONFIG_ERROR, path.at,
		                    "Check '%s' interval is too short: %s, minimum is 2 seconds", check->name,
		                    config_duration(text, check->interval));
	if (check->timeout > MINUTE)
		config_findings_add(c->findings, CONFIG_ERROR, path.at,
		                    "Check '%s' timeout is too long: %s, maximum is 60 seconds", check->name,
		                    config_duration(text, check->timeout));
	if (check->port > UINT16_MAX)
		config_findings_add(c->findings, CONFIG_ERROR, path.at, "%s.port must be a port, 1 to 65535", path.at);
	const char *group = check->processes.count ? check->processes.items[0] : app_config_default_group(c->config);
	if (check->port == 0 && !has_http_service(c->config, group))
		config_findings_add(c->findings, CONFIG_ERROR, path.at,
		                    "Check '%s' for process group '%s' has no port set and the group has no "
		                    "http_service to take it from",
		                    check->name, group);
	check_request(c, path.at, check);
	text_free(&path);
}

/* ----------------------------------------------------------------------------------------------------- services */

static void check_service_groups(const struct checking *c, const struct config_service *service)
{
	const struct app_config *config = c->config;
	if (config->process_count > 0 && service->processes.count == 0)
		config_findings_add(
		    c->findings, CONFIG_ERROR, service->where,
		    "Service has no processes set but app has %zu processes defined; update fly.toml to set "
		    "processes for each service",
		    config->process_count);
	for (size_t i = 0; i < service->processes.count; i++) {
		const char *name = service->processes.items[i];
		if (!is_group(config, name))
			config_findings_add(
			    c->findings, CONFIG_ERROR, service->where,
			    "Service specifies '%s' as one of its processes, but no processes are defined with "
			    "that name; update fly.toml [processes] to add '%s' process or remove it from "
			    "service's processes list",
			    name, name);
	}
}

static void check_policy(const struct checking *c, const struct config_service *service)
{
	const struct service_policy *policy = &service->policy;
	if (policy->soft_limit > SERVICE_LIMIT_MAX || policy->hard_limit > SERVICE_LIMIT_MAX ||
	    policy->min_machines_running > SERVICE_LIMIT_MAX)
		config_findings_add(c->findings, CONFIG_ERROR, service->where, "%s has a limit over %d", service->where,
		                    SERVICE_LIMIT_MAX);
	else if (policy->hard_limit && policy->soft_limit > policy->hard_limit)
		config_findings_add(
		    c->findings, CONFIG_ERROR, service->where,
		    "%s.concurrency has soft_limit %" PRId64 " above hard_limit %" PRId64
		    ": from the soft one on other Machines come first, the hard one is never passed; lower "
		    "soft_limit or raise hard_limit",
		    service->where, policy->soft_limit, policy->hard_limit);
	if (policy->autostop != AUTOSTOP_OFF && !policy->autostart)
		config_findings_add(c->findings, CONFIG_WARNING, service->where,
		                    "%s stops idle Machines (auto_stop_machines) and no request starts them again "
		                    "(auto_start_machines = false): set both or neither",
		                    service->where);
}

static void check_ports(const struct checking *c, const struct config_service *service)
{
	struct text path = {0};
	for (size_t i = 0; i < service->port_count; i++) {
		const struct config_port *port = &service->ports[i];
		text_clear(&path);
		text_format(&path, "%s.ports[%zu]", service->where, i);
		if (service->protocol == PROTOCOL_UDP && port->port.handlers)
			config_findings_add(c->findings, CONFIG_ERROR, path.at,
			                    "%s has handlers, which read TCP, on a UDP service: leave handlers out",
			                    path.at);
		if (port->force_https && !(port->port.handlers & HANDLER_HTTP))
			config_findings_add(
			    c->findings, CONFIG_ERROR, path.at,
			    "%s has force_https without the handler http, so nobody could answer with the "
			    "redirect: add handlers = [\"http\"], or remove force_https",
			    path.at);
	}
	if (service->port_count == 0)
		config_findings_add(
		    c->findings, CONFIG_WARNING, service->where,
		    "Service must expose at least one port. Add a [[services.ports]] section to fly.toml");
	if (service->protocol == PROTOCOL_UDP)
		config_findings_add(c->findings, CONFIG_ERROR, service->where,
		                    "%s is UDP, and a Flycast address carries TCP only: remove it, and send UDP to the "
		                    "Machine's own address (<id>.vm.<app>.internal), which needs no service",
		                    service->where);
	text_free(&path);
}

static bool share_a_group(const struct app_config *config, const struct config_service *a,
                          const struct config_service *b)
{
	for (size_t i = 0; i < a->processes.count; i++)
		if (app_config_in_group(config, &b->processes, a->processes.items[i]))
			return true;
	return a->processes.count == 0 && app_config_in_group(config, &b->processes, app_config_default_group(config));
}

static bool same_policy(const struct service_policy *a, const struct service_policy *b)
{
	return a->autostart == b->autostart && a->autostop == b->autostop && a->count_requests == b->count_requests &&
	       a->min_machines_running == b->min_machines_running && a->soft_limit == b->soft_limit &&
	       a->hard_limit == b->hard_limit;
}

struct place { /* of a port in the configuration */
	const struct config_service *service;
	size_t index;
};

static void check_overlap(const struct checking *c, struct place early, struct place late)
{
	const struct port *a = &early.service->ports[early.index].port, *b = &late.service->ports[late.index].port;
	struct text path = {0};
	uint16_t both = a->start > b->start ? a->start : b->start;
	if (a->protocol != b->protocol || a->start > b->end || b->start > a->end ||
	    c->findings->count == CONFIG_FINDINGS_MOST)
		return;
	text_format(&path, "%s.ports[%zu]", late.service->where, late.index);
	if (share_a_group(c->config, early.service, late.service))
		config_findings_add(
		    c->findings, CONFIG_ERROR, path.at,
		    "%s has port %u, which %s has already (it leads to port %u there and to port %u here): "
		    "keep one",
		    path.at, both, early.service->where, a->internal, b->internal);
	else
		config_findings_add(
		    c->findings, CONFIG_WARNING, path.at,
		    "%s has port %u, which %s has for other process groups: a request goes to a Machine of "
		    "either",
		    path.at, both, early.service->where);
	text_free(&path);
}

/* Every pair of ports; a configuration has a few. */
static void check_pairs(const struct checking *c, size_t s)
{
	const struct config_service *late = &c->config->services[s];
	for (size_t e = 0; e <= s; e++) {
		const struct config_service *early = &c->config->services[e];
		if (e != s && early->internal_port == late->internal_port && early->protocol == late->protocol &&
		    share_a_group(c->config, early, late) && !same_policy(&early->policy, &late->policy))
			config_findings_add(
			    c->findings, CONFIG_ERROR, late->where,
			    "%s and %s lead to the same port %" PRId64
			    " of the Machine with different settings: give both the same, or put the ports into "
			    "one of them",
			    early->where, late->where, late->internal_port);
		for (size_t i = 0; i < late->port_count; i++)
			for (size_t k = 0; k < (e == s ? i : early->port_count); k++)
				check_overlap(c, (struct place){early, k}, (struct place){late, i});
	}
}

static bool has_handler(const struct app_config *config, uint8_t bit)
{
	for (size_t i = 0; i < config->service_count; i++)
		for (size_t k = 0; k < config->services[i].port_count; k++)
			if (config->services[i].ports[k].port.handlers & bit)
				return true;
	return false;
}

/* The redirect goes to https://, that is to a port of this app with the handler tls. */
static void check_force_https(const struct checking *c, const struct config_service *service)
{
	struct text path = {0};
	bool http_service = strcmp(service->where, "http_service") == 0;
	for (size_t i = 0; i < service->port_count; i++) {
		if (!service->ports[i].force_https)
			continue;
		text_clear(&path);
		if (http_service)
			text_put(&path, "http_service.force_https");
		else
			text_format(&path, "%s.ports[%zu].force_https", service->where, i);
		if (!has_handler(c->config, HANDLER_TLS))
			config_findings_add(
			    c->findings, CONFIG_FOLLY, path.at,
			    "%s has nowhere to send requests to, for no port here has the handler tls: remove "
			    "force_https, add a port with handlers = [\"tls\", \"http\"], or deploy it as it is with "
			    "--force",
			    path.at);
		else
			config_findings_add(
			    c->findings, CONFIG_WARNING, path.at,
			    "%s sends every request to https, where clients in the network have to trust the "
			    "certificate of a private name: remove it unless they do",
			    path.at);
	}
	text_free(&path);
}

/* -------------------------------------------------------------------------------------------------- the others */

static void check_processes(const struct checking *c)
{
	struct text path = {0};
	for (size_t i = 0; i < c->config->process_count; i++) {
		const struct config_process *process = &c->config->processes[i];
		char **words = words_split(process->command, NULL);
		text_clear(&path);
		text_format(&path, "processes.%s", process->name);
		if (!words)
			config_findings_add(
			    c->findings, CONFIG_ERROR, path.at,
			    "Could not parse command for '%s' process group; check [processes] section: %s",
			    process->name, "EOF found when expecting closing quote");
		if (!word_is_name(bytes_of(process->name)))
			config_findings_add(c->findings, CONFIG_ERROR, path.at,
			                    "%s is no name for a process group: letters, digits, - and _, at most 63",
			                    path.at);
		free(words);
	}
	text_free(&path);
}

/* Sections of which a group can have one: [[restart]], [[vm]]. */
static void check_groups(const struct checking *c, const char *where, const char *what,
                         const struct config_texts *processes)
{
	for (size_t i = 0; i < processes->count; i++) {
		const char *name = processes->items[i];
		if (!is_group(c->config, name))
			config_findings_add(
			    c->findings, CONFIG_ERROR, where,
			    "%s specifies '%s' as one of its processes, but no processes are defined with that "
			    "name; update fly.toml [processes] to add '%s' process or remove it from the list",
			    what, name, name);
	}
}

static void check_vm(const struct checking *c, size_t index)
{
	const struct config_vm *vm = &c->config->vms[index];
	struct guest_wish wish = app_config_vm(vm);
	struct guest guest;
	struct text why = {0};
	char where[32];
	snprintf(where, sizeof where, "vm[%zu]", index);
	if (guest_read(&guest, &wish, &why) < 0)
		config_findings_add(c->findings, CONFIG_ERROR, where, "%s", why.at);
	text_free(&why);
	check_groups(c, where, "Compute section", &vm->processes);
	for (size_t k = 0; k < index; k++) {
		const struct config_texts *others = &c->config->vms[k].processes;
		if (vm->processes.count == 0 && others->count == 0)
			config_findings_add(c->findings, CONFIG_ERROR, where, "2+ compute sections for group %s",
			                    app_config_default_group(c->config));
		for (size_t i = 0; i < vm->processes.count; i++)
			for (size_t j = 0; j < others->count; j++)
				if (strcmp(vm->processes.items[i], others->items[j]) == 0)
					config_findings_add(c->findings, CONFIG_ERROR, where,
					                    "2+ compute sections for group %s", others->items[j]);
	}
}

static void check_top(const struct checking *c)
{
	static const char *const signals[] = {"SIGHUP",  "SIGINT",  "SIGQUIT", "SIGKILL",
	                                      "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGSTOP"};
	const struct app_config *config = c->config;
	const char *wrong = config->app ? label_wrong(config->app) : NULL;
	bool known = !config->kill_signal;
	for (size_t i = 0; !known && i < sizeof signals / sizeof signals[0]; i++)
		known = strcmp(signals[i], config->kill_signal) == 0;
	if (wrong)
		config_findings_add(c->findings, CONFIG_ERROR, "app", "app \"%.80s\" %s", config->app, wrong);
	if (config->primary_region && !word_is_region(bytes_of(config->primary_region)))
		config_findings_add(c->findings, CONFIG_ERROR, "primary_region",
		                    "primary_region \"%.40s\" is no region: three letters, for example \"fra\"",
		                    config->primary_region);
	if (!known)
		config_findings_add(
		    c->findings, CONFIG_ERROR, "kill_signal",
		    "kill_signal \"%.40s\" is not known: write SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2, "
		    "SIGHUP, SIGKILL or SIGSTOP",
		    config->kill_signal);
	if (config->kill_timeout > KILL_TIMEOUT_MOST)
		config_findings_add(c->findings, CONFIG_ERROR, "kill_timeout", "kill_timeout is at most %d seconds",
		                    KILL_TIMEOUT_MOST);
	for (size_t i = 0; i < config->env.count; i++)
		if (!config->env.items[i].name[0] || strchr(config->env.items[i].name, '='))
			config_findings_add(c->findings, CONFIG_ERROR, "env",
			                    "env has \"%.80s\", which cannot be the name of a variable",
			                    config->env.items[i].name);
}

bool app_config_check(const struct app_config *config, struct config_findings *findings)
{
	struct checking c = {config, findings};
	size_t before = findings->errors;
	check_top(&c);
	check_processes(&c);
	for (size_t i = 0; i < config->service_count; i++) {
		check_service_groups(&c, &config->services[i]);
		check_policy(&c, &config->services[i]);
		check_ports(&c, &config->services[i]);
		check_force_https(&c, &config->services[i]);
		check_service_checks(&c, &config->services[i]);
		check_pairs(&c, i);
	}
	for (size_t i = 0; i < config->check_count; i++)
		check_named(&c, &config->checks[i]);
	for (size_t i = 0; i < config->restart_count; i++) {
		char where[32];
		snprintf(where, sizeof where, "restart[%zu]", i);
		check_groups(&c, where, "Restart policy", &config->restarts[i].processes);
	}
	for (size_t i = 0; i < config->vm_count; i++)
		check_vm(&c, i);
	return findings->errors == before;
}

void app_config_force(struct config_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->items[i].grade != CONFIG_FOLLY)
			continue;
		findings->items[i].grade = CONFIG_WARNING;
		findings->errors--;
	}
}
