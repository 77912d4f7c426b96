/* machine_config.c - see machine_config.h. The object is rewritten into the form of fly.toml, whose reader then knows what
 * is wrong with it. */
#include "command/machine_config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "app_config.h"
#include "app_config_check.h"
#include "base/mem.h"
#include "command/call.h"
#include "command/deploy_machine.h"
#include "command/say.h"
#include "registry.h"
#include "service.h"

/* ------------------------------------------------------------------------------------------------ reading */

static json_t *load(const char *spec)
{
	json_error_t error;
	json_t *json;
	if (spec[strspn(spec, " \t\r\n")] == '{')
		json = json_loads(spec, JSON_REJECT_DUPLICATES, &error);
	else if (strcmp(spec, "-") == 0)
		json = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
	else
		json = json_load_file(spec, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		say_refused("--machine-config: line %d: %s: it is a JSON object, or a file with one", error.line,
		            error.text);
	return json;
}

/* Takes the member out; NULL: there is none. */
static json_t *take(json_t *object, const char *name)
{
	json_t *value = json_incref(json_object_get(object, name));
	json_object_del(object, name);
	return value;
}

/* Under another name, when it is there. */
static void rename_to(json_t *to, const char *name, json_t *from, const char *old)
{
	json_t *value = take(from, old);
	if (value)
		json_object_set_new(to, name, value);
}

/* [{"name": "X-A", "values": ["b"]}] becomes {"X-A": "b"}; anything else is left to the reader. */
static void rewrite_headers(json_t *check)
{
	json_t *list = json_object_get(check, "headers"), *header, *pairs = json_object();
	size_t i;
	bool good = json_is_array(list);
	json_array_foreach(list, i, header)
	{
		json_t *values = json_object_get(header, "values");
		const char *name = json_string_value(json_object_get(header, "name"));
		good = good && name && json_array_size(values) == 1;
		if (good)
			json_object_set(pairs, name, json_array_get(values, 0));
	}
	if (good)
		json_object_set(check, "headers", pairs);
	json_decref(pairs);
}

/* fly.toml has them apart, by type. */
static void rewrite_checks(json_t *service)
{
	json_t *checks = take(service, "checks"), *check;
	size_t i;
	json_array_foreach(checks, i, check)
	{
		const char *type = json_string_value(json_object_get(check, "type"));
		const char *list = type && strcmp(type, "http") == 0 ? "http_checks" : "tcp_checks";
		if (!json_object_get(service, list))
			json_object_set_new(service, list, json_array());
		json_object_del(check, "type");
		rewrite_headers(check);
		json_array_append(json_object_get(service, list), check);
	}
	json_decref(checks);
}

static void rewrite_services(json_t *to, json_t *from)
{
	json_t *services = take(from, "services"), *service;
	size_t i;
	json_array_foreach(services, i, service)
	{
		rename_to(service, "auto_stop_machines", service, "autostop");
		rename_to(service, "auto_start_machines", service, "autostart");
		if (!json_object_get(service, "auto_start_machines"))
			json_object_set_new(service, "auto_start_machines", json_true());
		rewrite_checks(service);
	}
	if (services)
		json_object_set_new(to, "services", services);
}

static void rewrite_others(json_t *to, json_t *from)
{
	json_t *restart = take(from, "restart"), *stop = take(from, "stop_config"), *guest = take(from, "guest");
	rename_to(to, "env", from, "env");
	rename_to(to, "kill_signal", stop, "signal");
	rename_to(to, "kill_timeout", stop, "timeout");
	if (restart) {
		rename_to(restart, "retries", restart, "max_retries");
		json_object_set(to, "restart", restart);
	}
	if (guest) {
		rename_to(guest, "memory", guest, "memory_mb");
		json_object_set(to, "vm", guest);
	}
	json_decref(restart);
	json_decref(stop);
	json_decref(guest);
}

/* 0, or 1 after a sentence. */
static int read_app(struct machine_config *out, json_t *app)
{
	struct config_findings findings = {0};
	int code = 0;
	out->app = app_config_read(app, &findings);
	if (out->app)
		app_config_check(out->app, &findings);
	for (size_t i = 0; i < findings.count; i++) {
		const struct config_finding *f = &findings.items[i];
		if (f->grade == CONFIG_ERROR || f->grade == CONFIG_FOLLY)
			code = say_refused("--machine-config: %s", f->text);
		else
			say_warning("--machine-config: %s", f->text);
		if (code)
			break;
	}
	config_findings_free(&findings);
	return code;
}

static char *dump(json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	json_decref(value);
	return text;
}

/* An array of strings as JSON into *out, when it is there and not empty. 0, or 1 after a sentence. */
static int read_words(char **out, const json_t *words)
{
	json_t *word;
	size_t i;
	if (!words || json_is_null(words))
		return 0;
	bool good = json_is_array(words);
	json_array_foreach(words, i, word) good = good && json_is_string(word);
	if (!good)
		return say_refused("--machine-config: init: a command is an array of strings");
	if (json_array_size(words))
		*out = json_dumps(words, JSON_COMPACT);
	return 0;
}

/* exec alone is what runs; else the entrypoint, which may be the image's, and cmd behind it. */
static int read_command(struct machine_config *out, const json_t *init)
{
	json_t *exec = json_object_get(init, "exec"), *first = json_object_get(init, "entrypoint"),
	       *both = json_array();
	int code = 0;
	if (out->image) {
		code = read_words(&out->entrypoint, exec ? exec : first);
		if (code == 0 && !exec)
			code = read_words(&out->command, json_object_get(init, "cmd"));
		if (code == 0 && !out->command)
			out->command = mem_text(MACHINE_IMAGE_COMMAND);
	} else {
		if (json_is_array(first))
			json_array_extend(both, first);
		if (json_is_array(json_object_get(init, "cmd")))
			json_array_extend(both, json_object_get(init, "cmd"));
		code = read_words(&out->command, exec ? exec : both);
	}
	json_decref(both);
	return code;
}

static void read_switches(struct machine_config *out, json_t *config)
{
	json_t *once = take(config, "auto_destroy"), *dns = take(config, "dns");
	json_t *skip = json_object_get(dns, "skip_registration");
	out->has_auto_destroy = json_is_boolean(once);
	out->auto_destroy = json_is_true(once);
	out->has_skip_dns = json_is_boolean(skip);
	out->skip_dns = json_is_true(skip);
	json_decref(once);
	json_decref(dns);
}

static int read_metadata(struct machine_config *out, json_t *config)
{
	json_t *metadata = take(config, "metadata"), *value;
	const char *key;
	int code = 0;
	json_object_foreach(metadata, key, value)
	{
		if (!json_is_string(value))
			code = say_refused("--machine-config: metadata.%.80s is no string", key);
		if (code)
			break;
	}
	const char *group = json_string_value(json_object_get(metadata, "fly_process_group"));
	out->process_group = mem_text(group);
	json_object_del(metadata, "fly_process_group");
	out->metadata = dump(metadata);
	return code;
}

static int read_config(struct machine_config *out, json_t *config)
{
	json_t *init = take(config, "init"), *app = json_object();
	json_t *image = take(config, "image"), *value;
	const char *key;
	int code = 0;
	out->has_services = json_object_get(config, "services") != NULL;
	rewrite_services(app, config);
	rewrite_others(app, config);
	read_switches(out, config);
	out->image = mem_text(json_string_value(image));
	code = read_command(out, init);
	if (code == 0)
		code = read_metadata(out, config);
	if (code == 0)
		code = read_app(out, app);
	if (code == 0)
		json_object_foreach(config, key, value) say_warning("--machine-config: %.80s means nothing here", key);
	/* The reader has brought its values into one spelling. */
	if (code == 0 && json_object_get(app, "env"))
		out->env = json_dumps(json_object_get(app, "env"), JSON_COMPACT);
	json_decref(image);
	json_decref(init);
	json_decref(app);
	return code;
}

int machine_config_read(struct machine_config *out, const struct call *call)
{
	const char *spec = call_text(call, "machine-config");
	*out = (struct machine_config){0};
	if (!spec)
		return 0;
	json_t *json = load(spec);
	if (!json)
		return 1;
	json_t *config = json_is_object(json_object_get(json, "config")) ? json_object_get(json, "config") : json;
	int code = json_is_object(config) ? read_config(out, config)
	                                  : say_refused("--machine-config is a JSON object, or a file with one");
	json_decref(json);
	return code;
}

void machine_config_fini(struct machine_config *config)
{
	app_config_free(config->app);
	free(config->command);
	free(config->entrypoint);
	free(config->image);
	free(config->env);
	free(config->metadata);
	free(config->process_group);
	*config = (struct machine_config){0};
}

/* ------------------------------------------------------------------------------------------------ using */

static void plan_restart(const struct app_config *app, const struct call *call, struct machine_plan *plan)
{
	if (!app->restart_count)
		return;
	if (app->restarts[0].policy && !call_text(call, "restart"))
		plan->restart = app->restarts[0].policy;
	if (app->restarts[0].retries >= 0)
		plan->max_retries = app->restarts[0].retries;
}

void machine_config_plan(const struct machine_config *config, const struct call *call, struct machine_plan *plan)
{
	const struct app_config *app = config->app;
	if (!app)
		return;
	struct guest guest = app_config_guest(app, "app");
	plan_restart(app, call, plan);
	if (config->command && !call->rest_count)
		plan->command = config->command;
	if (config->image)
		plan->image = config->image;
	if (config->entrypoint)
		plan->entrypoint = config->entrypoint;
	if (app->kill_signal && !call_text(call, "kill-signal"))
		plan->kill_signal = app->kill_signal;
	if (app->kill_timeout >= 0 && !call_text(call, "kill-timeout"))
		plan->kill_timeout = app->kill_timeout;
	if (guest.cpu_kind)
		plan->guest = guest;
	if (config->has_auto_destroy)
		plan->auto_destroy = config->auto_destroy;
	if (config->has_skip_dns && !call_text(call, "skip-dns-registration"))
		plan->skip_dns = config->skip_dns;
}

int machine_config_services(const struct machine_config *config, struct call *call, const char *machine)
{
	const struct deploy_group group = {.call = call, .config = config->app, .name = "app"};
	return config->has_services ? deploy_services_put(&group, machine) : 0;
}
