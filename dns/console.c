/* console.c - see console.h. */
#include "console.h"

#include <stdbool.h> /* before ldns, which would make a bool of its own */

#include <jansson.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "feed.h"
#include "metrics.h"
#include "server.h"
#include "trace.h"

static enum inquiry_status say(struct text *out, json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);
	text_put(out, text ? text : "{}");
	text_put(out, "\n");
	free(text);
	json_decref(object);
	return INQUIRY_OK;
}

static enum inquiry_status say_wrong(struct text *out, const char *sentence)
{
	text_format(out, "%s\n", sentence);
	return INQUIRY_WRONG;
}

static void put(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)number));
}

/* ------------------------------------------------------------------------------------------------ status and counts */

static uint64_t sum_answers(const struct responder_counts *counts, enum responder_transport transport)
{
	uint64_t sum = 0;
	for (int rcode = 0; rcode < RCODE_COUNT; rcode++)
		sum += counts->answered[transport][rcode];
	return sum;
}

static json_t *json_registry(const struct catalog_stats *c)
{
	json_t *object = json_object();
	put(object, "seq", (uint64_t)c->seq);
	put(object, "age_ms", (uint64_t)c->fresh_ms);
	put(object, "lag_ms", (uint64_t)c->lag_ms);
	put(object, "reloads", (uint64_t)c->reloads);
	put(object, "changes", (uint64_t)c->changes);
	put(object, "failures", (uint64_t)c->failures);
	put(object, "apps", c->apps);
	put(object, "networks", c->networks);
	put(object, "quarantined", c->quarantined);
	return object;
}

static json_t *json_zone(const struct zone_stats *z)
{
	json_t *object = json_object();
	put(object, "networks", z->networks);
	put(object, "nodes", z->nodes);
	put(object, "pointers", z->pointers);
	put(object, "bytes", z->octets);
	return object;
}

static enum inquiry_status status(const struct console *console, struct text *out)
{
	struct metrics m;
	json_t *object = json_object();
	server_count(console->server, &m);
	json_object_set_new(object, "version", json_string(FLYCAST_VERSION));
	put(object, "pid", (uint64_t)getpid());
	put(object, "uptime_ms", (uint64_t)(clock_mono_ms() - console->began_ms));
	put(object, "threads", m.thread_count);
	json_object_set_new(object, "log_level", json_string(log_level_name(log_level())));
	put(object, "udp_answers", sum_answers(&m.answers, RESPONDER_UDP));
	put(object, "tcp_answers", sum_answers(&m.answers, RESPONDER_TCP));
	put(object, "tls_answers", sum_answers(&m.answers, RESPONDER_TLS));
	put(object, "tcp_open", m.tcp.open);
	put(object, "dropped", m.answers.silent + m.udp.unsent + m.overflowed);
	json_object_set_new(object, "registry", json_registry(&m.catalog));
	json_object_set_new(object, "zone", json_zone(&m.zone));
	metrics_free(&m);
	return say(out, object);
}

static json_t *json_answers(const struct responder_counts *counts, enum responder_transport transport)
{
	json_t *object = json_object();
	for (int rcode = 0; rcode < RCODE_COUNT; rcode++)
		if (metrics_rcode((enum wire_rcode)rcode))
			put(object, metrics_rcode((enum wire_rcode)rcode), counts->answered[transport][rcode]);
	return object;
}

static json_t *json_tcp(const struct tcp_counts *c)
{
	json_t *object = json_object();
	put(object, "open", c->open);
	put(object, "accepted", c->accepted);
	put(object, "refused", c->refused);
	put(object, "evicted", c->evicted);
	put(object, "expired", c->expired);
	put(object, "broken", c->broken);
	return object;
}

/* The bound that this share of the timed questions did not reach, in nanoseconds; 0: none was timed, or beyond all. */
static uint64_t quantile(const struct lapse *lapse, double share)
{
	uint64_t total = 0, sum = 0;
	for (int i = 0; i <= LAPSE_BOUNDS; i++)
		total += lapse->counts[i];
	for (int i = 0; i < LAPSE_BOUNDS; i++) {
		sum += lapse->counts[i];
		if (sum > 0 && (double)sum >= share * (double)total)
			return 1ULL << (LAPSE_FIRST + i);
	}
	return 0;
}

static enum inquiry_status stats(const struct console *console, struct text *out)
{
	struct metrics m;
	uint64_t questions;
	const char *type;
	json_t *object = json_object(), *answers = json_object(), *types = json_object(), *dropped = json_object(),
	       *below = json_object();
	server_count(console->server, &m);
	for (int transport = 0; transport < RESPONDER_TRANSPORTS; transport++)
		json_object_set_new(answers, metrics_transport((enum responder_transport)transport),
		                    json_answers(&m.answers, (enum responder_transport)transport));
	for (size_t i = 0; (type = metrics_type(&m.answers, i, &questions)); i++)
		put(types, type, questions);
	put(dropped, "no_question", m.answers.silent);
	put(dropped, "not_sent", m.udp.unsent);
	put(dropped, "socket_full", m.overflowed);
	put(below, "p50", quantile(&m.udp.lapse, 0.5));
	put(below, "p99", quantile(&m.udp.lapse, 0.99));
	put(below, "p99.9", quantile(&m.udp.lapse, 0.999));
	put(object, "uptime_ms", (uint64_t)(clock_mono_ms() - console->began_ms));
	json_object_set_new(object, "answers", answers);
	json_object_set_new(object, "questions", types);
	put(object, "truncated", m.answers.truncated);
	json_object_set_new(object, "dropped", dropped);
	json_object_set_new(object, "tcp", json_tcp(&m.tcp));
	json_object_set_new(object, "udp_answered_below_ns", below);
	metrics_free(&m);
	return say(out, object);
}

static enum inquiry_status zonestats(const struct console *console, struct text *out)
{
	struct metrics m;
	json_t *object = json_object(), *all = json_array();
	server_count(console->server, &m);
	for (size_t i = 0; i < m.view_count; i++) {
		const struct metrics_view *view = &m.views[i];
		json_t *one = json_object();
		json_object_set_new(one, "network", view->network ? json_integer(view->network) : json_null());
		json_object_set_new(one, "name", json_string(view->network ? view->name : "(others)"));
		put(one, "answer", view->counts[TALLY_ANSWER]);
		put(one, "nodata", view->counts[TALLY_NODATA]);
		put(one, "nxdomain", view->counts[TALLY_NXDOMAIN]);
		json_array_append_new(all, one);
	}
	json_object_set_new(object, "networks", all);
	metrics_free(&m);
	return say(out, object);
}

/* ------------------------------------------------------------------------------------------------ trace */

/* NULL names: the registry does not have it. */
static json_t *json_network(const struct catalog *catalog, uint32_t id)
{
	const struct catalog_network *network = id ? catalog_network(catalog, id) : NULL;
	if (!id)
		return json_null();
	return json_pack("{s:I, s:s?, s:s?}", "id", (json_int_t)id, "org", network ? network->org : NULL, "name",
	                 network ? network->name : NULL);
}

static const char *zone_name(enum zone_kind kind)
{
	static const char *const names[ZONE_COUNT] = {
	    [ZONE_FLYCAST] = "flycast.", [ZONE_INTERNAL] = "internal.", [ZONE_REVERSE] = "a.a.d.f.ip6.arpa."};
	return names[kind];
}

static const char *view_name(enum trace_view view)
{
	static const char *const names[] = {
	    [TRACE_OWN] = "own", [TRACE_ATTACHED] = "attached", [TRACE_NOWHERE] = "nowhere", [TRACE_OTHER] = "other"};
	return names[view];
}

/* What the records that are there, of whatever type, are to this question. */
static const char *found_name(const struct trace *t, uint16_t type)
{
	if (t->forwarded)
		return "forwarded";
	if (t->zone == ZONE_NONE || t->view == TRACE_NOWHERE || t->view == TRACE_OTHER)
		return "refused";
	switch (t->found.result) {
	case ZONE_NO_NETWORK:
		return "refused";
	case ZONE_NO_NAME:
		return "no name";
	case ZONE_APEX:
		return "apex";
	case ZONE_NAME:
		break;
	}
	if (t->found.count == 0)
		return "no records";
	return t->found.type == type || type == TYPE_ANY ? "records" : "other type";
}

static const char *region_of(const struct catalog_app *app, const struct in6_addr *machine)
{
	for (uint32_t i = 0; app && i < app->machine_count; i++)
		if (IN6_ARE_ADDR_EQUAL(&app->machines[i].address, machine))
			return app->machines[i].region;
	return NULL;
}

static int by_distance(const void *a, const void *b)
{
	uint32_t x = ((const struct trace_run *)a)->away, y = ((const struct trace_run *)b)->away;
	return (x > y) - (x < y);
}

static json_t *json_nearest(const struct trace *t, const struct catalog_app *app)
{
	struct trace_run *runs = NULL;
	size_t count = 0, room = 0;
	json_t *all = json_array();
	struct trace_run run;
	while (trace_run(&run, t, count)) {
		runs = mem_grow(runs, count, &room, sizeof *runs);
		runs[count++] = run;
	}
	if (count)
		qsort(runs, count, sizeof *runs, by_distance);
	for (size_t i = 0; i < count; i++) {
		const char *region = region_of(app, &runs[i].first);
		json_t *one = json_object();
		json_object_set_new(one, "region", region ? json_string(region) : json_null());
		json_object_set_new(one, "microseconds",
		                    runs[i].away == UINT32_MAX ? json_null() : json_integer(runs[i].away));
		put(one, "addresses", runs[i].count);
		json_array_append_new(all, one);
	}
	free(runs);
	return all;
}

/* The Flycast address that the view has; "": none. */
static void find_address(char *out, const struct catalog_app *app, uint32_t network)
{
	*out = '\0';
	for (uint32_t i = 0; i < app->address_count; i++)
		if (app->addresses[i].network == network)
			addr_ip_text(out, &app->addresses[i].ip);
}

/* What the app is that the name is about, in whichever network: who may ask here owns the registry. */
static json_t *json_app(const struct catalog *catalog, const struct trace *t, const struct catalog_app **out)
{
	char reason[256], name[NAME_LABEL + 1] = "", address[ADDR_TEXT];
	const uint8_t *label = t->name.wire + (t->name.count > 1 ? t->name.at[t->name.count - 2] : 0);
	*out = NULL;
	if ((t->zone != ZONE_FLYCAST && t->zone != ZONE_INTERNAL) || t->name.count < 2 || label[1] == '_')
		return json_null();
	memcpy(name, label + 1, label[0]);
	const struct catalog_app *app = *out = catalog_app(catalog, bytes_of(name));
	bool refused = catalog_refusal(catalog, "app", name, reason, sizeof reason);
	json_t *object = json_object();
	json_object_set_new(object, "name", json_string(name));
	json_object_set_new(object, "exists", json_boolean(app));
	json_object_set_new(object, "quarantined", refused ? json_string(reason) : json_null());
	if (!app)
		return object;
	uint64_t started = 0;
	for (uint32_t i = 0; i < app->machine_count; i++)
		started += app->machines[i].state == MACHINE_STARTED;
	find_address(address, app, t->network);
	json_object_set_new(object, "network", json_network(catalog, app->network));
	put(object, "machines", app->machine_count);
	put(object, "started", started);
	json_object_set_new(object, "address", address[0] ? json_string(address) : json_null());
	return object;
}

static void put_hex(json_t *object, const char *key, const uint8_t *bytes, size_t len)
{
	struct text hex = {0};
	for (size_t i = 0; i < len; i++)
		text_format(&hex, "%02x", bytes[i]);
	json_object_set_new(object, key, json_string(text_string(&hex)));
	text_free(&hex);
}

static json_t *json_trace(const struct server_look *look, const struct trace *t, uint16_t type)
{
	const struct catalog_app *app;
	char name[NAME_TEXT];
	json_t *object = json_object();
	json_object_set_new(object, "name", json_string(name_text(name, t->name.wire)));
	json_object_set_new(object, "view", json_string(view_name(t->view)));
	json_object_set_new(object, "network", json_network(look->catalog, t->network));
	json_object_set_new(object, "server_network", json_network(look->catalog, t->asked));
	json_object_set_new(object, "zone", t->zone == ZONE_NONE ? json_null() : json_string(zone_name(t->zone)));
	json_object_set_new(object, "app", json_app(look->catalog, t, &app));
	json_object_set_new(object, "found", json_string(found_name(t, type)));
	put(object, "records", t->found.result == ZONE_NAME ? t->found.count : 0);
	json_object_set_new(object, "nearest", json_nearest(t, app));
	put(object, "seq", zone_serial(look->settings->zone));
	put_hex(object, "answer", t->answer, t->len);
	return object;
}

static bool read_address(struct in6_addr *out, struct bytes query, const char *key, const char *otherwise)
{
	char text[ADDR_TEXT];
	return addr_ip_parse(out, inquiry_value(text, sizeof text, query, key) ? text : otherwise);
}

static enum inquiry_status trace(const struct console *console, struct bytes query, struct text *out)
{
	char name[NAME_TEXT], type_text[16], transport[8];
	struct responder_client client = {.port = 53, .transport = RESPONDER_UDP};
	bool typed = inquiry_value(type_text, sizeof type_text, query, "type");
	ldns_rr_type type = typed ? ldns_get_rr_type_by_name(type_text) : LDNS_RR_TYPE_AAAA;
	if (!inquiry_value(name, sizeof name, query, "name"))
		return say_wrong(out, "name is to be the name that is asked for");
	if (type == 0)
		return say_wrong(out, "type is to be one of DNS, for example AAAA or TYPE65");
	if (!read_address(&client.source, query, "from", ""))
		return say_wrong(out, "from is to be the address of who asks");
	if (!read_address(&client.destination, query, "to", "fdaa::3"))
		return say_wrong(out, "to is to be the address of the server that is asked");
	if (inquiry_value(transport, sizeof transport, query, "transport") && strcmp(transport, "tcp") == 0)
		client.transport = RESPONDER_TCP;
	const struct server_look look = server_look(console->server);
	struct trace *t = mem_new(sizeof *t);
	bool good = trace_question(t, look.settings, &client, name, (uint16_t)type);
	enum inquiry_status answer = good ? say(out, json_trace(&look, t, (uint16_t)type))
	                                  : say_wrong(out, "name is no DNS name");
	free(t);
	return answer;
}

/* ------------------------------------------------------------------------------------------------ what changes something */

static enum inquiry_status reload(const struct console *console, struct text *out)
{
	const struct server_look look = server_look(console->server);
	json_t *object = json_object();
	put(object, "reloads", (uint64_t)catalog_stats(look.catalog).reloads); /* before it */
	feed_reload(catalog_feed(look.catalog));
	log_info("registry read whole soon: asked for on the control socket");
	return say(out, object);
}

static enum inquiry_status set_log_level(struct bytes query, struct text *out)
{
	char text[8] = "";
	enum log_level level = LOG_DEBUG, before = log_level();
	inquiry_value(text, sizeof text, query, "level");
	while (level <= LOG_ERROR && strcmp(text, log_level_name(level)) != 0)
		level++;
	if (level > LOG_ERROR)
		return say_wrong(out, "level is to be debug, info, warn or error");
	if (before > LOG_INFO)
		log_set_level(LOG_INFO); /* so that the line is seen */
	log_info("log level changed level=%s before=%s", log_level_name(level), log_level_name(before));
	log_set_level(level);
	return say(out, json_pack("{s:s, s:s}", "log_level", log_level_name(level), "before", log_level_name(before)));
}

/* ------------------------------------------------------------------------------------------------ the door */

enum page { STATUS, STATS, ZONESTATS, METRICS, TRACE, RELOAD, LOG_LEVEL, PAGES };

static const struct {
	const char *path;
	bool change;
} pages[PAGES] = {[STATUS] = {"/status", false},     [STATS] = {"/stats", false}, [ZONESTATS] = {"/zonestats", false},
                  [METRICS] = {"/metrics", false},   [TRACE] = {"/trace", false}, [RELOAD] = {"/reload", true},
                  [LOG_LEVEL] = {"/log-level", true}};

enum inquiry_status console_answer(void *console, const struct inquiry_ask *ask, struct text *out)
{
	const struct console *c = console;
	enum page page = STATUS;
	while (page < PAGES && !bytes_equal(ask->path, bytes_of(pages[page].path)))
		page++;
	if (page < PAGES && pages[page].change != ask->change) {
		text_format(out, "%s is for %s\n", pages[page].path, pages[page].change ? "POST" : "GET");
		return INQUIRY_REFUSED;
	}
	switch (page) {
	case STATUS:
		return status(c, out);
	case STATS:
		return stats(c, out);
	case ZONESTATS:
		return zonestats(c, out);
	case METRICS:
		server_metrics(c->server, out);
		return INQUIRY_OK;
	case TRACE:
		return trace(c, ask->query, out);
	case RELOAD:
		return reload(c, out);
	case LOG_LEVEL:
		return set_log_level(ask->query, out);
	case PAGES:
		break;
	}
	text_put(out, "there are");
	for (page = STATUS; page < PAGES; page++)
		text_format(out, " %s %s", pages[page].change ? "POST" : "GET", pages[page].path);
	text_put(out, "\n");
	return INQUIRY_UNKNOWN;
}
