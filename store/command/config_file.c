/* config_file.c - see config_file.h. */
#include "command/config_file.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_config_check.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/call.h"
#include "command/place.h"
#include "command/say.h"
#include "command/toml.h"
#include "command/toml_write.h"

enum { FILE_MOST = 256 * 1024 };

static bool is_json(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot && strcmp(dot, ".json") == 0;
}

static bool is_yaml(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* The whole file, or NULL with an error in the findings (or exists = false). */
static char *read_text(struct config_file *file, size_t *len)
{
	FILE *in = fopen(file->path, "re");
	char *text = in ? mem_new(FILE_MOST + 2) : NULL;
	int error = in ? 0 : errno;
	file->exists = in || (error != ENOENT && error != ENOTDIR);
	if (in) {
		*len = fread(text, 1, FILE_MOST + 1, in);
		error = ferror(in) ? errno : 0;
		fclose(in);
	}
	if (!error && *len <= FILE_MOST)
		return text;
	free(text);
	if (file->exists && error)
		config_findings_add(&file->findings, CONFIG_ERROR, "", "it could not be read (%s)", strerror(error));
	else if (file->exists)
		config_findings_add(&file->findings, CONFIG_ERROR, "", "it is longer than %d bytes", FILE_MOST);
	return NULL;
}

/* An error in the text itself; its path is "line N", for config_file_place(). */
static void add_error(struct config_file *file, int line, const char *why)
{
	char path[32] = "";
	if (line > 0) {
		snprintf(path, sizeof path, "line %d", line);
		if (!file->lines)
			file->lines = json_object();
		json_object_set_new(file->lines, path, json_integer(line));
	}
	config_findings_add(&file->findings, CONFIG_ERROR, path, "%s", why);
}

static json_t *parse(struct config_file *file, const char *text, size_t len)
{
	char why[TOML_WHY] = "";
	json_error_t error;
	json_t *json;
	int line;
	if (is_yaml(file->path)) {
		add_error(file, 0, "YAML is not read here: write it as fly.toml or fly.json");
		return NULL;
	}
	if (is_json(file->path)) {
		json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
		if (!json)
			add_error(file, error.line, error.text);
		return json;
	}
	json = toml_read(text, len, &file->lines, &line, why);
	if (!json)
		add_error(file, line, why);
	return json;
}

static json_t *load(struct config_file *file, const char *path)
{
	size_t len = 0;
	*file = (struct config_file){.path = mem_text(path)};
	char *text = read_text(file, &len);
	json_t *json = text ? parse(file, text, len) : NULL;
	free(text);
	return json;
}

/* The line of the path, or of the nearest table around it. 0: not known. */
static json_int_t line_of(const struct config_file *file, const char *path)
{
	char *inner = mem_text(path);
	json_int_t line = 0;
	for (size_t len = strlen(inner); file->lines && len > 0 && !line;) {
		line = json_integer_value(json_object_get(file->lines, inner));
		do
			len--;
		while (len > 0 && inner[len] != '.' && inner[len] != '[');
		inner[len] = '\0';
	}
	free(inner);
	return line;
}

/* In the order of the file, what belongs to no line first; few, so that the simplest way is good enough. */
static void sort_findings(struct config_file *file)
{
	struct config_finding *items = file->findings.items;
	for (size_t i = 1; i < file->findings.count; i++) {
		struct config_finding moving = items[i];
		json_int_t line = line_of(file, moving.path);
		size_t k = i;
		for (; k > 0 && line_of(file, items[k - 1].path) > line; k--)
			items[k] = items[k - 1];
		items[k] = moving;
	}
}

static size_t count_follies(const struct config_findings *findings)
{
	size_t count = 0;
	for (size_t i = 0; i < findings->count; i++)
		count += findings->items[i].grade == CONFIG_FOLLY;
	return count;
}

void config_file_read(struct config_file *file, const char *path)
{
	json_t *json = load(file, path);
	if (json)
		file->config = app_config_read(json, &file->findings);
	json_decref(json);
	if (file->config)
		app_config_check(file->config, &file->findings);
	if (file->config && file->findings.errors > count_follies(&file->findings)) {
		app_config_free(file->config);
		file->config = NULL;
	}
	sort_findings(file);
}

const char *config_file_path(const struct call *call)
{
	const char *path = call_text(call, "config");
	if (path)
		return path;
	return access("fly.toml", F_OK) < 0 && access("fly.json", F_OK) == 0 ? "fly.json" : "fly.toml";
}

char *config_file_app(const struct call *call)
{
	struct config_file file;
	struct text place = {0};
	json_t *json = load(&file, config_file_path(call));
	char *app = mem_text(json_string_value(json_object_get(json, "app")));
	if (file.findings.count)
		say_warning("%s%s", config_file_place(&file, &file.findings.items[0], &place),
		            file.findings.items[0].text);
	text_free(&place);
	json_decref(json);
	config_file_fini(&file);
	return app;
}

void config_file_fini(struct config_file *file)
{
	app_config_free(file->config);
	config_findings_free(&file->findings);
	json_decref(file->lines);
	free(file->path);
	*file = (struct config_file){0};
}

const char *config_file_place(const struct config_file *file, const struct config_finding *finding, struct text *out)
{
	json_int_t line = line_of(file, finding->path);
	text_clear(out);
	text_put(out, file->path);
	if (line)
		text_format(out, ":%" JSON_INTEGER_FORMAT, line);
	text_put(out, ": ");
	return out->at;
}

int config_file_tell(const struct config_file *file, bool strict)
{
	struct text place = {0};
	int code = 0;
	if (!file->exists)
		return say_refused("there is no %s here: flycast launch writes one, -c PATH names another", file->path);
	for (size_t i = 0; i < file->findings.count; i++) {
		const struct config_finding *finding = &file->findings.items[i];
		bool refused = finding->grade == CONFIG_ERROR || finding->grade == CONFIG_FOLLY ||
		               (strict && finding->grade == CONFIG_UNKNOWN);
		config_file_place(file, finding, &place);
		if (!refused)
			say_warning("%s%s", place.at, finding->text);
		else
			code = say_refused("%s%s", place.at, finding->text);
	}
	text_free(&place);
	return code;
}

void config_file_text(struct text *out, const char *path, const json_t *json)
{
	if (!is_json(path)) {
		toml_write(out, json);
		return;
	}
	char *dumped = json_dumps(json, JSON_INDENT(2));
	text_format(out, "%s\n", dumped);
	free(dumped);
}

int config_file_write(const char *path, const struct text *text)
{
	struct text made = {0};
	int code = 0;
	place_name(&made, path, "new");
	FILE *out = fopen(made.at, "wxe");
	if (!out) {
		code = say_refused("%s could not be written (%s)", path, strerror(errno));
		text_free(&made);
		return code;
	}
	bool written = fwrite(text->at, 1, text->len, out) == text->len;
	written = fflush(out) == 0 && fsync(fileno(out)) == 0 && written;
	if (fclose(out) != 0 || !written)
		code = say_refused("%s could not be written (%s)", path, strerror(errno));
	if (code == 0)
		code = place_put(made.at, path, PLACE_OVER);
	if (code)
		place_forget(made.at);
	text_free(&made);
	return code;
}
