/* status.c - see status.h. */
#include "status.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rcu.h"
#include "metrics.h"
#include "proxy.h"
#include "vip.h"
#include "worker.h"

struct walk {
	struct text *out;
	unsigned count;
	int64_t now_ms;
};

static const char *health_name(enum catalog_health health)
{
	switch (health) {
	case HEALTH_GOOD:
		return "passing";
	case HEALTH_UNKNOWN:
		return "unknown";
	case HEALTH_BAD:
		break;
	}
	return "failing";
}

static const char *place_name(enum standing_place place)
{
	switch (place) {
	case STANDING_IN:
		return "in";
	case STANDING_DUE:
		return "due";
	case STANDING_OUT:
		break;
	}
	return "out";
}

static json_t *service_of(const struct site_service *service)
{
	json_t *object = json_pack("{s:i, s:I, s:I, s:I, s:s, s:s}", "internal_port", (int)service->live->internal_port,
	                           "in_flight", (json_int_t)live_service_open(service->live), "soft_limit",
	                           (json_int_t)service->rule.soft_limit, "hard_limit",
	                           (json_int_t)service->rule.hard_limit, "checks", health_name(service->rule.health),
	                           "rotation", place_name(live_service_place(service->live)));
	if (service->ailment)
		json_object_set_new(object, "ailment", json_string(service->ailment));
	return object;
}

/* Milliseconds until, or since; 0: it is over, or never was. */
static json_int_t until(int64_t at_ms, int64_t now_ms)
{
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

static json_int_t since(int64_t at_ms, int64_t now_ms)
{
	return at_ms && now_ms > at_ms ? now_ms - at_ms : 0;
}

static json_t *machine_of(const struct site *site, const struct site_machine *machine, int64_t now_ms)
{
	const struct live_machine *live = machine->live;
	json_t *services = json_array();
	json_int_t in_flight = 0;
	for (uint32_t i = 0; i < machine->service_count; i++) {
		const struct site_service *service = &site->services[machine->service_first + i];
		in_flight += live_service_open(service->live);
		json_array_append_new(services, service_of(service));
	}
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:b, s:b, s:b, s:b, s:I, s:I, s:o}", "id", live->id, "region",
	                 machine->region, "state", machine_state_name((enum machine_state)atomic_load(&live->state)),
	                 "state_ms", since(atomic_load(&live->since_ms), now_ms), "in_flight", in_flight, "cordoned",
	                 machine->cordoned, "waking", atomic_load(&live->waking), "deaf", atomic_load(&live->deaf),
	                 "resting", atomic_load(&live->resting), "shunned_ms",
	                 until(atomic_load(&live->shun_ms), now_ms), "wakes_failed",
	                 (json_int_t)atomic_load(&live->failures), "services", services);
}

/* One app after the other is turned into text, so that what is built is never large. */
static void write_app(struct walk *walk, const struct site *site)
{
	json_int_t in_flight = 0;
	json_t *machines = json_array();
	for (uint32_t i = 0; i < site->service_count; i++)
		in_flight += live_service_open(site->services[i].live);
	for (uint32_t i = 0; i < site->machine_count; i++)
		json_array_append_new(machines, machine_of(site, &site->machines[i], walk->now_ms));
	json_t *app = json_pack("{s:s, s:I, s:I, s:i, s:o}", "name", site->app->name, "in_flight", in_flight, "waiting",
	                        (json_int_t)atomic_load(&site->app->waiting), "addresses", (int)site->address_count,
	                        "machines", machines);
	char *text = json_dumps(app, JSON_COMPACT);
	text_put(walk->out, walk->count++ ? ",\n" : "\n");
	text_put(walk->out, text ? text : "null");
	free(text);
	json_decref(app);
}

static json_int_t sum(const struct proxy *proxy, size_t offset)
{
	uint64_t total = 0;
	for (unsigned i = 0; i < proxy->worker_count; i++)
		total += counter_get((const _Atomic uint64_t *)((const char *)&proxy->workers[i].counters + offset));
	return (json_int_t)total;
}

/* Without its last brace. */
static void write_proxy(struct text *out, const struct proxy *proxy, int64_t now_ms)
{
	struct catalog_stats stats = catalog_stats(proxy->fleet.catalog);
	json_int_t refused = 0;
	for (size_t i = 0; i < REFUSAL_KINDS; i++)
		refused += sum(proxy, offsetof(struct counters, refusals) + i * sizeof(uint64_t));
	json_t *object = json_pack(
	    "{s:s, s:i, s:I, s:s, s:b, s:b, s:i, s:{s:I, s:I, s:I, s:I}, s:s, s:i, s:{s:I, s:I, s:I, s:I, s:I, s:I}}",
	    "version", FLYCAST_VERSION, "pid", (int)getpid(), "uptime_ms", now_ms - proxy->began_ms, "state",
	    atomic_load(&proxy->draining) ? "draining" : "serving", "former_drains", atomic_load(&proxy->former),
	    "agent", atomic_load(&proxy->agent_is_up), "threads", (int)proxy->worker_count, "connections", "open",
	    sum(proxy, offsetof(struct counters, open)), "accepted", sum(proxy, offsetof(struct counters, connections)),
	    "requests", sum(proxy, offsetof(struct counters, requests)), "refused", refused, "vip",
	    proxy->lookup ? "sk_lookup" : "freebind", "addresses_missing", (int)vip_missing(proxy->fleet.vip),
	    "registry", "seq", (json_int_t)stats.seq, "age_ms", (json_int_t)stats.fresh_ms, "reloads",
	    (json_int_t)stats.reloads, "apps", (json_int_t)stats.apps, "networks", (json_int_t)stats.networks,
	    "quarantined", (json_int_t)stats.quarantined);
	char *text = json_dumps(object, JSON_COMPACT);
	size_t len = text ? strlen(text) : 0;
	text_add(out, len ? text : "{\"version\":\"?\"", len ? len - 1 : 14);
	free(text);
	json_decref(object);
}

static void add_name(const struct site *site, void *owner)
{
	text_add(owner, site->app->name, strlen(site->app->name) + 1);
}

/* By their names, so that the feeder, who waits for readers before it goes on, waits for one app and not for all. */
static void write_apps(struct walk *walk, const struct fleet *fleet)
{
	struct text names = {0};
	fleet_each(fleet, add_name, &names);
	for (size_t at = 0; at < names.len; at += strlen(names.at + at) + 1) {
		rcu_quiescent();
		const struct site *site = fleet_site(fleet, names.at + at);
		if (site)
			write_app(walk, site);
	}
	text_free(&names);
}

void status_write(struct text *out, const struct proxy *proxy, struct bytes app)
{
	char name[SITE_NAME] = "";
	struct walk walk = {.out = out, .now_ms = clock_mono_ms()};
	write_proxy(out, proxy, walk.now_ms);
	text_put(out, ",\"apps\":[");
	if (app.len == 0) {
		write_apps(&walk, &proxy->fleet);
	} else if (app.len < sizeof name) {
		memcpy(name, app.at, app.len);
		const struct site *site = fleet_site(&proxy->fleet, name);
		if (site)
			write_app(&walk, site);
	}
	text_put(out, "]}\n");
}

enum inquiry_status status_answer(void *proxy, const struct inquiry_ask *ask, struct text *out)
{
	char app[SITE_NAME] = "";
	bool metrics = bytes_equal(ask->path, BYTES("/metrics"));
	if (ask->change || (!metrics && !bytes_equal(ask->path, BYTES("/status")))) {
		text_put(out, "GET /status, /status?app=NAME and /metrics are all there is here\n");
		return ask->change ? INQUIRY_REFUSED : INQUIRY_UNKNOWN;
	}
	if (metrics) {
		metrics_write(out, proxy);
		return INQUIRY_OK;
	}
	if (ask->query.len > 0 && !inquiry_value(app, sizeof app, ask->query, "app")) {
		text_put(out, "app is to be the name of an app\n");
		return INQUIRY_WRONG;
	}
	status_write(out, proxy, bytes_of(app));
	return INQUIRY_OK;
}
