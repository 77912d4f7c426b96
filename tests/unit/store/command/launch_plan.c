/* launch_plan.c - what lies in a directory says how its program starts, or why that cannot be said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "base/words.h"
#include "command/launch_plan.h"

struct file {
	const char *path, *text; /* "/": a directory; "ELF": a program */
};

static const struct {
	struct file files[5];
	const char *what; /* NULL: refused */
	const char *group;
	const char *command; /* of the group; or a part of why */
} rows[] = {
    {{{0}}, NULL, "", "nothing here says how to start the program"},
    {{{"Procfile", "# all of it\n\nweb: node server.js\n\tworker : sidekiq -c 5\r\n"}},
     "a Procfile",
     "web",
     "node server.js"},
    {{{"Procfile", "web: node s.js --port $PORT"}}, "a Procfile", "web", "sh -c 'exec node s.js --port $PORT'"},
    {{{"Procfile", "web: A=1 node s.js"}}, "a Procfile", "web", "sh -c 'A=1 node s.js'"},
    {{{"Procfile", "web: a && b"}}, "a Procfile", "web", "sh -c 'a && b'"},
    {{{"Procfile", "web: echo 'it'\\''s"}}, "a Procfile", "web", NULL},
    {{{"Procfile", "worker: true\n"}}, "a Procfile", "", NULL},
    {{{"Procfile", "web node"}}, NULL, "", "a line that is not \"name: command\": web"},
    {{{"Procfile", "my web: node"}}, NULL, "", "not \"name: command\": my web"},
    {{{"Procfile", "web: "}}, NULL, "", "not \"name: command\": web"},
    {{{"Procfile", "a.b: node"}}, NULL, "", "a line that is not"},
    {{{"Procfile", "\n"}}, NULL, "", "Procfile is empty"},
    {{{"Procfile", "web: first"}, {"package.json", "{}"}}, "a Procfile", "web", "first"},
    {{{"package.json", "{\"scripts\":{\"start\":\"node server.js\"}}"}},
     "a Node.js app (package.json)",
     "app",
     "node server.js"},
    {{{"package.json", "{\"scripts\":{\"start\":\"next start\"}}"}},
     "a Node.js app (package.json)",
     "app",
     "npm start"},
    {{{"package.json", "{\"scripts\":{\"start\":\"node a.js | tee log\"}}"}},
     "a Node.js app (package.json)",
     "app",
     "npm start"},
    {{{"package.json", "{\"main\":\"my app.js\"}"}, {"my app.js", ""}},
     "a Node.js app (package.json)",
     "app",
     "node 'my app.js'"},
    {{{"package.json", "{\"main\":\"gone.js\"}"}, {"index.js", ""}},
     "a Node.js app (package.json)",
     "app",
     "node index.js"},
    {{{"package.json", "{}"}}, NULL, "", "package.json does not say how to start"},
    {{{"package.json", "{\n\"a\" }"}}, NULL, "", "package.json:2: "},
    {{{"requirements.txt", "fastapi\nuvicorn\n"}, {"main.py", ""}},
     "a Python app (requirements.txt)",
     "app",
     "uvicorn --host 0.0.0.0 --port 8123 main:app"},
    {{{"requirements.txt", "Flask==3\ngunicorn\n"}, {"app.py", ""}},
     "a Python app (requirements.txt)",
     "app",
     "gunicorn --bind 0.0.0.0:8123 app:app"},
    {{{"pyproject.toml", "dependencies = ['flask']\n"}, {"app.py", ""}},
     "a Python app (pyproject.toml)",
     "app",
     "python3 -m flask --app app run --host 0.0.0.0 --port 8123"},
    {{{"requirements.txt", "django\n"}, {"manage.py", ""}},
     "a Python app (requirements.txt)",
     "app",
     "python3 manage.py runserver --noreload 0.0.0.0:8123"},
    {{{"requirements.txt", "django\ngunicorn\n"}, {"manage.py", ""}, {"shop", "/"}, {"shop/wsgi.py", ""}},
     "a Python app (requirements.txt)",
     "app",
     "gunicorn --bind 0.0.0.0:8123 shop.wsgi"},
    {{{"requirements.txt", ""}, {"server.py", ""}}, "a Python app (requirements.txt)", "app", "python3 server.py"},
    {{{"requirements.txt", ""}}, NULL, "", "but no main.py"},
    {{{"index.html", ""}},
     "a folder of pages (index.html)",
     "app",
     "python3 -m http.server --bind 0.0.0.0 --directory . 8123"},
    {{{"dist", "/"}, {"dist/index.html", ""}},
     "a folder of pages (index.html)",
     "app",
     "python3 -m http.server --bind 0.0.0.0 --directory dist 8123"},
    {{{"my server", "ELF"}, {"notes.txt", "ELF is no start"}}, "a compiled program", "app", "'./my server'"},
    {{{"target", "/"}, {"target/release", "/"}, {"target/release/api", "ELF"}},
     "a compiled program",
     "app",
     "target/release/api"},
    {{{"one", "ELF"}, {"two", "ELF"}}, NULL, "", "there are several programs (./"},
};

static void make_files(const struct file *files)
{
	for (; files->path; files++) {
		if (strcmp(files->text, "/") == 0) {
			assert_int_equal(mkdir(files->path, 0755), 0);
			continue;
		}
		FILE *out = fopen(files->path, "w");
		bool program = strcmp(files->text, "ELF") == 0;
		assert_non_null(out);
		fputs(program ? "\177ELF\2\1\1" : files->text, out);
		fclose(out);
		if (program)
			assert_int_equal(chmod(files->path, 0755), 0);
	}
}

static void remove_files(const struct file *files)
{
	if (!files->path)
		return;
	remove_files(files + 1);
	assert_int_equal(remove(files->path), 0);
}

static void files_say_how_to_start(void **state)
{
	char place[] = "/tmp/flycast-launch-XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(place));
	assert_int_equal(chdir(place), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct launch_plan plan = {0};
		struct text why = {0};
		make_files(rows[i].files);
		int rc = launch_plan_read(&plan, 8123, &why);
		remove_files(rows[i].files);
		if (!rows[i].what) {
			assert_int_equal(rc, -1);
			assert_non_null(strstr(why.at, rows[i].command));
		} else {
			if (rc < 0)
				fail_msg("row %zu: %s", i, why.at);
			const char *command = json_string_value(json_object_get(plan.processes, rows[i].group));
			assert_string_equal(text_string(&plan.what), rows[i].what);
			assert_string_equal(text_string(&plan.group), rows[i].group);
			if (rows[i].command)
				assert_string_equal(command, rows[i].command);
			char **words = command ? words_split(command, NULL) : NULL;
			assert_true(!command || words);
			free(words);
		}
		launch_plan_fini(&plan);
		text_free(&why);
	}
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(place), 0);
}

static void a_command_line_is_one_process(void **state)
{
	char *words[] = {"node", "my server.js", "it's", NULL};
	struct launch_plan plan = {0};
	(void)state;
	launch_plan_words(&plan, words);
	assert_string_equal(json_string_value(json_object_get(plan.processes, "app")),
	                    "node 'my server.js' 'it'\\''s'");
	assert_string_equal(plan.group.at, "app");
	launch_plan_fini(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(files_say_how_to_start),
	                                   cmocka_unit_test(a_command_line_is_one_process)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
