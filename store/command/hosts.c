/* hosts.c - flycast hosts create|list|probe|distances|delete, and flycast platform regions. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/say.h"
#include "command/session.h"
#include "host.h"
#include "region.h"
#include "registry.h"
#include "statement.h"

static int create(struct call *call)
{
	const char *region = call_text(call, "region");
	if (!region)
		region = getenv("FLY_REGION");
	if (!region || !*region)
		return say_misuse(call, "create needs --region CODE");
	if (session_write(call) < 0)
		return 1;
	if (host_put(call->registry, call->args[0], region) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	printf("New host created: %s in %s\n", call->args[0], region);
	return 0;
}

static int delete (struct call *call)
{
	if (session_write(call) < 0)
		return 1;
	if (host_delete(call->registry, call->args[0]) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	printf("Host %s deleted\n", call->args[0]);
	return 0;
}

static int probe(struct call *call)
{
	const char *at = strcmp(call->args[1], "none") == 0 ? NULL : call->args[1];
	struct host host;
	if (session_write(call) < 0)
		return 1;
	if (host_probe(call->registry, call->args[0], at) < 0 || host_need(call->registry, &host, call->args[0]) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	if (at)
		printf("The proxy of host %s answers probes on %s\n", host.name, host.probe);
	else
		printf("The proxy of host %s answers no probes\n", host.name);
	return 0;
}

static int trip_rows(struct call *call, struct columns *table, json_t *all)
{
	struct statement s;
	int rc;
	statement_open(&s, call->registry,
	               "SELECT host, region, microseconds, since FROM round_trip"
	               " WHERE ?1 IS NULL OR host = ?1 ORDER BY host, microseconds, region");
	if (call->arg_count > 0)
		statement_bind_text(&s, 1, call->args[0]);
	while ((rc = statement_step(&s)) > 0) {
		char milliseconds[32];
		json_t *object = json_object();
		snprintf(milliseconds, sizeof milliseconds, "%.1f", (double)statement_number(&s, 2) / 1000);
		json_put(object, "Host", statement_text(&s, 0));
		json_put(object, "Region", statement_text(&s, 1));
		json_put_number(object, "Microseconds", statement_number(&s, 2));
		json_put_number(object, "Since", statement_number(&s, 3));
		json_array_append_new(all, object);
		columns_add(table, statement_text(&s, 0));
		columns_add(table, statement_text(&s, 1));
		columns_add(table, milliseconds);
	}
	statement_close(&s);
	return rc;
}

static int host_rows(struct call *call, struct columns *table, json_t *all)
{
	struct statement s;
	struct host host;
	int rc;
	host_list(&s, call->registry);
	while ((rc = host_next(&s, &host)) > 0) {
		json_t *object = json_object();
		json_put(object, "Name", host.name);
		json_put(object, "Region", host.region);
		json_put_number(object, "Number", host.number);
		json_put_number(object, "Machines", host.machines);
		if (host.probe[0])
			json_put(object, "Probe", host.probe);
		json_array_append_new(all, object);
		columns_add(table, host.name);
		columns_add(table, host.region);
		columns_number(table, host.number);
		columns_number(table, host.machines);
		columns_add(table, host.probe[0] ? host.probe : "none");
	}
	statement_close(&s);
	return rc;
}

static int region_rows(struct call *call, struct columns *table, json_t *all)
{
	struct statement s;
	struct region region;
	int rc;
	region_list(&s, call->registry);
	while ((rc = region_next(&s, &region)) > 0) {
		json_t *object = json_object();
		json_put(object, "code", region.code);
		json_put(object, "name", region.name);
		json_object_set_new(object, "latitude", json_real(region.latitude));
		json_object_set_new(object, "longitude", json_real(region.longitude));
		json_array_append_new(all, object);
		columns_add(table, region.name);
		columns_add(table, region.code);
	}
	statement_close(&s);
	return rc;
}

static int finish(struct call *call, int rc, struct columns *table, json_t *all)
{
	int code = 0;
	if (rc < 0)
		code = session_failed(call);
	else if (call->json)
		code = json_say(json_incref(all));
	else
		columns_print(table, NULL);
	json_decref(all);
	columns_free(table);
	return code;
}

static int list(struct call *call)
{
	struct columns table;
	if (session_read(call) < 0)
		return 1;
	json_t *all = json_array();
	columns_init(&table, "Name", "Region", "Number", "Machines", "Probe", NULL);
	int rc = host_rows(call, &table, all);
	return finish(call, rc, &table, all);
}

static int distances(struct call *call)
{
	struct columns table;
	struct host host;
	if (session_read(call) < 0)
		return 1;
	if (call->arg_count > 0 && host_need(call->registry, &host, call->args[0]) < 0)
		return session_failed(call);
	json_t *all = json_array();
	columns_init(&table, "Host", "Region", "Milliseconds", NULL);
	int rc = trip_rows(call, &table, all);
	return finish(call, rc, &table, all);
}

/* flyctl's JSON is an object around the array. */
static int regions(struct call *call)
{
	struct columns table;
	if (session_read(call) < 0)
		return 1;
	json_t *rows = json_array(), *all = json_object();
	columns_init(&table, "Name", "Code", NULL);
	int rc = region_rows(call, &table, rows);
	json_object_set_new(all, "Regions", rows);
	return finish(call, rc, &table, all);
}

static const struct command_flag create_flags[] = {
    {"region", 'r', FLAG_TEXT, "CODE", "where it is (default $FLY_REGION)", NULL, NULL}, {0}};

static const struct command hosts_commands[] = {{.name = "create",
                                                 .args = "NAME",
                                                 .summary = "Add a host; NAME is what hostname says there",
                                                 .examples = "flycast hosts create edge-2 --region ams",
                                                 .min_args = 1,
                                                 .max_args = 1,
                                                 .flags = create_flags,
                                                 .run = create},
                                                {.name = "list",
                                                 .aliases = "ls",
                                                 .summary = "List hosts",
                                                 .examples = "flycast hosts list",
                                                 .takes = TAKES_JSON,
                                                 .run = list},
                                                {.name = "probe",
                                                 .args = "NAME ADDRESS:PORT|none",
                                                 .summary = "Say where a host's proxy answers probes of the others'",
                                                 .examples = "flycast hosts probe edge-2 192.0.2.7:7946",
                                                 .min_args = 2,
                                                 .max_args = 2,
                                                 .run = probe},
                                                {.name = "distances",
                                                 .args = "[NAME]",
                                                 .summary = "List what hosts measured to the regions",
                                                 .examples = "flycast hosts distances edge-2",
                                                 .max_args = 1,
                                                 .takes = TAKES_JSON,
                                                 .run = distances},
                                                {.name = "delete",
                                                 .aliases = "destroy remove rm",
                                                 .args = "NAME",
                                                 .summary = "Delete a host that has no Machines",
                                                 .examples = "flycast hosts delete edge-2",
                                                 .min_args = 1,
                                                 .max_args = 1,
                                                 .run = delete},
                                                {0}};

const struct command hosts_command = {
    .name = "hosts", .aliases = "host", .summary = "Hosts: Linux machines with an agent", .commands = hosts_commands};

static const struct command platform_commands[] = {{.name = "regions",
                                                    .summary = "List regions",
                                                    .examples = "flycast platform regions",
                                                    .takes = TAKES_JSON,
                                                    .run = regions},
                                                   {0}};

const struct command platform_command = {
    .name = "platform", .summary = "What there is to run on", .commands = platform_commands};
