/* launch.c - flycast launch: a fly.toml for what is in this directory, an app, an address. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "app.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/config_file.h"
#include "command/deploy.h"
#include "command/json.h"
#include "command/launch_plan.h"
#include "command/say.h"
#include "command/session.h"
#include "host.h"
#include "org.h"
#include "registry.h"
#include "statement.h"

enum { PORT = 8080 };

struct launch {
	struct call *call;
	const char *path;      /* of the file to write */
	json_t *json;          /* what goes into it */
	char name[LABEL_ROOM]; /* of the app */
	bool serves;           /* something in it has a port, so it gets an address */
};

/* The line, or `otherwise` when it is empty or nobody is asked: no terminal, or -y. */
static void ask(const struct call *call, char *out, size_t room, const char *question, const char *otherwise)
{
	char line[256] = "";
	snprintf(out, room, "%s", otherwise);
	if (call->yes || !isatty(STDIN_FILENO))
		return;
	fprintf(stderr, "%s (%s): ", question, otherwise);
	if (!fgets(line, sizeof line, stdin))
		return;
	line[strcspn(line, "\r\n")] = '\0';
	if (*line)
		snprintf(out, room, "%s", line);
}

/* ------------------------------------------------------------------------------------------------- name, region */

/* The name of the directory as an app's name; "" when nothing of it can be. */
static void name_of_directory(char out[LABEL_ROOM])
{
	char *path = getcwd(NULL, 0);
	const char *from = path ? strrchr(path, '/') : NULL;
	size_t len = 0;
	for (from = from ? from + 1 : ""; *from && len < LABEL_ROOM - 1; from++) {
		char c = *from >= 'A' && *from <= 'Z' ? (char)(*from - 'A' + 'a') : *from;
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[len++] = c;
		else if (len > 0 && out[len - 1] != '-')
			out[len++] = '-';
	}
	while (len > 0 && out[len - 1] == '-')
		len--;
	out[len] = '\0';
	free(path);
}

/* --name, else the file's, else a made-up one or the directory's when that is free. 0 or the exit code. */
static int choose_name(struct launch *l)
{
	struct call *call = l->call;
	const char *given = call_text(call, "name"), *written = json_string_value(json_object_get(l->json, "app"));
	char offer[LABEL_ROOM];
	struct app app;
	if (given && call_on(call, "generate-name", false))
		return say_misuse(call, "--name and --generate-name: keep one of the two");
	if (given && strlen(given) >= LABEL_ROOM)
		return say_refused("the app's name is longer than %d characters", LABEL_ROOM - 1);
	if (given) {
		snprintf(l->name, sizeof l->name, "%s", given);
		return 0;
	}
	if (call_on(call, "generate-name", false)) {
		label_made_up(l->name);
		return 0;
	}
	name_of_directory(offer);
	if (written && !label_wrong(written))
		snprintf(offer, sizeof offer, "%s", written);
	int found = *offer ? app_find(call->registry, &app, offer) : 1;
	if (found < 0)
		return session_failed(call);
	if (found > 0)
		label_made_up(offer);
	ask(call, l->name, sizeof l->name, "App name", offer);
	return 0;
}

/* --region, else $FLY_REGION, else where a host is. "": nowhere yet. 0 or the exit code. */
static int choose_region(const struct launch *l, char out[4])
{
	const char *given = call_text(l->call, "region"), *here = getenv("FLY_REGION");
	struct statement s;
	int rc;
	if (!given && here && *here)
		given = here;
	if (given && strlen(given) != 3)
		return say_refused("--region %.40s is no region: three letters, flycast platform regions shows them",
		                   given);
	snprintf(out, 4, "%s", given ? given : "");
	if (given)
		return 0;
	statement_open(&s, l->call->registry, "SELECT region FROM host ORDER BY number LIMIT 1");
	rc = statement_step(&s);
	if (rc > 0 && statement_text(&s, 0))
		snprintf(out, 4, "%s", statement_text(&s, 0));
	statement_close(&s);
	return rc < 0 ? session_failed(l->call) : 0;
}

/* --------------------------------------------------------------------------------------------- the configuration */

/* What flyctl writes for a new app, but without force_https: nothing in a private network would follow that. */
static json_t *http_service_of(const struct call *call, uint16_t port, const char *group)
{
	const char *stop = call_text(call, "auto-stop");
	json_t *service = json_object(), *groups = json_array();
	json_put_number(service, "internal_port", port);
	json_put(service, "auto_stop_machines", stop ? stop : "stop");
	json_put_switch(service, "auto_start_machines", true);
	json_put_number(service, "min_machines_running", 0);
	json_add(groups, group);
	json_object_set_new(service, "processes", groups);
	return service;
}

/* 0 or the exit code. */
static int plan_config(struct launch *l)
{
	struct call *call = l->call;
	int64_t port = call_number(call, "internal-port", PORT);
	struct launch_plan plan = {0};
	struct text why = {0};
	char number[8];
	int code = 0;
	if (port < 1 || port > UINT16_MAX)
		return say_refused("--internal-port is 1 to 65535");
	if (call->rest_count)
		launch_plan_words(&plan, call->rest);
	else if (launch_plan_read(&plan, (uint16_t)port, &why) < 0)
		code = say_refused("%s", why.at);
	if (code == 0) {
		json_t *env = json_object();
		const char *group = text_string(&plan.group);
		snprintf(number, sizeof number, "%u", (unsigned)port);
		json_put(env, "PORT", number);
		l->json = json_object();
		l->serves = *group;
		json_object_set_new(l->json, "env", env);
		json_object_set(l->json, "processes", plan.processes);
		if (l->serves)
			json_object_set_new(l->json, "http_service", http_service_of(call, (uint16_t)port, group));
		const char *command = json_string_value(json_object_get(plan.processes, group));
		printf("Detected %s%s%s\n", text_string(&plan.what), command ? ": " : "", command ? command : "");
	}
	launch_plan_fini(&plan);
	text_free(&why);
	return code;
}

/* Takes the settings of a file that is there, fit for private addresses. 0 or the exit code. */
static int take_config(struct launch *l)
{
	struct config_file file;
	config_file_read(&file, l->path);
	int code = config_file_tell(&file, false);
	if (code == 0) {
		json_t *service = json_object_get(file.config->json, "http_service");
		l->json = json_incref(file.config->json);
		l->serves = file.config->service_count > 0;
		if (json_is_true(json_object_get(service, "force_https"))) {
			json_object_del(service, "force_https");
			printf("Left force_https out: %s is reached inside its network, by http\n", l->path);
		}
	}
	config_file_fini(&file);
	return code;
}

/* Flags that say what a file says already. 0 or the exit code. */
static int check_flags(const struct launch *l)
{
	static const char *const flags[] = {"internal-port", "auto-stop"};
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (call_text(l->call, flags[i]))
			return say_refused("--%s says what %s says already: leave it out, or move that file away first",
			                   flags[i], l->path);
	return l->call->rest_count
	           ? say_refused("there is a %s that says what to start: leave the command out, or move that file away "
	                         "first",
	                         l->path)
	           : 0;
}

static int make_config(struct launch *l)
{
	int code;
	if (access(l->path, F_OK) < 0)
		return plan_config(l);
	code = check_flags(l);
	if (code == 0 && !call_on(l->call, "copy-config", false))
		code = say_confirm(
		    l->call,
		    "There is a %s already. Take its settings for the new app, and write it anew without its "
		    "comments?",
		    l->path);
	return code ? code : take_config(l);
}

/* The file with the app and its region in front. */
static void put_text(const struct launch *l, const char *region, struct text *out)
{
	json_t *whole = json_object();
	json_put(whole, "app", l->name);
	if (*region)
		json_put(whole, "primary_region", region);
	json_object_update_missing(whole, l->json);
	size_t len = strlen(l->path);
	if (len < 5 || strcmp(l->path + len - 5, ".json") != 0)
		text_format(out, "# %s on Flycast. fly.toml(5) has what each key means.\n\n", l->name);
	config_file_text(out, l->path, whole);
	json_decref(whole);
}

/* ------------------------------------------------------------------------------------------------- the app itself */

static void tell(const struct launch *l, const struct address *address)
{
	printf("Wrote config file %s\nNew app created: %s\n", l->path, l->name);
	if (l->serves)
		printf("Provisioning ip address for %s\n  Private ipv6: %s\n"
		       "Once it runs, http://%s.flycast is for what is in network %s of %s.\n",
		       l->name, address->text, l->name, address->network, address->org);
	else
		printf("None of its processes listens, so it got no address: flycast ips allocate-v6 --private -a %s\n",
		       l->name);
}

/* The app, its address and the file: all of them or none. Returns the exit code. */
static int make_app(struct launch *l, const char *region)
{
	struct call *call = l->call;
	const char *org = call_org(call), *network = call_text(call, "network");
	struct address address;
	struct text text = {0};
	bool fresh = access(l->path, F_OK) < 0;
	if (session_write(call) < 0)
		return 1;
	if (app_put(call->registry, l->name, org ? org : "personal", network && *network ? network : NULL) < 0 ||
	    (l->serves && address_put(call->registry, &address, l->name, NULL, NULL) < 0))
		return session_failed(call);
	put_text(l, region, &text);
	int code = config_file_write(l->path, &text);
	text_free(&text);
	if (code)
		return code;
	if (session_commit(call) < 0) {
		if (fresh)
			unlink(l->path);
		return 1;
	}
	tell(l, &address);
	return 0;
}

static int launch(struct call *call)
{
	struct launch l = {.call = call, .path = call_text(call, "config")};
	char region[4] = "";
	if (!l.path)
		l.path = config_file_path(call);
	if (session_read(call) < 0)
		return 1;
	int code = make_config(&l);
	if (code == 0)
		code = choose_name(&l);
	if (code == 0)
		code = choose_region(&l, region);
	if (code == 0)
		code = make_app(&l, region);
	if (code == 0 && !call_on(call, "no-deploy", false)) {
		const struct deploy_order order = {.app = l.name,
		                                   .path = l.path,
		                                   .spare = call_on(call, "ha", false),
		                                   .seconds = -1,
		                                   .task_seconds = -1};
		code = deploy_run(call, &order);
	}
	json_decref(l.json);
	return code;
}

static const struct command_flag launch_flags[] = {
    {"flycast", 0, FLAG_SWITCH, NULL, "a private address; what is done in any case, there is no other kind", NULL,
     NULL},
    {"name", 0, FLAG_TEXT, "NAME", "the app's name (default: the directory's)", NULL, NULL},
    {"generate-name", 0, FLAG_SWITCH, NULL, "make a name up", NULL, NULL},
    {"network", 0, FLAG_TEXT, "NAME", "the network its Machines live in, for ever (default: default)", NULL, NULL},
    {"region", 'r', FLAG_TEXT, "CODE", "where its Machines are put (default $FLY_REGION, else where a host is)", NULL,
     NULL},
    {"internal-port", 0, FLAG_NUMBER, "PORT", "where the program listens (default 8080); it is in $PORT", NULL, NULL},
    {"auto-stop", 0, FLAG_TEXT, "HOW", "what happens to idle Machines (default stop)", NULL, "off stop suspend"},
    {"copy-config", 0, FLAG_SWITCH, NULL, "take the settings of the fly.toml that is here without asking", NULL, NULL},
    {"config", 'c', FLAG_TEXT, "PATH", "the file to write (default ./fly.toml)", NULL, NULL},
    {"ha", 0, FLAG_SWITCH, NULL, "two Machines, when it serves", NULL, NULL},
    {"no-deploy", 0, FLAG_SWITCH, NULL, "do not deploy it: flycast deploy does that later", NULL, NULL},
    {0}};

const struct command launch_command = {
    .name = "launch",
    .args = "[-- COMMAND [ARGUMENT ...]]",
    .summary = "Make an app of the program in this directory: fly.toml, a name, an address, a release",
    .details = "How the program starts is read from a Procfile, package.json, requirements.txt or pyproject.toml, "
               "index.html or\na compiled program, or is the COMMAND.",
    .examples = "flycast launch --flycast\nflycast launch --name my-app --no-deploy -- node server.js",
    .takes = TAKES_ORG | TAKES_REST,
    .flags = launch_flags,
    .run = launch};
