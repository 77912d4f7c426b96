/* app_config.c - see app_config.h. The tables are the format; fly.toml(5) says the same for people. */
#include "app_config.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config_reader.h"
#include "config_service.h"
#include "guest.h"

/* ------------------------------------------------------------------------------------------- parts of the whole */

static void take_restart_policy(struct config_reading *r, json_t *value, void *into)
{
	struct config_restart *restart = into;
	const char *name = json_is_string(value) ? json_string_value(value) : "";
	if (strcmp(name, "always") == 0)
		restart->policy = "always";
	else if (strcmp(name, "on-failure") == 0 || strcmp(name, "on-fail") == 0)
		restart->policy = "on-failure";
	else if (strcmp(name, "never") == 0 || strcmp(name, "no") == 0)
		restart->policy = "no";
	else
		config_reject(r, "invalid restart policy: %.40s: write \"always\", \"never\" or \"on-failure\"", name);
}

static void begin_restart(struct config_reading *r, void *into)
{
	(void)r;
	((struct config_restart *)into)->retries = -1;
}

static void end_restart(struct config_reading *r, json_t *object, void *into)
{
	if (!json_object_get(object, "policy"))
		take_restart_policy(r, NULL, into);
}

static const struct config_field restart_fields[] = {
    {.name = "policy", .kind = FIELD_OTHER, .take = take_restart_policy},
    {.name = "retries", .kind = FIELD_NUMBER, .at = offsetof(struct config_restart, retries)},
    {.name = "processes", .kind = FIELD_TEXTS, .at = offsetof(struct config_restart, processes)},
    {0}};
static const struct config_section restart_section = {
    .fields = restart_fields, .size = sizeof(struct config_restart), .begin = begin_restart, .end = end_restart};

/* "512", "512mb", "1gb", 1024: megabytes. */
static void take_memory(struct config_reading *r, json_t *value, void *into)
{
	struct config_vm *vm = into;
	const char *text = json_is_string(value) ? json_string_value(value) : "";
	int64_t number = json_is_integer(value) ? json_integer_value(value) : guest_memory(text);
	bool zero = json_is_integer(value) ? number == 0 : *text && text[strspn(text, "0")] == '\0';
	if (zero)
		config_reject(r, "memory cannot be zero");
	else if (number <= 0 || number > INT32_MAX)
		config_reject(r, "must be an amount of memory such as \"512mb\", \"1gb\" or 1024 (megabytes)");
	else
		vm->memory_mb = number;
}

static const struct config_field vm_fields[] = {
    {.name = "size", .kind = FIELD_TEXT, .at = offsetof(struct config_vm, size)},
    {.name = "memory", .kind = FIELD_OTHER, .take = take_memory},
    {.name = "memory_mb", .kind = FIELD_OTHER, .take = take_memory},
    {.name = "cpus", .kind = FIELD_NUMBER, .at = offsetof(struct config_vm, cpus)},
    {.name = "cpu_kind", .kind = FIELD_TEXT, .at = offsetof(struct config_vm, cpu_kind)},
    {.name = "processes", .kind = FIELD_TEXTS, .at = offsetof(struct config_vm, processes)},
    {.name = "gpu_kind", .kind = FIELD_IGNORED},
    {.name = "gpus", .kind = FIELD_IGNORED},
    {.name = "kernel_args", .kind = FIELD_IGNORED},
    {.name = "host_dedication_id", .kind = FIELD_IGNORED},
    {.name = "persist_rootfs", .kind = FIELD_IGNORED},
    {0}};
static const struct config_section vm_section = {.fields = vm_fields, .size = sizeof(struct config_vm)};

static const struct config_field metrics_fields[] = {
    {.name = "port", .kind = FIELD_NUMBER, .at = offsetof(struct config_metrics, port)},
    {.name = "path", .kind = FIELD_TEXT, .at = offsetof(struct config_metrics, path)},
    {.name = "https", .kind = FIELD_SWITCH, .at = offsetof(struct config_metrics, https)},
    {.name = "processes", .kind = FIELD_TEXTS, .at = offsetof(struct config_metrics, processes)},
    {0}};
static const struct config_section metrics_section = {.fields = metrics_fields, .size = sizeof(struct config_metrics)};

/* --------------------------------------------------------------------------------------------------- the whole */

static const struct config_field build_fields[] = {
    {.name = "image", .kind = FIELD_TEXT, .at = offsetof(struct app_config, image)},
    {.name = "ignorefile", .kind = FIELD_TEXT, .at = offsetof(struct app_config, ignorefile)},
    {.name = "args", .kind = FIELD_IGNORED},
    {.name = "build-target", .kind = FIELD_IGNORED},
    {.name = "builder", .kind = FIELD_IGNORED},
    {.name = "buildpacks", .kind = FIELD_IGNORED},
    {.name = "builtin", .kind = FIELD_IGNORED},
    {.name = "compression", .kind = FIELD_IGNORED},
    {.name = "compression_level", .kind = FIELD_IGNORED},
    {.name = "dockerfile", .kind = FIELD_IGNORED},
    {.name = "settings", .kind = FIELD_IGNORED},
    {0}};
static const struct config_section build_section = {.fields = build_fields};

static void take_strategy(struct config_reading *r, json_t *value, void *into)
{
	static const char *const names[] = {"canary", "rolling", "immediate", "bluegreen"};
	struct app_config *config = into;
	const char *name = json_is_string(value) ? json_string_value(value) : "";
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i], name) == 0)
			config->strategy = names[i];
	if (!config->strategy)
		config_findings_add(
		    r->findings, CONFIG_ERROR, text_string(&r->path),
		    "unsupported deployment strategy '%.40s'; Apps v2 supports the following strategies: "
		    "canary, rolling, immediate, bluegreen",
		    name);
}

static void take_unavailable(struct config_reading *r, json_t *value, void *into)
{
	struct app_config *config = into;
	double number = json_number_value(value);
	if (number > 0 && number <= 1e6)
		config->max_unavailable = number;
	else
		config_reject(r, "must be a share of the Machines such as 0.33, or a number of them such as 1");
}

static const struct config_field deploy_fields[] = {
    {.name = "release_command", .kind = FIELD_TEXT, .at = offsetof(struct app_config, release_command)},
    {.name = "release_command_timeout",
     .kind = FIELD_LONG_TIME,
     .at = offsetof(struct app_config, release_command_timeout)},
    {.name = "strategy", .kind = FIELD_OTHER, .take = take_strategy},
    {.name = "max_unavailable", .kind = FIELD_OTHER, .take = take_unavailable},
    {.name = "wait_timeout", .kind = FIELD_LONG_TIME, .at = offsetof(struct app_config, wait_timeout)},
    {.name = "release_command_compute", .kind = FIELD_IGNORED},
    {.name = "release_command_vm", .kind = FIELD_IGNORED},
    {.name = "seed_command", .kind = FIELD_IGNORED},
    {0}};
static const struct config_section deploy_section = {.fields = deploy_fields};

static const struct config_field experimental_fields[] = {
    {.name = "cmd", .kind = FIELD_TEXTS, .at = offsetof(struct app_config, command)},
    {.name = "auto_rollback", .kind = FIELD_SWITCH, .at = offsetof(struct app_config, auto_rollback)},
    {.name = "attached", .kind = FIELD_IGNORED},
    {.name = "container_config", .kind = FIELD_IGNORED},
    {.name = "enable_consul", .kind = FIELD_IGNORED},
    {.name = "enable_etcd", .kind = FIELD_IGNORED},
    {.name = "entrypoint", .kind = FIELD_IGNORED},
    {.name = "exec", .kind = FIELD_IGNORED},
    {.name = "lazy_load_images", .kind = FIELD_IGNORED},
    {.name = "machine_config", .kind = FIELD_IGNORED},
    {.name = "private_network", .kind = FIELD_IGNORED},
    {.name = "use_zstd", .kind = FIELD_IGNORED},
    {0}};
static const struct config_section experimental_section = {.fields = experimental_fields};

static int by_name(const void *a, const void *b)
{
	const struct config_process *left = a, *right = b;
	return strcmp(left->name, right->name);
}

static void take_processes(struct config_reading *r, json_t *value, void *into)
{
	struct app_config *config = into;
	const char *name;
	json_t *item;
	if (!json_is_object(value)) {
		config_reject(r, "must be a table of names and commands, for example app = \"node server.js\"");
		return;
	}
	json_object_foreach(value, name, item)
	{
		size_t before = config_path_enter(r, name);
		if (!json_is_string(item) || strlen(json_string_value(item)) != json_string_length(item))
			config_reject(r, "must be a command in double quotes");
		else
			*(struct config_process *)config_list_add(&config->processes, &config->process_count,
			                                          sizeof *config->processes) = (struct config_process){
			    name, json_string_value(item)};
		config_path_leave(r, before);
	}
	if (config->process_count)
		qsort(config->processes, config->process_count, sizeof *config->processes, by_name);
}

static void take_checks(struct config_reading *r, json_t *value, void *into)
{
	struct app_config *config = into;
	const char *name;
	json_t *item;
	if (!json_is_object(value)) {
		config_reject(r, "must be tables: [checks.NAME]");
		return;
	}
	json_object_foreach(value, name, item)
	{
		size_t before = config_path_enter(r, name);
		struct config_check *check = config_list_add(&config->checks, &config->check_count, sizeof *check);
		check->name = name;
		if (json_is_object(item))
			config_read_section(r, &config_named_check_section, item, check);
		else
			config_reject(r, "must be a table: [checks.NAME]");
		config_path_leave(r, before);
	}
}

/* The first of the services, wherever it stands. */
static void take_http_service(struct config_reading *r, json_t *value, void *into)
{
	struct app_config *config = into;
	struct config_service service = {0};
	if (!json_is_object(value)) {
		config_reject(r, "must be a table: [http_service]");
		return;
	}
	config_read_section(r, &config_http_service_section, value, &service);
	config_list_add(&config->services, &config->service_count, sizeof service);
	memmove(config->services + 1, config->services, (config->service_count - 1) * sizeof service);
	config->services[0] = service;
}

static const struct config_field app_fields[] = {
    {.name = "app", .kind = FIELD_TEXT, .at = offsetof(struct app_config, app)},
    {.name = "primary_region", .kind = FIELD_TEXT, .at = offsetof(struct app_config, primary_region)},
    {.name = "kill_signal", .kind = FIELD_TEXT, .at = offsetof(struct app_config, kill_signal)},
    {.name = "kill_timeout", .kind = FIELD_SECONDS, .at = offsetof(struct app_config, kill_timeout)},
    {.name = "swap_size_mb", .kind = FIELD_NUMBER, .at = offsetof(struct app_config, swap_size_mb)},
    {.name = "build", .kind = FIELD_INSIDE, .section = &build_section},
    {.name = "deploy", .kind = FIELD_INSIDE, .section = &deploy_section},
    {.name = "experimental", .kind = FIELD_INSIDE, .section = &experimental_section},
    {.name = "env", .kind = FIELD_PAIRS, .at = offsetof(struct app_config, env)},
    {.name = "processes", .kind = FIELD_OTHER, .take = take_processes},
    {.name = "http_service", .kind = FIELD_OTHER, .take = take_http_service},
    {.name = "services",
     .kind = FIELD_LIST,
     .at = offsetof(struct app_config, services),
     .count_at = offsetof(struct app_config, service_count),
     .section = &config_service_section},
    {.name = "checks", .kind = FIELD_OTHER, .take = take_checks},
    {.name = "restart",
     .kind = FIELD_LIST,
     .at = offsetof(struct app_config, restarts),
     .count_at = offsetof(struct app_config, restart_count),
     .section = &restart_section},
    {.name = "vm",
     .kind = FIELD_LIST,
     .at = offsetof(struct app_config, vms),
     .count_at = offsetof(struct app_config, vm_count),
     .section = &vm_section},
    {.name = "metrics",
     .kind = FIELD_LIST,
     .at = offsetof(struct app_config, metrics),
     .count_at = offsetof(struct app_config, metrics_count),
     .section = &metrics_section},
    {.name = "mounts", .kind = FIELD_IGNORED},
    {.name = "mount", .kind = FIELD_IGNORED},
    {.name = "statics", .kind = FIELD_IGNORED},
    {.name = "files", .kind = FIELD_IGNORED},
    {.name = "console_command", .kind = FIELD_IGNORED},
    {.name = "container", .kind = FIELD_IGNORED},
    {.name = "host_dedication_id", .kind = FIELD_IGNORED},
    {.name = "machine_checks", .kind = FIELD_IGNORED},
    {.name = "machine_config", .kind = FIELD_IGNORED},
    {0}};
static const struct config_section app_section = {.fields = app_fields, .size = sizeof(struct app_config)};

struct app_config *app_config_read(struct json_t *json, struct config_findings *findings)
{
	struct config_reading reading = {.findings = findings};
	struct app_config *config = mem_new(sizeof *config);
	size_t before = findings->errors;
	config->json = json_incref(json);
	config->kill_timeout = config->release_command_timeout = config->wait_timeout = -1;
	config->auto_rollback = true;
	if (json_is_object(json))
		config_read_section(&reading, &app_section, json, config);
	else
		config_findings_add(findings, CONFIG_ERROR, "", "a configuration is an object");
	text_free(&reading.path);
	if (findings->errors == before)
		return config;
	app_config_free(config);
	return NULL;
}

void app_config_free(struct app_config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->service_count; i++)
		config_service_fini(&config->services[i]);
	for (size_t i = 0; i < config->check_count; i++)
		config_check_fini(&config->checks[i]);
	for (size_t i = 0; i < config->restart_count; i++)
		free(config->restarts[i].processes.items);
	for (size_t i = 0; i < config->vm_count; i++)
		free(config->vms[i].processes.items);
	for (size_t i = 0; i < config->metrics_count; i++)
		free(config->metrics[i].processes.items);
	free(config->command.items);
	free(config->env.items);
	free(config->processes);
	free(config->services);
	free(config->checks);
	free(config->restarts);
	free(config->vms);
	free(config->metrics);
	json_decref(config->json);
	free(config);
}

void config_findings_add(struct config_findings *findings, enum config_grade grade, const char *path,
                         const char *format, ...)
{
	va_list args;
	char *text;
	if (grade == CONFIG_ERROR || grade == CONFIG_FOLLY)
		findings->errors++;
	if (findings->count == CONFIG_FINDINGS_MOST)
		return;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	findings->items = mem_grow(findings->items, findings->count, &findings->room, sizeof *findings->items);
	findings->items[findings->count++] = (struct config_finding){grade, mem_text(path),
	                                                             len < 0 ? mem_text("") : text};
}

void config_findings_free(struct config_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].path);
		free(findings->items[i].text);
	}
	free(findings->items);
	*findings = (struct config_findings){0};
}

const char *app_config_default_group(const struct app_config *config)
{
	for (size_t i = 0; i < config->process_count; i++)
		if (strcmp(config->processes[i].name, "app") == 0)
			return "app";
	return config->process_count ? config->processes[0].name : "app";
}

bool app_config_in_group(const struct app_config *config, const struct config_texts *processes, const char *group)
{
	for (size_t i = 0; i < processes->count; i++)
		if (strcmp(processes->items[i], group) == 0)
			return true;
	return processes->count == 0 && strcmp(app_config_default_group(config), group) == 0;
}

struct guest_wish app_config_vm(const struct config_vm *vm)
{
	return (struct guest_wish){
	    .size = vm->size, .cpu_kind = vm->cpu_kind, .cpus = vm->cpus, .memory_mb = vm->memory_mb};
}

struct guest app_config_guest(const struct app_config *config, const char *group)
{
	const struct config_vm *found = NULL;
	for (size_t i = 0; i < config->vm_count; i++) {
		const struct config_vm *vm = &config->vms[i];
		bool own = vm->processes.count && app_config_in_group(config, &vm->processes, group);
		if (own || (!vm->processes.count && !found))
			found = vm;
	}
	struct guest guest = {0};
	struct guest_wish wish = found ? app_config_vm(found) : (struct guest_wish){0};
	struct text why = {0};
	(void)guest_read(&guest, &wish, &why); /* app_config_check() told what is wrong */
	text_free(&why);
	return guest;
}
