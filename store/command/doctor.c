/* doctor.c - flycast doctor: is the file whole, is its schema the right one, and do the daemons follow it? */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "checkpoint.h"
#include "command/agent_look.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/doctor.h"
#include "command/gauge.h"
#include "command/json.h"
#include "command/say.h"
#include "command/session.h"
#include "host.h"
#include "reference.h"
#include "registry.h"
#include "statement.h"

enum { LOG_LIMIT_MB = 256, AGE_LIMIT_MS = 5000 };

void doctor_report(struct doctor *d, const char *what, bool good, const char *format, ...)
{
	char detail[1200];
	va_list args;
	va_start(args, format);
	vsnprintf(detail, sizeof detail, format, args);
	va_end(args);
	d->bad = d->bad || !good;
	columns_add(&d->table, what);
	columns_add(&d->table, good ? "ok" : "BAD");
	columns_add(&d->table, detail);
	json_t *object = json_object();
	json_put(object, "Check", what);
	json_put_switch(object, "OK", good);
	json_put(object, "Detail", detail);
	json_array_append_new(d->all, object);
}

/* ------------------------------------------------------------------------------------------------ the file */

static void look_at_rights(struct doctor *d)
{
	struct stat st;
	if (stat(d->call->path, &st) < 0)
		doctor_report(d, "file", false, "%s cannot be looked at (%s)", d->call->path, strerror(errno));
	else if (st.st_mode & S_IWOTH)
		doctor_report(d, "file", false, "everybody may write to %s: chmod o-w %s", d->call->path,
		              d->call->path);
	else if (st.st_nlink > 1)
		doctor_report(d, "file", false,
		              "%s has %lu names (hard links), which SQLite cannot keep apart: remove all but one",
		              d->call->path, (unsigned long)st.st_nlink);
	else
		doctor_report(d, "file", true, "%s, %lld bytes, mode %04o, owner %u", d->call->path,
		              (long long)st.st_size, st.st_mode & 07777, (unsigned)st.st_uid);
}

/* One query whose first row, if it is not "ok", is what is wrong. */
static void look_with(struct doctor *d, const char *what, const char *whole, const char *sql, const char *mend)
{
	struct statement s;
	statement_open(&s, d->call->registry, sql);
	int rc = statement_step(&s);
	if (rc < 0)
		doctor_report(d, what, false, "%s", registry_error(d->call->registry));
	else if (rc == 0 || strcmp(statement_text(&s, 0), "ok") == 0)
		doctor_report(d, what, true, "%s", whole);
	else if (strstr(statement_text(&s, 0), "constraint failed") || strstr(statement_text(&s, 0), "NULL value"))
		doctor_report(d, what, false, "%s: flycast check says which row and how to mend it",
		              statement_text(&s, 0));
	else
		doctor_report(d, what, false, "%s: %s", statement_text(&s, 0), mend);
	statement_close(&s);
}

static void look_at_content(struct doctor *d)
{
	static const char restore[] =
	    "stop the daemons, move the file away with its -wal and -shm, and restore a backup";
	if (call_on(d->call, "quick", false))
		look_with(d, "integrity", "every page", "PRAGMA quick_check(1)", restore);
	else
		look_with(d, "integrity", "every page and index", "PRAGMA integrity_check(1)", restore);
	look_with(
	    d, "references", "every row belongs to something that is there",
	    "SELECT 'a row of ' || \"table\" || ' belongs to no ' || parent FROM pragma_foreign_key_check LIMIT 1",
	    "flycast check says which row and how to mend it");
}

static void look_at_schema(struct doctor *d)
{
	long count;
	struct text names = {0};
	struct reference_difference *all = reference_compare(d->call->registry, &count);
	for (long i = 0; i < count; i++)
		text_format(&names, "%s%s %s %s", i ? ", " : "", all[i].type, all[i].name,
		            all[i].missing ? "is missing" : "differs");
	free(all);
	if (count < 0)
		doctor_report(d, "schema", false, "%s", registry_error(d->call->registry));
	else if (count > 0)
		doctor_report(d, "schema", false, "%s: flycast doctor --migrate", names.at);
	else
		doctor_report(d, "schema", true, "tables, rules and views of this version");
	text_free(&names);
}

static void look_at_log(struct doctor *d)
{
	struct checkpoint_status status;
	checkpoint_status(&status, d->call->path);
	long long megabytes = status.log_bytes >> 20;
	if (megabytes >= LOG_LIMIT_MB)
		doctor_report(d, "log", false, "the write-ahead log has %lld MiB: %s", megabytes,
		              status.held ? "a reader holds it open (an old transaction in a shell?)"
		                          : "nobody checkpoints; start this host's agent (flycast up)");
	else
		doctor_report(d, "log", true, "%lld bytes in the write-ahead log", (long long)status.log_bytes);
	if (status.held)
		doctor_report(d, "checkpointer", true, "%s, pid %d", status.program, (int)status.pid);
	else
		doctor_report(d, "checkpointer", true, "nobody now: the first daemon takes it");
	doctor_report(d, "sqlite", true, "%s%s", status.sqlite_version,
	              status.reset_bug
	                  ? ", which can lose commits when two processes checkpoint: only the checkpointer does, under "
	                    "the write lock; in a shell use PRAGMA wal_autocheckpoint = 0"
	                  : "");
}

/* ------------------------------------------------------------------------------------------------ the daemons */

static void look_at_agent(struct doctor *d)
{
	struct host host;
	if (host_self(d->call->registry, &host) < 0) {
		doctor_report(d, "agent", false, "%s", registry_error(d->call->registry));
		return;
	}
	enum agent_look look = agent_look(d->call->registry, host.name);
	doctor_report(d, "agent", true, "%s",
	              look == AGENT_RUNS ? "runs on this host"
	              : look == AGENT_ABSENT
	                  ? "does not run on this host: nothing starts or stops Machines (flycast up)"
	                  : "of another host");
}

static void look_at_daemon(struct doctor *d, const char *socket)
{
	int64_t seq = 0, age = 0;
	struct statement s;
	char why[256];
	if (gauge_read(socket, "registry_seq", &seq, why, sizeof why) < 0 ||
	    (gauge_read(socket, "registry_age_ms", &age, why, sizeof why) < 0 &&
	     gauge_read(socket, "registry_age_milliseconds", &age, why, sizeof why) < 0)) {
		doctor_report(d, "daemon", false, "%s: %s", socket, why);
		return;
	}
	statement_open(&s, d->call->registry, "SELECT coalesce(max(seq), 0) FROM change");
	int64_t newest = statement_step(&s) > 0 ? statement_number(&s, 0) : 0;
	statement_close(&s);
	doctor_report(d, "daemon", age < AGE_LIMIT_MS,
	              "%s: looked at the registry %lld ms ago, answers from change %lld of %lld", socket,
	              (long long)age, (long long)seq, (long long)newest);
}

/* ------------------------------------------------------------------------------------------------ the command */

static int migrate(struct call *call)
{
	if (session_write(call) < 0) /* opening it for writing migrates it */
		return 1;
	if (reference_mend(call->registry) < 0)
		return session_failed(call);
	return session_commit(call) < 0 ? 1 : 0;
}

static int look_at_registry(struct doctor *d)
{
	struct call *call = d->call;
	int code = call_on(call, "migrate", false) ? migrate(call) : 0;
	if (code)
		return code;
	registry_close(call->registry);
	call->registry = registry_open(call->path, REGISTRY_LOOK);
	if (registry_failed(call->registry))
		return session_failed(call);
	look_at_rights(d);
	look_at_content(d);
	look_at_schema(d);
	look_at_log(d);
	look_at_agent(d);
	const char *socket;
	for (size_t i = 0; (socket = call_item(call, "control", i)); i++)
		look_at_daemon(d, socket);
	return 0;
}

static int doctor(struct call *call)
{
	struct doctor d = {.call = call, .all = json_array()};
	columns_init(&d.table, "Check", "Result", "Detail", NULL);
	int code = call_text(call, "resolver") ? doctor_resolvers(&d) : look_at_registry(&d);
	if (code == 0 && call->json) {
		code = json_say(json_incref(d.all));
	} else if (code == 0) {
		columns_print(&d.table, NULL);
		printf("%s", text_string(&d.lines));
	}
	json_decref(d.all);
	columns_free(&d.table);
	text_free(&d.lines);
	return code ? code : d.bad;
}

static const struct command_flag flags[] = {
    {"migrate", 0, FLAG_SWITCH, NULL, "first bring schema, rules and views to this version", NULL, NULL},
    {"quick", 0, FLAG_SWITCH, NULL, "do not compare indexes with their tables (much faster)", NULL, NULL},
    {"control", 0, FLAG_LIST, "PATH", "control socket of a daemon: is its picture fresh?", NULL, NULL},
    {"resolver", 0, FLAG_TEXT, "ADDRESS", "examine this resolver instead; system: those of /etc/resolv.conf", NULL,
     NULL},
    {"server", 0, FLAG_TEXT, "ADDRESS", "the responder it is compared with (default fdaa::3)", NULL, NULL},
    {"network", 0, FLAG_TEXT, "NAME", "the responder of this network, fdaa:<network>::3", NULL, NULL},
    {"name", 0, FLAG_TEXT, "NAME", "a name with an address to ask for (default: one of an app)", NULL, NULL},
    {0}};

const struct command doctor_command = {
    .name = "doctor",
    .summary = "Examine the registry's file, its schema, its write-ahead log, the daemons; or a resolver",
    .details =
        "It ends with 1 when something is bad. flycast check looks at what the rows say. With --resolver it needs no\n"
        "registry: it asks a resolver what the responder says, and names the setting at fault with the lines to add.",
    .examples = "flycast doctor\nflycast doctor --migrate\nflycast doctor --control /run/flycast/dns.sock\n"
                "flycast doctor --resolver system\n"
                "flycast doctor --resolver [::1]:5300 --server [fdaa::3]:53 --control /run/flycast/dns.sock",
    .takes = TAKES_APP | TAKES_ORG | TAKES_JSON,
    .flags = flags,
    .run = doctor};
