/* releases.c - flycast releases: what was deployed. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "app.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/say.h"
#include "command/session.h"
#include "release.h"
#include "statement.h"

static void add_row(struct columns *table, const struct release *release)
{
	char version[24], date[SAY_TIME], image[13];
	snprintf(version, sizeof version, "v%" PRId64, release->version);
	snprintf(image, sizeof image, "%.12s", release->image);
	columns_add(table, version);
	columns_add(table, release->status);
	columns_add(table, release->description);
	columns_add(table, release->who);
	columns_add(table, say_ago(date, release->created_at));
	columns_add(table, image);
}

static json_t *json_of(const struct release *release)
{
	char date[SAY_TIME];
	json_t *object = json_object();
	json_put_number(object, "Version", release->version);
	json_put(object, "Status", release->status);
	json_put(object, "Description", release->description);
	json_put(object, "Message", release->message);
	json_put(object, "User", release->who);
	json_put(object, "CreatedAt", say_time(date, release->created_at));
	json_put(object, "FinishedAt", release->finished_at ? say_time(date, release->finished_at) : NULL);
	json_put(object, "ImageRef", release->image);
	return object;
}

static void print(const struct columns *table, struct release *newest)
{
	columns_print(table, "Releases");
	if (*newest->message)
		printf("v%" PRId64 " %s: %s\n", newest->version, newest->status, say_plain(newest->message));
}

static int releases(struct call *call)
{
	const char *name = call_app(call);
	struct statement s;
	struct release release, newest = {0};
	struct columns table;
	struct app app;
	size_t count = 0;
	int rc;
	if (!name)
		return say_no_app(call);
	if (session_read(call) < 0)
		return 1;
	if (app_need(call->registry, &app, name) < 0)
		return session_failed(call);
	json_t *array = json_array();
	columns_init(&table, "Version", "Status", "Description", "User", "Date", "Image", NULL);
	release_list(&s, call->registry, name);
	while ((rc = release_next(&s, &release)) > 0) {
		if (count++ == 0)
			newest = release;
		json_array_append_new(array, json_of(&release));
		add_row(&table, &release);
	}
	statement_close(&s);
	int code = rc < 0 ? session_failed(call) : 0;
	if (code == 0 && call->json)
		code = json_say(json_incref(array));
	else if (code == 0 && count)
		print(&table, &newest);
	else if (code == 0)
		printf("%s has no release: flycast deploy makes one\n", name);
	columns_free(&table);
	json_decref(array);
	return code;
}

const struct command releases_command = {.name = "releases",
                                         .aliases = "release",
                                         .summary = "List what was deployed of an app, the newest first",
                                         .examples = "flycast releases -a my-app",
                                         .takes = TAKES_APP | TAKES_JSON,
                                         .run = releases};
