/* launch_plan.c - see launch_plan.h. */
#include "command/launch_plan.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/words.h"
#include "draft_word.h"

enum { FILE_MOST = 1024 * 1024 };

static bool is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The first of the names (NULL-terminated) that is a file, or NULL. */
static const char *first_file(const char *const *names)
{
	for (; *names; names++)
		if (is_file(*names))
			return *names;
	return NULL;
}

/* The whole file as a string that ends at its first NUL; NULL: it is not there, or longer than any such file is. */
static char *read_file(const char *path)
{
	FILE *in = is_file(path) ? fopen(path, "re") : NULL;
	if (!in)
		return NULL;
	char *text = mem_new(FILE_MOST + 1);
	size_t len = fread(text, 1, FILE_MOST, in);
	bool whole = !ferror(in) && fgetc(in) == EOF;
	fclose(in);
	text[len] = '\0';
	if (whole)
		return text;
	free(text);
	return NULL;
}

/* A command line that a shell has to read: it expands, joins or redirects. */
static bool needs_shell(const char *line)
{
	char **words = words_split(line, NULL);
	bool plain = words && !strpbrk(line, "$&|;<>()*?[]`~#!{}") && words[0] && !strchr(words[0], '=');
	free(words);
	return !plain;
}

/* One command, which can take the shell's place and so gets the signals itself. */
static bool is_single(const char *line)
{
	size_t first = strcspn(line, " \t");
	return !strpbrk(line, "&|;()`{}!#") && !memchr(line, '=', first);
}

static void put_command(struct launch_plan *plan, const char *group, const char *line)
{
	struct text command = {0}, script = {0};
	if (needs_shell(line)) {
		text_format(&script, "%s%s", is_single(line) ? "exec " : "", line);
		text_put(&command, "sh -c ");
		words_put(&command, script.at);
	} else {
		text_put(&command, line);
	}
	json_t *text = json_string(command.at);
	json_object_set_new(plan->processes, group, text ? text : json_string(""));
	text_free(&script);
	text_free(&command);
}

/* One process, which listens. 1: that is it. */
static int take(struct launch_plan *plan, const char *what, const char *line)
{
	text_put(&plan->what, what);
	text_put(&plan->group, "app");
	put_command(plan, "app", line);
	return 1;
}

/* Each looks for one kind of program: 1 found, 0 not this kind, -1 it is but cannot be used (why says it). */

static char *trim(char *text)
{
	static const char blank[] = " \t\r";
	text += strspn(text, blank);
	for (char *end = text + strlen(text); end > text && strchr(blank, end[-1]);)
		*--end = '\0';
	return text;
}

static int read_procfile(struct launch_plan *plan, uint16_t port, struct text *why)
{
	char *text = read_file("Procfile"), *rest = text, *line;
	(void)port;
	if (!text)
		return 0;
	while ((line = strsep(&rest, "\n"))) {
		line = trim(line);
		if (*line == '#' || !*line)
			continue;
		char *colon = strchr(line, ':'), *command = colon ? trim(colon + 1) : "";
		if (colon)
			*colon = '\0';
		line = trim(line);
		if (!*command || !word_is_name(bytes_of(line))) {
			text_format(why, "Procfile has a line that is not \"name: command\": %.80s", line);
			free(text);
			return -1;
		}
		put_command(plan, line, command);
	}
	free(text);
	text_put(&plan->what, "a Procfile");
	if (json_object_get(plan->processes, "web"))
		text_put(&plan->group, "web");
	if (json_object_size(plan->processes) == 0)
		text_put(why, "Procfile is empty: write a line such as \"web: node server.js\" into it");
	return json_object_size(plan->processes) ? 1 : -1;
}

static int read_node(struct launch_plan *plan, uint16_t port, struct text *why)
{
	static const char *const mains[] = {"server.js", "index.js", "app.js", NULL};
	char *text = read_file("package.json");
	json_error_t error;
	(void)port;
	if (!text)
		return 0;
	json_t *package = json_loads(text, 0, &error);
	const char *start = json_string_value(json_object_get(json_object_get(package, "scripts"), "start"));
	const char *script = json_string_value(json_object_get(package, "main"));
	struct text line = {0};
	if (start && strncmp(start, "node ", 5) == 0 && !needs_shell(start))
		text_put(&line, start); /* not through npm, which does not pass signals on */
	else if (start)
		text_put(&line, "npm start");
	else if ((script && is_file(script)) || (script = first_file(mains))) {
		text_put(&line, "node ");
		words_put(&line, script);
	}
	int rc = line.len ? take(plan, "a Node.js app (package.json)", line.at) : -1;
	if (!package)
		text_format(why, "package.json:%d: %s", error.line, error.text);
	else if (!line.len)
		text_put(why,
		         "package.json does not say how to start: add \"scripts\": {\"start\": \"node server.js\"}");
	text_free(&line);
	json_decref(package);
	free(text);
	return rc;
}

/* The module a Django project is served by: the folder with wsgi.py in it. "" when there is none. */
static void find_wsgi(struct text *out)
{
	DIR *dir = opendir(".");
	struct text path = {0};
	for (struct dirent *e; dir && !out->len && (e = readdir(dir));) {
		text_clear(&path);
		text_format(&path, "%s/wsgi.py", e->d_name);
		if (e->d_name[0] != '.' && is_file(path.at))
			text_format(out, "%s.wsgi", e->d_name);
	}
	if (dir)
		closedir(dir);
	text_free(&path);
}

static void put_django(struct text *line, uint16_t port, bool gunicorn)
{
	struct text module = {0};
	find_wsgi(&module);
	if (gunicorn && module.len)
		text_format(line, "gunicorn --bind 0.0.0.0:%u %s", port, module.at);
	else
		text_format(line, "python3 manage.py runserver --noreload 0.0.0.0:%u", port);
	text_free(&module);
}

static int read_python(struct launch_plan *plan, uint16_t port, struct text *why)
{
	static const char *const mains[] = {"main.py", "app.py", "server.py", "wsgi.py", NULL};
	const char *source = is_file("requirements.txt") ? "requirements.txt" : "pyproject.toml";
	char *needs = read_file(source), what[64];
	const char *file = first_file(mains);
	struct text line = {0};
	if (!needs)
		return 0;
	int module = file ? (int)strcspn(file, ".") : 0;
	if (is_file("manage.py"))
		put_django(&line, port, strstr(needs, "gunicorn"));
	else if (file && (strstr(needs, "fastapi") || strstr(needs, "uvicorn")))
		text_format(&line, "uvicorn --host 0.0.0.0 --port %u %.*s:app", port, module, file);
	else if (file && strstr(needs, "gunicorn"))
		text_format(&line, "gunicorn --bind 0.0.0.0:%u %.*s:app", port, module, file);
	else if (file && (strstr(needs, "flask") || strstr(needs, "Flask")))
		text_format(&line, "python3 -m flask --app %.*s run --host 0.0.0.0 --port %u", module, file, port);
	else if (file)
		text_format(&line, "python3 %s", file);
	snprintf(what, sizeof what, "a Python app (%s)", source);
	int rc = line.len ? take(plan, what, line.at) : -1;
	if (!line.len)
		text_format(
		    why,
		    "there is a %s, but no main.py, app.py, server.py or manage.py: name the command, for example "
		    "flycast launch -- python3 my.py",
		    source);
	text_free(&line);
	free(needs);
	return rc;
}

static int read_pages(struct launch_plan *plan, uint16_t port, struct text *why)
{
	static const char *const folders[] = {".", "public", "dist", "build", "_site", "site"};
	(void)why;
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		char path[32];
		struct text line = {0};
		snprintf(path, sizeof path, "%s/index.html", folders[i]);
		if (!is_file(path))
			continue;
		text_format(&line, "python3 -m http.server --bind 0.0.0.0 --directory %s %u", folders[i], port);
		int rc = take(plan, "a folder of pages (index.html)", line.at);
		text_free(&line);
		return rc;
	}
	return 0;
}

static bool is_program(const char *path)
{
	unsigned char head[4] = {0};
	FILE *in = is_file(path) && access(path, X_OK) == 0 ? fopen(path, "re") : NULL;
	if (!in)
		return false;
	size_t len = fread(head, 1, sizeof head, in);
	fclose(in);
	return len == sizeof head && memcmp(head, "\177ELF", 4) == 0;
}

/* Adds the programs of the folder to *found, each on a line. */
static size_t find_programs(const char *folder, struct text *found)
{
	DIR *dir = opendir(folder);
	struct text path = {0};
	size_t count = 0;
	for (struct dirent *e; dir && (e = readdir(dir));) {
		text_clear(&path);
		text_format(&path, "%s/%s", folder, e->d_name);
		if (is_program(path.at) && !strstr(e->d_name, ".so")) {
			text_format(found, "%s%s", count ? ", " : "", path.at);
			count++;
		}
	}
	if (dir)
		closedir(dir);
	text_free(&path);
	return count;
}

static int read_program(struct launch_plan *plan, uint16_t port, struct text *why)
{
	static const char *const folders[] = {".", "bin", "target/release", "build"};
	(void)port;
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		struct text found = {0}, line = {0};
		size_t count = find_programs(folders[i], &found);
		if (count == 1) {
			words_put(&line, found.at);
			take(plan, "a compiled program", line.at);
		} else if (count > 1) {
			text_format(why,
			            "there are several programs (%.200s): name the one to start, for example "
			            "flycast launch -- ./server",
			            found.at);
		}
		text_free(&found);
		text_free(&line);
		if (count)
			return count == 1 ? 1 : -1;
	}
	return 0;
}

int launch_plan_read(struct launch_plan *plan, uint16_t port, struct text *why)
{
	static int (*const readers[])(struct launch_plan * plan, uint16_t port, struct text * why) = {
	    read_procfile, read_node, read_python, read_pages, read_program};
	int rc = 0;
	plan->processes = json_object();
	for (size_t i = 0; rc == 0 && i < sizeof readers / sizeof readers[0]; i++)
		rc = readers[i](plan, port, why);
	if (rc == 0)
		text_put(why,
		         "nothing here says how to start the program: write a Procfile (web: COMMAND), or name the "
		         "command, for example flycast launch -- node server.js");
	return rc > 0 ? 0 : -1;
}

void launch_plan_words(struct launch_plan *plan, char *const *words)
{
	struct text line = {0};
	for (size_t i = 0; words[i]; i++) {
		text_put(&line, i ? " " : "");
		words_put(&line, words[i]);
	}
	plan->processes = json_object();
	text_put(&plan->what, "a command");
	text_put(&plan->group, "app");
	json_t *text = json_string(text_string(&line));
	json_object_set_new(plan->processes, "app", text ? text : json_string(""));
	text_free(&line);
}

void launch_plan_fini(struct launch_plan *plan)
{
	json_decref(plan->processes);
	text_free(&plan->what);
	text_free(&plan->group);
}
