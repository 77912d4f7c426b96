/* dns.c - flycast dns status|stats|zonestats|reload|log-level: what the name server of this host says of itself, over its
 * control socket. trace is in dns_trace.c. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/control_look.h"
#include "command/dns_trace.h"
#include "command/json.h"
#include "command/say.h"

enum { RELOAD_SECONDS = 60 };

static const struct control_daemon name_server = {"the name server", "dns.sock"};

/* ------------------------------------------------------------------------------------------------------ status */

static void print_status(const json_t *dns, int64_t newest)
{
	enum { VERSION, ANSWERS, TCP, REGISTRY, NAMES, QUARANTINE, LOG_LEVEL, LINES };
	static const char *const names[LINES] = {"Version", "Answers",    "TCP",      "Registry",
	                                         "Names",   "Quarantine", "Log Level"};
	const json_t *registry = json_object_get(dns, "registry"), *zone = json_object_get(dns, "zone");
	const char *pairs[LINES + 1][2] = {{0}};
	struct text lines[LINES] = {{0}};
	text_format(&lines[VERSION], "%s, pid %lld, %lld threads, up ", control_word(dns, "version"),
	            (long long)control_number(dns, "pid"), (long long)control_number(dns, "threads"));
	control_put_span(&lines[VERSION], control_number(dns, "uptime_ms"));
	text_format(&lines[ANSWERS], "%lld over UDP, %lld over TCP, %lld over TLS, %lld packets dropped",
	            (long long)control_number(dns, "udp_answers"), (long long)control_number(dns, "tcp_answers"),
	            (long long)control_number(dns, "tls_answers"), (long long)control_number(dns, "dropped"));
	text_format(&lines[TCP], "%lld connections open", (long long)control_number(dns, "tcp_open"));
	text_format(&lines[REGISTRY], "change %lld", (long long)control_number(registry, "seq"));
	if (newest >= 0)
		text_format(&lines[REGISTRY], " of %lld", (long long)newest);
	text_format(&lines[REGISTRY], ", looked at %lld ms ago, apps %lld, networks %lld",
	            (long long)control_number(registry, "age_ms"), (long long)control_number(registry, "apps"),
	            (long long)control_number(registry, "networks"));
	text_format(&lines[NAMES], "%lld nodes in %lld bytes, %lld addresses with a name",
	            (long long)control_number(zone, "nodes"), (long long)control_number(zone, "bytes"),
	            (long long)control_number(zone, "pointers"));
	if (control_number(registry, "quarantined"))
		text_format(&lines[QUARANTINE], "%lld objects are answered as they were before: flycast check",
		            (long long)control_number(registry, "quarantined"));
	else
		text_put(&lines[QUARANTINE], "nothing");
	text_put(&lines[LOG_LEVEL], control_word(dns, "log_level"));
	for (int i = 0; i < LINES; i++) {
		pairs[i][0] = names[i];
		pairs[i][1] = lines[i].at;
	}
	columns_pairs("Name server", pairs);
	for (int i = 0; i < LINES; i++)
		text_free(&lines[i]);
}

static int status(struct call *call)
{
	json_t *dns;
	int code = control_look(&dns, call, &name_server, "/status", false);
	if (code)
		return code;
	int64_t newest = control_newest(call);
	if (call->json) {
		if (newest >= 0)
			json_put_number(json_object_get(dns, "registry"), "newest", newest);
		return json_say(dns);
	}
	print_status(dns, newest);
	json_decref(dns);
	return 0;
}

/* ------------------------------------------------------------------------------------------------------ stats */

/* Two columns: what, and how many; what nobody ever was is left out. */
static void print_counts(const char *what, const json_t *counts)
{
	struct columns table;
	const char *key;
	json_t *value;
	bool any = false;
	columns_init(&table, what, "Count", NULL);
	json_object_foreach((json_t *)counts, key, value)
	{
		if (json_integer_value(value) == 0)
			continue;
		columns_add(&table, key);
		columns_number(&table, json_integer_value(value));
		any = true;
	}
	if (any)
		columns_print(&table, NULL);
	columns_free(&table);
}

static void print_time(const char *share, json_int_t ns)
{
	if (ns)
		printf("%s of the questions over UDP were answered within %.3f ms of being read\n", share,
		       (double)ns / 1e6);
}

static int stats(struct call *call)
{
	json_t *dns;
	int code = control_look(&dns, call, &name_server, "/stats", false);
	if (code)
		return code;
	if (call->json)
		return json_say(dns);
	const json_t *answers = json_object_get(dns, "answers"), *below = json_object_get(dns, "udp_answered_below_ns");
	print_counts("Answers over UDP", json_object_get(answers, "udp"));
	print_counts("Answers over TCP", json_object_get(answers, "tcp"));
	print_counts("Answers over TLS", json_object_get(answers, "tls"));
	print_counts("Questions", json_object_get(dns, "questions"));
	print_counts("Dropped", json_object_get(dns, "dropped"));
	print_counts("TCP", json_object_get(dns, "tcp"));
	print_time("Half", control_number(below, "p50"));
	print_time("99 %", control_number(below, "p99"));
	print_time("99.9 %", control_number(below, "p99.9"));
	json_decref(dns);
	return 0;
}

static int zonestats(struct call *call)
{
	json_t *dns;
	const json_t *one;
	size_t i;
	struct columns table;
	int code = control_look(&dns, call, &name_server, "/zonestats", false);
	if (code)
		return code;
	if (call->json)
		return json_say(dns);
	columns_init(&table, "Network", "Answered", "No Such Records", "No Such Name", NULL);
	json_array_foreach(json_object_get(dns, "networks"), i, one)
	{
		columns_add(&table, control_word(one, "name"));
		columns_number(&table, control_number(one, "answer"));
		columns_number(&table, control_number(one, "nodata"));
		columns_number(&table, control_number(one, "nxdomain"));
	}
	columns_print(&table, NULL);
	columns_free(&table);
	json_decref(dns);
	return 0;
}

/* ------------------------------------------------------------------------------------------------------ changes */

/* Waits until it has read the registry once more than `before` times. 0 and its status, or the exit code. */
static int wait_for_reload(json_t **out, struct call *call, json_int_t before)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	const int64_t deadline = clock_mono_ms() + (int64_t)RELOAD_SECONDS * 1000;
	for (;;) {
		int code = control_look(out, call, &name_server, "/status", false);
		if (code)
			return code;
		if (control_number(json_object_get(*out, "registry"), "reloads") > before)
			return 0;
		json_decref(*out);
		if (clock_mono_ms() > deadline)
			return say_refused(
			    "the name server has not read the registry in %d s; its log says why: it goes on answering "
			    "from what it read before",
			    RELOAD_SECONDS);
		nanosleep(&pause, NULL);
	}
}

static int reload(struct call *call)
{
	json_t *dns;
	const int64_t began = clock_mono_ms();
	int code = control_look(&dns, call, &name_server, "/reload", true);
	if (code)
		return code;
	json_int_t before = control_number(dns, "reloads");
	json_decref(dns);
	code = wait_for_reload(&dns, call, before);
	if (code)
		return code;
	const json_t *registry = json_object_get(dns, "registry");
	printf("Registry read in %lld ms: change %lld, apps %lld, networks %lld\n",
	       (long long)(clock_mono_ms() - began), (long long)control_number(registry, "seq"),
	       (long long)control_number(registry, "apps"), (long long)control_number(registry, "networks"));
	json_decref(dns);
	return 0;
}

static int log_level(struct call *call)
{
	json_t *dns;
	struct text target = {0};
	if (!command_word_in("debug info warn error", call->args[0]))
		return say_misuse(call, "%s is no log level: debug, info, warn or error", call->args[0]);
	text_format(&target, "/log-level?level=%s", call->args[0]);
	int code = control_look(&dns, call, &name_server, target.at, true);
	text_free(&target);
	if (code)
		return code;
	printf("Log level is %s, was %s; until the next start\n", control_word(dns, "log_level"),
	       control_word(dns, "before"));
	json_decref(dns);
	return 0;
}

static const struct command dns_commands[] = {
    {.name = "status",
     .summary = "Show how the name server of this host is",
     .examples = "flycast dns status\nflycast dns status --json",
     .takes = TAKES_JSON,
     .flags = dns_flags,
     .run = status},
    {.name = "stats",
     .summary = "Show what it counted since it started",
     .examples = "flycast dns stats\nflycast dns stats --json",
     .takes = TAKES_JSON,
     .flags = dns_flags,
     .run = stats},
    {.name = "zonestats",
     .summary = "Show what it answered to each network, the busiest first",
     .examples = "flycast dns zonestats\nflycast dns zonestats --json",
     .takes = TAKES_JSON,
     .flags = dns_flags,
     .run = zonestats},
    {.name = "trace",
     .args = "NAME [TYPE]",
     .summary = "Show why a question gets the answer that it gets",
     .details =
         "Whose names the asker sees and why, what was found there, what is wrong with it, and the answer. TYPE is\n"
         "AAAA when it is not given. Nothing is counted and nobody else is asked.",
     .examples = "flycast dns trace my-app.flycast --from fdaa:0:1:a7b:1::2\n"
                 "flycast dns trace top2.nearest.of.my-app.internal --from 10.0.0.7",
     .min_args = 1,
     .max_args = 4,
     .takes = TAKES_JSON,
     .flags = dns_trace_flags,
     .run = dns_trace},
    {.name = "reload",
     .summary = "Have it read the whole registry anew, and wait for that",
     .details = "It follows every change by itself; this is for those who do not believe it.",
     .examples = "flycast dns reload",
     .flags = dns_flags,
     .run = reload},
    {.name = "log-level",
     .args = "LEVEL",
     .summary = "Have it log more or less: debug, info, warn or error",
     .examples = "flycast dns log-level debug",
     .min_args = 1,
     .max_args = 1,
     .flags = dns_flags,
     .run = log_level},
    {0}};

const struct command dns_command = {
    .name = "dns", .summary = "Ask the name server of this host", .commands = dns_commands};
