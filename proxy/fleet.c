/* fleet.c - see fleet.h. */
#include "fleet.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "proxy.h"
#include "sounder.h"
#include "vip.h"
#include "wake.h"
#include "worker.h"

static bool id_match(const void *item, const void *key)
{
	return strcmp(((const struct live_machine *)item)->id, key) == 0;
}

static bool app_match(const void *item, const void *key)
{
	return strcmp(((const struct site *)item)->app->name, key) == 0;
}

static uint64_t name_hash(const char *name)
{
	return hash_bytes(name, strlen(name), 2);
}

static bool has_work(const struct fleet *fleet, const struct live_machine *machine)
{
	const struct site *site = table_find(&fleet->by_app, name_hash(machine->app->name), app_match,
	                                     machine->app->name);
	for (uint32_t i = 0; site && i < site->service_count; i++)
		if (site->services[i].live->machine == machine && live_service_open(site->services[i].live) > 0)
			return true;
	return false;
}

/* Connections made before are worthless, whoever waits may have a Machine now, or none any more, and a request that is
 * at work in a Machine that was put to sleep by hand would wait for ever. */
static void machine_changed(struct fleet *fleet, struct live_machine *machine)
{
	workers_purge(fleet->proxy, machine);
	if (live_machine_sleeps(machine) && has_work(fleet, machine))
		workers_rouse(fleet->proxy, machine);
	if (atomic_load(&machine->app->waiting) > 0)
		wakes_nudge(fleet->proxy, machine->app);
}

static struct live_machine *find_machine(const struct fleet *fleet, const char *id)
{
	return table_find(&fleet->by_machine, name_hash(id), id_match, id);
}

/* Two threads tell states: the feeder what the registry says, the main thread what the agent says. Under the lock the
 * registry's word cannot slip in behind the agent's. */
static bool take_state(struct live_machine *machine, enum machine_state state, bool from_agent)
{
	pthread_mutex_lock(&machine->app->lock);
	if (from_agent)
		atomic_store(&machine->from_agent, true);
	bool counts = from_agent || !atomic_load(&machine->from_agent);
	bool changed = counts && live_machine_become(machine, state);
	pthread_mutex_unlock(&machine->app->lock);
	return changed;
}

/* The registry's word counts where the agent has not spoken. */
static void take_states(struct fleet *fleet, const struct catalog_app *app)
{
	for (uint32_t i = 0; i < app->machine_count; i++) {
		const struct catalog_machine *row = &app->machines[i];
		struct live_machine *live = find_machine(fleet, row->id);
		if (live && take_state(live, row->state, false))
			machine_changed(fleet, live);
	}
}

/* ----------------------------------------------------------------------------------------------- in the feeder thread */

static void put_site(struct fleet *fleet, struct site *site)
{
	table_put(&fleet->by_app, name_hash(site->app->name), app_match, site->app->name, site);
	for (uint32_t i = 0; i < site->machine_count; i++) {
		struct live_machine *live = site->machines[i].live;
		table_put(&fleet->by_machine, name_hash(live->id), id_match, live->id, live);
	}
	for (uint32_t i = 0; i < site->address_count; i++) {
		const struct in6_addr *ip = &site->addresses[i].ip;
		table_put(&fleet->by_address, hash_bytes(ip, sizeof *ip, 0), fleet_address_match, ip,
		          &site->addresses[i]);
	}
	for (uint32_t i = 0; i < site->caller_count; i++) {
		const struct in6_addr *ip = &site->callers[i].ip;
		table_put(&fleet->by_caller, hash_bytes(ip, FLEET_CALLER, 1), fleet_caller_match, ip,
		          &site->callers[i]);
	}
}

/* What the old site had and the new one, if any, has not. */
static void take_out(struct fleet *fleet, const struct site *old, const struct site *now)
{
	for (uint32_t i = 0; i < old->address_count; i++) {
		const struct in6_addr *ip = &old->addresses[i].ip;
		const struct site_address *there = fleet_address(fleet, ip);
		if (there && there->site == old)
			table_remove(&fleet->by_address, hash_bytes(ip, sizeof *ip, 0), fleet_address_match, ip);
	}
	for (uint32_t i = 0; i < old->caller_count; i++) {
		const struct in6_addr *ip = &old->callers[i].ip;
		const struct site_caller *there = fleet_caller(fleet, ip);
		if (there && there->site == old)
			table_remove(&fleet->by_caller, hash_bytes(ip, FLEET_CALLER, 1), fleet_caller_match, ip);
	}
	for (uint32_t i = 0, j = 0; i < old->machine_count; i++) {
		struct live_machine *gone = old->machines[i].live;
		while (now && j < now->machine_count && strcmp(now->machines[j].live->id, gone->id) < 0)
			j++;
		if (now && j < now->machine_count && now->machines[j].live == gone)
			continue;
		if (find_machine(fleet, gone->id) == gone)
			table_remove(&fleet->by_machine, name_hash(gone->id), id_match, gone->id);
		if (live_machine_become(gone, MACHINE_DESTROYING))
			workers_purge(fleet->proxy, gone);
	}
	if (!now)
		table_remove(&fleet->by_app, name_hash(old->app->name), app_match, old->app->name);
}

static void replace_site(struct fleet *fleet, const char *name, const struct catalog_app *app)
{
	struct site_context context = {
	    .catalog = fleet->catalog,
	    .host = fleet->host[0] ? fleet->host : NULL,
	    .region = fleet->region[0] ? fleet->region : NULL,
	    .seal = fleet->proxy->has_seal ? &fleet->proxy->seal : NULL,
	    .far = &fleet->far,
	    .threads = fleet->proxy->worker_count,
	};
	struct site *old = table_find(&fleet->by_app, name_hash(name), app_match, name);
	struct site *now = app ? site_new(app, old, &context) : NULL;
	if (now)
		put_site(fleet, now);
	if (old)
		take_out(fleet, old, now);
	if (now)
		take_states(fleet, app);
	vip_app(fleet->vip, old, now);
	if (old && atomic_load(&old->app->waiting) > 0)
		wakes_nudge(fleet->proxy, old->app);
	reclaim_later(&fleet->reclaim, site_free, old);
}

static void on_app(void *owner, const struct catalog_app *old, const struct catalog_app *now)
{
	replace_site(owner, now ? now->name : old->name, now);
}

static void rebuild(const struct site *site, void *owner)
{
	struct fleet *fleet = owner;
	const struct catalog_app *app = catalog_app(fleet->catalog, bytes_of(site->app->name));
	if (app)
		replace_site(fleet, app->name, app);
}

/* Regions where there is a host are measured, whether or not an app has Machines there. */
static void note_hosts(struct fleet *fleet, const struct catalog *catalog)
{
	size_t count;
	const struct catalog_host *hosts = catalog_hosts(catalog, &count);
	for (size_t i = 0; i < count; i++)
		far_region(&fleet->far, hosts[i].region);
	far_renew(&fleet->far, catalog, fleet->region);
	if (fleet->sounder)
		sounder_hosts(fleet->sounder, catalog, fleet->host);
}

static void on_places(void *owner, const struct catalog *catalog)
{
	struct fleet *fleet = owner;
	const struct catalog_host *host = catalog_host(catalog, fleet->host_name);
	if (!fleet->catalog) /* it is one for life; other threads read the pointer */
		fleet->catalog = catalog;
	snprintf(fleet->host, sizeof fleet->host, "%s", host ? host->name : "");
	snprintf(fleet->region, sizeof fleet->region, "%s", host ? host->region : "");
	note_hosts(fleet, catalog);
	fleet_each(fleet, rebuild, fleet);
}

static void on_round_trips(void *owner, const struct catalog *catalog)
{
	struct fleet *fleet = owner;
	far_renew(&fleet->far, catalog, fleet->region);
}

static void on_idle(void *owner)
{
	struct fleet *fleet = owner;
	reclaim_run(&fleet->reclaim);
}

struct catalog_observer fleet_observer(struct fleet *fleet)
{
	return (struct catalog_observer){.owner = fleet,
	                                 .app = on_app,
	                                 .places = on_places,
	                                 .idle = on_idle,
	                                 .round_trips = on_round_trips,
	                                 .host = fleet->host_name};
}

int fleet_init(struct fleet *fleet, struct proxy *proxy, const char *host_name)
{
	*fleet = (struct fleet){.proxy = proxy, .host_name = host_name};
	table_init(&fleet->by_address, &fleet->reclaim);
	table_init(&fleet->by_machine, &fleet->reclaim);
	table_init(&fleet->by_app, &fleet->reclaim);
	table_init(&fleet->by_caller, &fleet->reclaim);
	fleet->vip = vip_new(proxy, &fleet->reclaim);
	return fleet->vip ? 0 : -1;
}

static void free_one(const struct site *site, void *owner)
{
	(void)owner;
	site_free((struct site *)site);
}

void fleet_fini(struct fleet *fleet)
{
	vip_free(fleet->vip);
	fleet_each(fleet, free_one, NULL);
	table_fini(&fleet->by_address);
	table_fini(&fleet->by_machine);
	table_fini(&fleet->by_app);
	table_fini(&fleet->by_caller);
	far_fini(&fleet->far);
	reclaim_free(&fleet->reclaim);
}

/* ----------------------------------------------------------------------------------------------- in the main thread */

const struct site *fleet_site(const struct fleet *fleet, const char *app)
{
	return table_find(&fleet->by_app, name_hash(app), app_match, app);
}

const struct live_machine *fleet_machine(const struct fleet *fleet, const char *id)
{
	return find_machine(fleet, id);
}

void fleet_machine_state(struct fleet *fleet, const char *id, enum machine_state state)
{
	struct live_machine *live = find_machine(fleet, id);
	if (live && take_state(live, state, true)) {
		log_debug("machine state machine=%s state=%s", id, machine_state_name(state));
		machine_changed(fleet, live);
	}
}

static void forget_agent(const struct site *site, void *owner)
{
	struct fleet *fleet = owner;
	for (uint32_t i = 0; i < site->machine_count; i++)
		atomic_store(&site->machines[i].live->from_agent, false);
	const struct catalog_app *app = catalog_app(fleet->catalog, bytes_of(site->app->name));
	if (app)
		take_states(fleet, app);
}

void fleet_agent_gone(struct fleet *fleet)
{
	fleet_each(fleet, forget_agent, fleet);
}

struct visit {
	void (*visit)(const struct site *site, void *owner);
	void *owner;
};

static void visit_site(void *item, void *owner)
{
	const struct visit *visit = owner;
	visit->visit(item, visit->owner);
}

void fleet_each(const struct fleet *fleet, void (*visit)(const struct site *site, void *owner), void *owner)
{
	table_each(&fleet->by_app, visit_site, &(struct visit){visit, owner});
}
