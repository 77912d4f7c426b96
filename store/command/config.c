/* config.c - flycast config validate|show|save|env. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/config_file.h"
#include "command/config_machines.h"
#include "command/json.h"
#include "command/say.h"
#include "command/session.h"
#include "command/toml_write.h"
#include "registry.h"
#include "secret.h"
#include "statement.h"

/* ----------------------------------------------------------------------------------------------------- validate */

static void print_finding(const struct config_file *file, const struct config_finding *finding)
{
	static const char *const grades[] = {[CONFIG_ERROR] = "✘",
	                                     [CONFIG_FOLLY] = "✘",
	                                     [CONFIG_WARNING] = "WARN",
	                                     [CONFIG_UNKNOWN] = "WARN",
	                                     [CONFIG_IGNORED] = "note:"};
	struct text line = {0}, place = {0};
	text_format(&line, "%s%s %s", config_file_place(file, finding, &place), grades[finding->grade], finding->text);
	puts(say_plain(line.at));
	text_free(&line);
	text_free(&place);
}

/* What is not known counts as wrong. Returns how many there are. */
static size_t print_unknown(const struct config_file *file)
{
	size_t count = 0;
	struct text place = {0};
	for (size_t i = 0; i < file->findings.count; i++) {
		const struct config_finding *finding = &file->findings.items[i];
		if (finding->grade != CONFIG_UNKNOWN)
			continue;
		if (count++ == 0)
			puts("Strict validation found unrecognised sections or keys:");
		struct text line = {0};
		text_format(&line, "  %s%s", config_file_place(file, finding, &place), finding->text);
		puts(say_plain(line.at));
		text_free(&line);
	}
	text_free(&place);
	return count;
}

static int validate_file(struct call *call, const struct config_file *file)
{
	bool strict = call_on(call, "strict", false);
	if (!file->exists)
		return say_refused(
		    "App config file not found: there is no %s; flycast launch writes one, -c PATH names another",
		    file->path);
	char *full = realpath(file->path, NULL);
	printf("Validating %s\n", full ? full : file->path);
	free(full);
	for (size_t i = 0; i < file->findings.count; i++)
		if (!strict || file->findings.items[i].grade != CONFIG_UNKNOWN)
			print_finding(file, &file->findings.items[i]);
	if (!file->config || file->findings.errors) {
		puts("✘ invalid app configuration");
		return say_refused("App configuration is not valid: what begins with ✘ has to be changed");
	}
	if (strict && print_unknown(file) > 0)
		return say_refused("strict validation failed: change or remove what is listed, or leave --strict out");
	if (!file->config->app && !call_app(call))
		return say_refused("app name is required: write app = \"NAME\" into %s, or name it with -a",
		                   file->path);
	puts("✓ Configuration is valid");
	return 0;
}

static int validate(struct call *call)
{
	struct config_file file;
	config_file_read(&file, config_file_path(call));
	int code = validate_file(call, &file);
	config_file_fini(&file);
	return code;
}

/* --------------------------------------------------------------------------------------------- show, save, env */

static int print_as(const struct call *call, json_t *json)
{
	struct text toml = {0};
	if (!call_on(call, "toml", false))
		return json_say(json_incref(json));
	toml_write(&toml, json);
	fputs(text_string(&toml), stdout);
	text_free(&toml);
	return 0;
}

static int show_local(const struct call *call)
{
	struct config_file file;
	config_file_read(&file, config_file_path(call));
	int code = config_file_tell(&file, false);
	if (code == 0)
		code = print_as(call, file.config->json);
	config_file_fini(&file);
	return code;
}

static int show(struct call *call)
{
	if (call_on(call, "local", false))
		return show_local(call);
	const char *app = call_app(call);
	if (!app)
		return say_no_app(call);
	json_t *json = config_machines_read(call, app);
	int code = json ? print_as(call, json) : 1;
	json_decref(json);
	return code;
}

static int save(struct call *call)
{
	const char *app = call_app(call), *path = call_text(call, "config");
	struct text text = {0};
	if (!app)
		return say_no_app(call);
	if (!path)
		path = "fly.toml";
	json_t *json = config_machines_read(call, app);
	if (!json)
		return 1;
	config_file_text(&text, path, json);
	json_decref(json);
	int code = access(path, F_OK) == 0
	               ? say_confirm(call, "An existing configuration file has been found. Overwrite file '%s'?", path)
	               : 0;
	if (code == 0)
		code = config_file_write(path, &text);
	if (code == 0)
		printf("Wrote config file %s\n", path);
	text_free(&text);
	return code;
}

/* Names and digests: the values are nobody's business. 0 or the exit code. */
static int print_secrets(struct call *call, const char *app)
{
	struct statement s;
	struct secret secret;
	struct columns table;
	char ago[SAY_TIME];
	int rc;
	if (session_read(call) < 0)
		return 1;
	columns_init(&table, "Name", "Digest", "Created At", NULL);
	secret_list(&s, call->registry, app);
	while ((rc = secret_next(&s, &secret)) > 0) {
		columns_add(&table, secret.name);
		columns_add(&table, secret.digest);
		columns_add(&table, say_ago(ago, secret.created_at));
	}
	statement_close(&s);
	if (rc == 0)
		columns_print(&table, "Secrets");
	columns_free(&table);
	return rc < 0 ? session_failed(call) : 0;
}

static void print_variables(json_t *variables)
{
	const char *name;
	struct columns table;
	json_t *value;
	columns_init(&table, "Name", "Value", NULL);
	json_object_foreach(variables, name, value)
	{
		columns_add(&table, name);
		columns_add(&table, json_is_string(value) ? json_string_value(value) : "");
	}
	columns_print(&table, "Environment variables");
	columns_free(&table);
}

static int env(struct call *call)
{
	const char *app = call_app(call);
	int code = 0;
	if (!app)
		return say_no_app(call);
	json_t *json = config_machines_read(call, app);
	if (!json)
		return 1;
	json_t *variables = json_object_get(json, "env");
	if (call->json) {
		code = json_say(variables ? json_incref(variables) : json_object());
	} else {
		code = print_secrets(call, app);
		if (code == 0)
			print_variables(variables);
	}
	json_decref(json);
	return code;
}

static const struct command_flag validate_flags[] = {
    {"strict", 's', FLAG_SWITCH, NULL, "sections and keys that are not known are refused", NULL, NULL}, {0}};
static const struct command_flag show_flags[] = {
    {"local", 0, FLAG_SWITCH, NULL, "the one of fly.toml, in one spelling, not the one its Machines have", NULL, NULL},
    {"toml", 0, FLAG_SWITCH, NULL, "as TOML; JSON is what comes without", NULL, NULL},
    {0}};

static const struct command_flag save_flags[] = {{"config", 'c', FLAG_TEXT, "PATH",
                                                  "the file to write (default ./fly.toml); JSON when it ends in .json",
                                                  NULL, NULL},
                                                 {0}};

static const struct command config_commands[] = {
    {.name = "validate",
     .summary = "Check fly.toml: what is wrong with it, what is not known, what does nothing here",
     .details = "Nothing is read but the file. fly.toml(5) describes it.",
     .examples = "flycast config validate\nflycast config validate --strict -c other/fly.toml",
     .takes = TAKES_APP,
     .flags = validate_flags,
     .run = validate},
    {.name = "show",
     .aliases = "display",
     .summary = "Show the configuration that an app's Machines have",
     .examples = "flycast config show -a my-app\nflycast config show --local --toml",
     .takes = TAKES_APP,
     .flags = show_flags,
     .run = show},
    {.name = "save",
     .summary = "Write the configuration that an app's Machines have into fly.toml",
     .examples = "flycast config save -a my-app\nflycast config save -a my-app -c my-app.toml --yes",
     .takes = TAKES_APP,
     .flags = save_flags,
     .run = save},
    {.name = "env",
     .summary = "Show the environment that an app's Machines have",
     .examples = "flycast config env -a my-app\nflycast config env -a my-app --json",
     .takes = TAKES_APP | TAKES_JSON,
     .run = env},
    {0}};

const struct command config_command = {
    .name = "config", .summary = "Configurations of apps: fly.toml", .commands = config_commands};
