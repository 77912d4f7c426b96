/* image and bundle: what a store says of an image, and what the runtime is told of it. */
#include <fcntl.h>
#include <jansson.h>
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

#include "agent/bundle.h"
#include "agent/image.h"
#include "agent/spec.h"
#include "base/mem.h"

static const char inspected[] = "[{\"Id\":\"abc\",\"Config\":{\"Entrypoint\":[\"/"
                                "run.sh\"],\"Cmd\":[\"serve\",\"-v\"],\"Env\":[\"PATH=/x\",\"A=1\"],"
                                "\"WorkingDir\":\"/srv\",\"User\":\"app:staff\"}}]";

static struct image *parse(const char *json)
{
	struct text why = {0};
	struct image *image = image_parse("web:1", json, &why);
	if (!image)
		fail_msg("%s", text_string(&why));
	text_free(&why);
	return image;
}

static void what_the_store_says_is_read(void **state)
{
	(void)state;
	struct image *image = parse(inspected);
	assert_string_equal(image->ref, "web:1");
	assert_string_equal(image->id, "abc");
	assert_string_equal(image->entrypoint[0], "/run.sh");
	assert_string_equal(image->command[1], "-v");
	assert_null(image->command[2]);
	assert_string_equal(image->env[1], "A=1");
	assert_string_equal(image->directory, "/srv");
	assert_string_equal(image->user, "app:staff");
	image_free(image);
	/* Nothing but its number has to be there, and what is odd is left out. */
	image = parse("[{\"Id\":\"abc\",\"Config\":{\"Cmd\":[1,\"x\",null],\"Env\":\"A=1\",\"User\":7}}]");
	assert_string_equal(image->command[0], "x");
	assert_null(image->command[1]);
	assert_null(image->env[0]);
	assert_null(image->entrypoint[0]);
	assert_string_equal(image->user, "");
	image_free(image);
	static const char *const bad[] = {"", "[]", "{}", "[{}]", "[{\"Id\":\"\"}]", "[{\"Id\":1}]", "not JSON"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct text why = {0};
		assert_null(image_parse("web:1", bad[i], &why));
		assert_non_null(strstr(text_string(&why), "nothing sensible of web:1"));
		text_free(&why);
	}
}

/* Its runtime's configuration is written while nothing else of the agent goes on. */
static void an_image_that_says_too_much_is_refused(void **state)
{
	struct text json = {0}, why = {0};
	(void)state;
	text_put(&json, "[{\"Id\":\"abc\",\"Config\":{\"Cmd\":[\"x\"],\"Env\":[\"A0=1\"");
	for (int i = 1; i < 5000; i++)
		text_format(&json, ",\"A%d=1\"", i);
	text_put(&json, "]}}]");
	assert_null(image_parse("web:1", text_string(&json), &why));
	assert_non_null(strstr(text_string(&why), "web:1 has more than 4096 words of command and environment"));
	text_free(&json);
	text_free(&why);
}

/* ---------------------------------------------------------------------------------------- users */

static char root[64];

static void write_file(const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", root, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_root(void **state)
{
	char path[128];
	(void)state;
	snprintf(root, sizeof root, "/tmp/bundle-test.XXXXXX");
	if (!mkdtemp(root))
		return -1;
	snprintf(path, sizeof path, "%s/etc", root);
	return mkdir(path, 0755);
}

static int clean_root(void **state)
{
	static const char *const names[] = {"etc/passwd", "etc/group", "etc", ""};
	char path[128];
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", root, names[i]);
		(void)remove(path);
	}
	return 0;
}

/* "uid gid further... home", or the sentence. */
static void assert_user(const char *user, const char *want)
{
	struct image *image = parse(inspected);
	struct text got = {0};
	free(image->user);
	image->user = mem_text(user);
	image->root = mem_text(root);
	if (image_find_user(image, &got) == 0) {
		text_format(&got, "%u %u", image->who.uid, image->who.gid);
		for (size_t i = 0; i < image->who.group_count; i++)
			text_format(&got, " %u", image->who.groups[i]);
		text_format(&got, " %s", image->who.home ? image->who.home : "-");
	}
	assert_string_equal(text_string(&got), want);
	text_free(&got);
	image_free(image);
}

static void a_user_is_looked_up_in_the_image(void **state)
{
	(void)state;
	write_file("etc/passwd", "broken\nroot:x:0:0::/root:/bin/sh\nodd:x:-1:0::/:\napp:x:12:34::/home/app:/bin/sh\n"
	                         "big:x:4294967295:0::/:/bin/sh\n");
	write_file("etc/group", "root:x:0:\nstaff:x:50:other,app\napps:x:34:app\nmore:x:60:app,app2\nnone:x:61:app2\n");
	assert_user("", "0 0 /root");
	assert_user("app", "12 34 50 60 /home/app");
	assert_user("12", "12 34 /home/app");
	assert_user("app:staff", "12 50 /home/app");
	assert_user("app:77", "12 77 /home/app");
	assert_user("999", "999 0 -");
	assert_user("999:1000", "999 1000 -");
	assert_user(":staff", "0 50 /root");
	assert_user("nobody", "the image web:1 wants to run as user nobody, which its /etc/passwd does not have");
	assert_user("app:wheel", "the image web:1 wants to run as group wheel, which its /etc/group does not have");
	assert_user("odd", "the image web:1 wants to run as user odd, which its /etc/passwd does not have");
	assert_user("big", "the image web:1 wants to run as user big, which its /etc/passwd does not have");
	assert_user("4294967295",
	            "the image web:1 wants to run as user 4294967295, which its /etc/passwd does not have");
}

static void a_link_leads_to_no_file_of_the_host(void **state)
{
	char path[128], real[80];
	(void)state;
	snprintf(real, sizeof real, "%s.passwd", root);
	FILE *f = fopen(real, "w");
	assert_non_null(f);
	fputs("host:x:1:1::/:/bin/sh\n", f);
	fclose(f);
	snprintf(path, sizeof path, "%s/etc/passwd", root);
	assert_int_equal(symlink(real, path), 0);
	assert_user("host", "the image web:1 wants to run as user host, which its /etc/passwd does not have");
	unlink(real);
	assert_user("7", "7 0 -"); /* without a file a number will do */
}

static void only_files_of_a_sensible_size_are_read(void **state)
{
	char path[128];
	(void)state;
	snprintf(path, sizeof path, "%s/etc/passwd", root);
	assert_int_equal(mkfifo(path, 0644), 0);
	alarm(20); /* nobody writes into that pipe */
	assert_user("7", "7 0 -");
	assert_user("app", "the image web:1 wants to run as user app, which its /etc/passwd does not have");
	alarm(0);
	unlink(path);
	write_file("etc/passwd", "app:x:12:34::/home/app:/bin/sh\n");
	assert_user("app:1", "12 1 /home/app");
	assert_int_equal(truncate(path, INT64_C(1) << 40), 0);
	assert_user("7", "7 0 -");
}

/* ---------------------------------------------------------------------------------------- words and configuration */

static char *own[] = {"mine", "too", NULL}, *none[] = {"", NULL}, *entry[] = {"/entry", NULL}, *empty[] = {NULL};

static void entrypoint_and_command_may_be_replaced(void **state)
{
	static const struct {
		char **command, **entrypoint;
		const char *want;
	} rows[] = {{none, NULL, "/run.sh serve -v"}, {own, NULL, "/run.sh mine too"}, {none, entry, "/entry"},
	            {own, entry, "/entry mine too"},  {own, empty, "mine too"},        {none, empty, ""}};
	(void)state;
	struct image *image = parse(inspected);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct spec spec = {.command = rows[i].command, .entrypoint = rows[i].entrypoint};
		const char **words = bundle_words(&spec, image);
		struct text got = {0};
		for (const char **at = words; *at; at++)
			text_format(&got, "%s%s", at == words ? "" : " ", *at);
		assert_string_equal(text_string(&got), rows[i].want);
		text_free(&got);
		free((void *)words);
	}
	image_free(image);
}

static void the_runtime_is_told_everything(void **state)
{
	char *env[] = {"A=2", "FLY_APP_NAME=web", NULL};
	struct spec spec = {.command = none};
	struct image *image = parse(inspected);
	const struct bundle bundle = {.spec = &spec, .image = image, .env = env, .scratch = "/state"};
	struct text out = {0}, why = {0};
	const char *path, *cwd;
	int uid;
	(void)state;
	image->who = (struct image_user){.uid = 12, .gid = 34, .groups = {50}, .group_count = 1};
	assert_int_equal(bundle_config(&bundle, &out, &why), 0);
	json_t *all = json_loads(text_string(&out), 0, NULL), *process, *linux_part;
	assert_int_equal(
	    json_unpack(all, "{s:{s:s},s:o,s:o}", "root", "path", &path, "process", &process, "linux", &linux_part), 0);
	assert_string_equal(path, "/state/root");
	assert_int_equal(json_unpack(process, "{s:{s:i},s:s}", "user", "uid", &uid, "cwd", &cwd), 0);
	assert_int_equal(uid, 12);
	assert_string_equal(cwd, "/srv");
	char *text = json_dumps(json_object_get(process, "env"), JSON_COMPACT);
	assert_string_equal(text, "[\"PATH=/x\",\"HOME=/\",\"A=2\",\"FLY_APP_NAME=web\"]");
	free(text);
	text = json_dumps(json_object_get(json_object_get(process, "capabilities"), "bounding"), JSON_COMPACT);
	assert_string_equal(text, "[\"CAP_NET_BIND_SERVICE\"]");
	free(text);
	text = json_dumps(json_object_get(linux_part, "namespaces"), JSON_COMPACT);
	assert_string_equal(text, "[{\"type\":\"mount\"}]");
	free(text);
	assert_non_null(strstr(text_string(&out), "\"source\":\"/state/places/hosts\""));
	assert_non_null(strstr(text_string(&out), "\"noNewPrivileges\":true"));
	assert_non_null(strstr(text_string(&out), "\"args\":[\"flycast-init\",\"no-devices\",\"/state/root\"]"));
	json_decref(all);
	text_clear(&out);
	env[0] = "A=\377";
	assert_int_equal(bundle_config(&bundle, &out, &why), -1);
	assert_string_equal(text_string(&why), "the variable A is not UTF-8, which a Machine of an image needs");
	text_free(&out);
	text_free(&why);
	image_free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_store_says_is_read),
	    cmocka_unit_test(an_image_that_says_too_much_is_refused),
	    cmocka_unit_test_setup_teardown(a_user_is_looked_up_in_the_image, make_root, clean_root),
	    cmocka_unit_test_setup_teardown(a_link_leads_to_no_file_of_the_host, make_root, clean_root),
	    cmocka_unit_test_setup_teardown(only_files_of_a_sensible_size_are_read, make_root, clean_root),
	    cmocka_unit_test(entrypoint_and_command_may_be_replaced),
	    cmocka_unit_test(the_runtime_is_told_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
