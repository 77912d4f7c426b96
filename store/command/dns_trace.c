/* dns_trace.c - see dns_trace.h. */
#include "command/dns_trace.h"

#include <stdbool.h> /* before ldns, which would make a bool of its own */

#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/addr.h"
#include "base/log.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/control_look.h"
#include "command/json.h"
#include "command/say.h"

struct question {
	const char *name;
	const char *type;
	const char *from;
	const char *to; /* NULL: fdaa::3 */
};

/* The words as people say them: NAME, TYPE, "from" ADDRESS. 0 or the exit code. */
static int read_question(struct call *call, struct question *q)
{
	char quoted[160];
	struct in6_addr ip;
	*q = (struct question){.name = call->args[0], .from = call_text(call, "from"), .to = call_text(call, "to")};
	for (int i = 1; i < call->arg_count; i++) {
		const char *word = call->args[i];
		if (strcmp(word, "from") == 0 && i + 1 < call->arg_count)
			q->from = call->args[++i];
		else if (!q->type && ldns_get_rr_type_by_name(word) != 0)
			q->type = word;
		else
			return say_misuse(call, "%s is no type of records", log_quote(quoted, sizeof quoted, word));
	}
	if (!q->from)
		return say_misuse(call, "who asks? The answer depends on it: --from ADDRESS");
	if (!addr_ip_parse(&ip, q->from))
		return say_misuse(call, "%s is no address", log_quote(quoted, sizeof quoted, q->from));
	if (q->to && !addr_ip_parse(&ip, q->to))
		return say_misuse(call, "%s is no address", log_quote(quoted, sizeof quoted, q->to));
	return 0;
}

static void put_value(struct text *target, const char *key, const char *value)
{
	text_format(target, "%c%s=", strchr(target->at, '?') ? '&' : '?', key);
	for (const char *c = value; *c; c++) {
		if ((*c >= '0' && *c <= '9') || ((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z') || strchr(".:-_", *c))
			text_add(target, c, 1);
		else
			text_format(target, "%%%02x", (unsigned)(unsigned char)*c);
	}
}

static int ask(struct call *call, const struct question *q, json_t **out)
{
	static const struct control_daemon name_server = {"the name server", "dns.sock"};
	struct text target = {0};
	text_put(&target, "/trace");
	put_value(&target, "name", q->name);
	put_value(&target, "from", q->from);
	if (q->type)
		put_value(&target, "type", q->type);
	if (q->to)
		put_value(&target, "to", q->to);
	if (call_on(call, "tcp", false))
		put_value(&target, "transport", "tcp");
	int code = control_look(out, call, &name_server, target.at, false);
	text_free(&target);
	return code;
}

/* ------------------------------------------------------------------------------------------------------ for people */

/* "personal/default", or "network 7, which is not in the registry". */
static void put_network(struct text *out, const json_t *network)
{
	if (json_is_string(json_object_get(network, "name")))
		text_format(out, "%s/%s", control_word(network, "org"), control_word(network, "name"));
	else
		text_format(out, "network %lld, which the registry does not have",
		            (long long)control_number(network, "id"));
}

static void put_view(struct text *out, const json_t *trace, const struct question *q)
{
	const char *view = control_word(trace, "view");
	const json_t *network = json_object_get(trace, "network");
	if (strcmp(view, "nowhere") == 0) {
		text_format(out, "none: %s is in no network (flycast networks attach PREFIX)", q->from);
		return;
	}
	put_network(out, network);
	if (strcmp(view, "own") == 0)
		text_format(out, ": %s is one of its addresses", q->from);
	else if (strcmp(view, "attached") == 0)
		text_format(out, ": a prefix that has %s is attached to it", q->from);
	else {
		text_put(out, " is where the question comes from, but the server at that address is for ");
		put_network(out, json_object_get(trace, "server_network"));
	}
}

static void put_app(struct text *out, const json_t *trace)
{
	const json_t *app = json_object_get(trace, "app");
	const char *address = json_string_value(json_object_get(app, "address"));
	if (!json_is_object(app)) {
		text_put(out, "the name is of no app");
		return;
	}
	text_put(out, control_word(app, "name"));
	if (!json_is_true(json_object_get(app, "exists"))) {
		text_put(out, ", which there is not");
		return;
	}
	text_put(out, " of ");
	put_network(out, json_object_get(app, "network"));
	text_format(out, ", %lld of %lld Machines started, ", (long long)control_number(app, "started"),
	            (long long)control_number(app, "machines"));
	if (address)
		text_format(out, "Flycast address %s in this view", address);
	else
		text_put(out, "no Flycast address in this view");
}

static void put_found(struct text *out, const json_t *trace)
{
	const char *found = control_word(trace, "found");
	const json_t *zone = json_object_get(trace, "zone");
	if (strcmp(found, "forwarded") == 0)
		text_put(out, "none of ours: the question is passed on to the servers of --forward");
	else if (!json_is_string(zone))
		text_put(out, "nothing: the name is in none of the zones flycast, internal and a.a.d.f.ip6.arpa");
	else if (strcmp(found, "records") == 0)
		text_format(out, "%lld in zone %s", (long long)control_number(trace, "records"),
		            control_word(trace, "zone"));
	else
		text_format(out, "%s in zone %s", found, control_word(trace, "zone"));
}

static void put_nearest(struct text *out, const json_t *nearest)
{
	const json_t *run;
	size_t i;
	json_array_foreach(nearest, i, run)
	{
		const json_t *away = json_object_get(run, "microseconds");
		text_format(out, "%s%s (%lld", i ? ", " : "", control_word(run, "region"),
		            (long long)control_number(run, "addresses"));
		if (json_is_integer(away))
			text_format(out, ", %.1f ms", (double)json_integer_value(away) / 1000);
		text_put(out, ")");
	}
}

static void print_why(const json_t *trace, const struct question *q)
{
	enum { VIEW, APP, FOUND, NEAREST, QUARANTINE, MOST };
	static const char *const names[MOST] = {"View", "App", "Records", "Nearest", "Quarantine"};
	struct text lines[MOST] = {{0}};
	const char *pairs[MOST + 1][2] = {{0}};
	size_t count = 0;
	const json_t *refused = json_object_get(json_object_get(trace, "app"), "quarantined");
	put_view(&lines[VIEW], trace, q);
	put_app(&lines[APP], trace);
	put_found(&lines[FOUND], trace);
	put_nearest(&lines[NEAREST], json_object_get(trace, "nearest"));
	if (json_is_string(refused))
		text_format(&lines[QUARANTINE], "the app's newest rows cannot be used, so it is as it was before: %s",
		            json_string_value(refused));
	for (int i = 0; i < MOST; i++) {
		if (lines[i].len == 0)
			continue;
		pairs[count][0] = names[i];
		pairs[count++][1] = lines[i].at;
	}
	columns_pairs(control_word(trace, "name"), pairs);
	for (int i = 0; i < MOST; i++)
		text_free(&lines[i]);
}

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* 0 or the exit code. */
static int print_answer(const json_t *trace)
{
	struct text wire = {0};
	ldns_pkt *packet = NULL;
	for (const char *hex = control_word(trace, "answer"); hex[0] && hex[1]; hex += 2)
		text_add(&wire, &(char){(char)(digit(hex[0]) << 4 | digit(hex[1]))}, 1);
	if (wire.len == 0) {
		printf("No answer is made here\n");
		return 0;
	}
	ldns_status status = ldns_wire2pkt(&packet, (const uint8_t *)text_string(&wire), wire.len);
	printf("Answer as of change %lld, %zu bytes\n", (long long)control_number(trace, "seq"), wire.len);
	text_free(&wire);
	if (status != LDNS_STATUS_OK)
		return say_refused("the answer cannot be read: %s", ldns_get_errorstr_by_id(status));
	ldns_pkt_set_timestamp(packet, (struct timeval){.tv_sec = time(NULL)});
	ldns_pkt_print(stdout, packet);
	ldns_pkt_free(packet);
	return 0;
}

int dns_trace(struct call *call)
{
	struct question q;
	json_t *trace;
	int code = read_question(call, &q);
	if (code == 0)
		code = ask(call, &q, &trace);
	if (code)
		return code;
	if (call->json)
		return json_say(trace);
	print_why(trace, &q);
	code = print_answer(trace);
	json_decref(trace);
	return code;
}

#define CONTROL_FLAG                                                                                                   \
	{                                                                                                              \
		"control", 0, FLAG_TEXT, "PATH",                                                                       \
		    "the name server's control socket (default: dns.sock beside the registry)", NULL, NULL             \
	}

const struct command_flag dns_flags[] = {CONTROL_FLAG, {0}};

const struct command_flag dns_trace_flags[] = {
    {"from", 0, FLAG_TEXT, "ADDRESS", "who asks", NULL, NULL},
    {"to", 0, FLAG_TEXT, "ADDRESS", "the server's address that is asked (default fdaa::3)", NULL, NULL},
    {"tcp", 0, FLAG_SWITCH, NULL, "ask over TCP (default: UDP)", NULL, NULL},
    CONTROL_FLAG,
    {0}};
