/* fleet.c - see fleet.h. */
#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "builder.h"
#include "control.h"
#include "follow.h"
#include "process.h"
#include "tenant.h"
#include "writer.h"

struct fleet {
	struct fleet_parts parts;
	struct tenant_world world;
	struct tenant_counts counts;
	struct table tenants; /* by id; one thread */
	struct reclaim reclaim;
	uint32_t *networks; /* this host answers for, sorted */
	size_t network_count;
	bool read; /* the first batch was handled */
};

/* ---------------------------------------------------------------------------------------- the table */

static uint64_t hash_id(const char *id)
{
	return hash_bytes(id, strlen(id), 0);
}

static bool match_id(const void *item, const void *key)
{
	const struct tenant *tenant = item;
	return strcmp(tenant->spec->id, key) == 0;
}

static struct tenant *find(const struct fleet *f, const char *id)
{
	return table_find(&f->tenants, hash_id(id), match_id, id);
}

static void add(struct fleet *f, struct spec *spec, const struct spec_past *past)
{
	struct tenant *tenant = tenant_new(&f->world, spec, past);
	table_put(&f->tenants, hash_id(tenant->spec->id), match_id, tenant->spec->id, tenant);
}

/* The tenants that were there when it was asked; visiting one may remove it or add others. */
struct list {
	struct tenant **tenants;
	size_t count;
};

static void collect(void *item, void *owner)
{
	struct list *list = owner;
	list->tenants[list->count++] = item;
}

static struct list all_of(const struct fleet *f)
{
	struct list list = {.tenants = mem_new_array(f->tenants.count + 1, sizeof(struct tenant *))};
	table_each(&f->tenants, collect, &list);
	return list;
}

/* ---------------------------------------------------------------------------------------- the tenants' world */

static void on_answer(void *owner, struct client *client, const struct ask *ask)
{
	struct fleet *f = owner;
	control_send(f->parts.control, client, ask);
}

static void on_announce(void *owner, const struct ask *ask)
{
	struct fleet *f = owner;
	control_broadcast(f->parts.control, ask);
}

static void on_removed(void *owner, struct tenant *tenant)
{
	struct fleet *f = owner;
	struct spec *again = tenant->returned ? tenant->spec : NULL;
	table_remove(&f->tenants, hash_id(tenant->spec->id), match_id, tenant->spec->id);
	if (again)
		tenant->spec = NULL;
	tenant_free(tenant);
	if (again)
		add(f, again, &(struct spec_past){0});
}

/* ---------------------------------------------------------------------------------------- networks */

static int compare_ids(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return left < right ? -1 : left > right;
}

static bool has_network(const struct fleet *f, uint32_t id)
{
	return f->network_count && bsearch(&id, f->networks, f->network_count, sizeof id, compare_ids);
}

static void submit_network(struct fleet *f, uint32_t id, bool there)
{
	const struct builder_job job = {.kind = there ? BUILDER_NETWORK : BUILDER_NETWORK_REMOVE,
	                                .place = {.network = id}};
	builder_submit(f->parts.builder, &job);
}

static void change_network(struct fleet *f, uint32_t id, bool there)
{
	if (has_network(f, id) == there)
		return;
	if (there) {
		f->networks = mem_resize(f->networks, (f->network_count + 1) * sizeof *f->networks);
		f->networks[f->network_count++] = id;
		qsort(f->networks, f->network_count, sizeof *f->networks, compare_ids);
	} else {
		uint32_t *at = bsearch(&id, f->networks, f->network_count, sizeof id, compare_ids);
		size_t index = (size_t)(at - f->networks);
		memmove(at, at + 1, (--f->network_count - index) * sizeof *at);
	}
	submit_network(f, id, there);
}

static void replace_networks(struct fleet *f, const struct follow_batch *b)
{
	uint32_t *now = mem_new_array(b->network_count + 1, sizeof *now);
	for (size_t i = 0; i < b->network_count; i++) {
		now[i] = b->networks[i].id;
		if (f->read && !has_network(f, now[i]))
			submit_network(f, now[i], true);
	}
	for (size_t i = 0; i < f->network_count; i++)
		if (!b->network_count || !bsearch(&f->networks[i], now, b->network_count, sizeof *now, compare_ids))
			submit_network(f, f->networks[i], false);
	free(f->networks);
	f->networks = now;
	f->network_count = b->network_count;
}

/* Before the first tenant: the filter has to know those that run already in the same step in which it is laid. */
static void reset_builder(struct fleet *f, const struct follow_batch *b)
{
	struct builder_job job = {.kind = BUILDER_RESET};
	job.places = mem_new_array(b->machine_count + 1, sizeof *job.places);
	for (size_t i = 0; i < b->machine_count; i++)
		if (process_place(&job.places[job.count], b->machines[i].spec))
			job.count++;
	job.networks = mem_copy(f->networks, (f->network_count + 1) * sizeof *f->networks);
	job.network_count = f->network_count;
	builder_submit(f->parts.builder, &job);
}

/* ---------------------------------------------------------------------------------------- batches */

static bool names_app(const struct follow_batch *b, const char *app)
{
	for (size_t i = 0; i < b->app_count; i++)
		if (strcmp(b->apps[i], app) == 0)
			return true;
	return false;
}

static int compare_machines(const void *a, const void *b)
{
	const struct follow_machine *left = a, *right = b;
	return strcmp(left->id, right->id);
}

static int compare_key(const void *key, const void *item)
{
	const struct follow_machine *machine = item;
	return strcmp(key, machine->id);
}

static bool has_machine(const struct follow_batch *b, const char *id)
{
	return b->machine_count && bsearch(id, b->machines, b->machine_count, sizeof *b->machines, compare_key);
}

static void destroy_missing(struct fleet *f, const struct follow_batch *b)
{
	struct list list = all_of(f);
	for (size_t i = 0; i < list.count; i++) {
		struct tenant *tenant = list.tenants[i];
		if ((b->full || names_app(b, tenant->spec->app)) && !has_machine(b, tenant->spec->id))
			tenant_destroy(tenant);
	}
	free(list.tenants);
}

static void take_machines(struct fleet *f, struct follow_batch *b)
{
	for (size_t i = 0; i < b->machine_count; i++) {
		struct spec *spec = b->machines[i].spec;
		if (!spec)
			continue;
		struct tenant *tenant = find(f, spec->id);
		if (tenant)
			tenant_update(tenant, spec, b->full ? &b->machines[i].past : NULL);
		else
			add(f, spec, &b->machines[i].past);
		b->machines[i].spec = NULL;
	}
}

static bool is_ours(void *owner, const char *id)
{
	return find(owner, id) != NULL;
}

void fleet_follow(void *fleet, struct follow_batch *batch)
{
	struct fleet *f = fleet;
	if (batch->machine_count)
		qsort(batch->machines, batch->machine_count, sizeof *batch->machines, compare_machines);
	if (batch->full)
		replace_networks(f, batch);
	else
		for (size_t i = 0; i < batch->network_count; i++)
			change_network(f, batch->networks[i].id, batch->networks[i].there);
	if (!f->read)
		reset_builder(f, batch);
	destroy_missing(f, batch);
	take_machines(f, batch);
	for (size_t i = 0; i < batch->orphan_count; i++)
		if (!find(f, batch->orphans[i]))
			writer_forget(f->parts.writer, batch->orphans[i]);
	if (!f->read)
		f->parts.sweep(f->parts.driver, is_ours, f);
	f->read = true;
	reclaim_run(&f->reclaim);
}

/* ---------------------------------------------------------------------------------------- clients */

void fleet_greet(void *fleet, struct client *client)
{
	struct fleet *f = fleet;
	struct list list = all_of(f);
	for (size_t i = 0; i < list.count; i++) {
		struct ask ask = tenant_state(list.tenants[i]);
		control_send(f->parts.control, client, &ask);
	}
	free(list.tenants);
}

static void explain(struct fleet *f, struct client *client, struct tenant *tenant, uint32_t serial)
{
	struct text text = {0};
	struct ask told = tenant_state(tenant);
	told.verb = ASK_TOLD;
	told.serial = serial;
	if (tenant->instance)
		f->parts.driver->explain(tenant->instance, &text);
	told.text = text_string(&text);
	control_send(f->parts.control, client, &told);
	text_free(&text);
}

/* What the proxy measured; it knows nothing of tables. */
static void note_away(struct fleet *f, const char *text)
{
	struct ask_away away;
	struct text json = {0};
	int rc;
	text_put(&json, "{");
	while ((rc = ask_away_next(&away, &text)) > 0)
		text_format(&json, "%s\"%s\":%u", json.len > 1 ? "," : "", away.region, away.microseconds);
	text_put(&json, "}");
	if (rc == 0)
		writer_away(f->parts.writer, text_string(&json));
	else
		log_warn("proxy said something of distances that is none");
	text_free(&json);
}

void fleet_asked(void *fleet, struct client *client, const struct ask *ask)
{
	struct fleet *f = fleet;
	if (ask->verb == ASK_AWAY) {
		note_away(f, ask->text);
		return;
	}
	struct tenant *tenant = find(f, ask->machine);
	if (!tenant) {
		struct ask error = *ask;
		error.verb = ASK_ERROR;
		error.state = MACHINE_CREATED;
		error.text = "there is no such Machine on this host";
		control_send(f->parts.control, client, &error);
	} else if (ask->verb == ASK_EXPLAIN) {
		explain(f, client, tenant, ask->serial);
	} else {
		tenant_ask(tenant, client, ask);
	}
}

void fleet_left(void *fleet, struct client *client)
{
	struct fleet *f = fleet;
	struct list list = all_of(f);
	for (size_t i = 0; i < list.count; i++)
		tenant_leave(list.tenants[i], client);
	free(list.tenants);
}

/* ---------------------------------------------------------------------------------------- metrics */

struct census {
	uint64_t machines[MACHINE_DESTROYING + 1];
};

static void count_state(void *item, void *owner)
{
	const struct tenant *tenant = item;
	struct census *census = owner;
	census->machines[lifecycle_state(tenant->phase)]++;
}

void fleet_metrics(void *fleet, struct text *out)
{
	struct fleet *f = fleet;
	struct census census = {0};
	table_each(&f->tenants, count_state, &census);
	text_put(
	    out,
	    "# HELP flycast_agent_machines Machines of this host by state.\n# TYPE flycast_agent_machines gauge\n");
	for (enum machine_state state = MACHINE_CREATED; state <= MACHINE_DESTROYING; state++)
		text_format(out, "flycast_agent_machines{state=\"%s\"} %ju\n", machine_state_name(state),
		            (uintmax_t)census.machines[state]);
	text_format(out,
	            "# HELP flycast_agent_start_seconds From the wish to the executed command.\n"
	            "# TYPE flycast_agent_start_seconds summary\n"
	            "flycast_agent_start_seconds_count %ju\n"
	            "flycast_agent_start_seconds_sum %.6f\n"
	            "# HELP flycast_agent_start_failures_total Starts that failed.\n"
	            "# TYPE flycast_agent_start_failures_total counter\n"
	            "flycast_agent_start_failures_total %ju\n"
	            "# HELP flycast_agent_crashes_total Ends that nobody asked for, with another code than 0.\n"
	            "# TYPE flycast_agent_crashes_total counter\n"
	            "flycast_agent_crashes_total %ju\n",
	            (uintmax_t)f->counts.starts, (double)f->counts.start_us / 1e6, (uintmax_t)f->counts.failures,
	            (uintmax_t)f->counts.crashes);
}

/* ---------------------------------------------------------------------------------------- coming and going */

struct fleet *fleet_new(void)
{
	struct fleet *f = mem_new(sizeof *f);
	table_init(&f->tenants, &f->reclaim);
	return f;
}

void fleet_join(struct fleet *fleet, const struct fleet_parts *parts)
{
	fleet->parts = *parts;
	fleet->world = (struct tenant_world){.counts = &fleet->counts,
	                                     .loop = parts->loop,
	                                     .driver = parts->driver,
	                                     .writer = parts->writer,
	                                     .owner = fleet,
	                                     .answer = on_answer,
	                                     .announce = on_announce,
	                                     .removed = on_removed};
}

size_t fleet_free(struct fleet *fleet)
{
	size_t alive = 0;
	if (!fleet)
		return 0;
	struct list list = all_of(fleet);
	for (size_t i = 0; i < list.count; i++) {
		alive += list.tenants[i]->alive;
		tenant_free(list.tenants[i]);
	}
	free(list.tenants);
	table_fini(&fleet->tenants);
	reclaim_free(&fleet->reclaim);
	free(fleet->networks);
	free(fleet);
	return alive;
}
