/* machine_json.c - see machine_json.h. */
#include "command/machine_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "command/call.h"
#include "command/checks.h"
#include "command/json.h"
#include "command/machine_services.h"
#include "command/say.h"
#include "command/session.h"
#include "event.h"
#include "machine.h"
#include "registry.h"
#include "service.h"
#include "statement.h"

/* JSON that is a column: valid, because the registry checks it. */
static json_t *column_json(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	return value ? value : json_null();
}

static void put_time(json_t *object, const char *key, int64_t ms)
{
	char text[SAY_TIME];
	json_put(object, key, say_time(text, ms));
}

static json_t *guest_json(const struct guest *guest)
{
	json_t *object = json_object();
	json_put(object, "cpu_kind", guest->cpu_kind);
	json_put_number(object, "cpus", guest->cpus);
	json_put_number(object, "memory_mb", guest->memory_mb);
	return object;
}

/* "localhost:5000/team/web:1.2@sha256:..." in the parts Fly has. */
static json_t *image_json(const char *image)
{
	json_t *object = json_object();
	const char *digest = strchr(image, '@'), *slash = strchr(image, '/');
	const char *end = digest ? digest : image + strlen(image), *name = image, *tag = end;
	size_t first = slash ? (size_t)(slash - image) : 0;
	/* A host, and not the first part of a name, has a dot or a port, or is this one. */
	if (slash && slash < end &&
	    (memchr(image, '.', first) || memchr(image, ':', first) || strncmp(image, "localhost/", first + 1) == 0)) {
		json_object_set_new(object, "registry", json_stringn(image, first));
		name = slash + 1;
	}
	for (const char *at = name; at < end; at++)
		tag = *at == ':' ? at : *at == '/' ? end : tag;
	json_object_set_new(object, "repository", json_stringn(name, (size_t)(tag - name)));
	if (tag < end)
		json_object_set_new(object, "tag", json_stringn(tag + 1, (size_t)(end - tag - 1)));
	if (digest)
		json_put(object, "digest", digest + 1);
	return object;
}

static json_t *config_json(const struct machine *m, json_t *services)
{
	json_t *config = json_object(), *init = json_object(), *stop = json_object(), *restart = json_object(),
	       *dns = json_object(), *metadata = column_json(m->metadata);
	char timeout[32];
	if (!*m->image) {
		json_object_set_new(init, "exec", column_json(m->command));
	} else {
		json_put(config, "image", m->image);
		if (*m->entrypoint)
			json_object_set_new(init, "entrypoint", column_json(m->entrypoint));
		if (strcmp(m->command, MACHINE_IMAGE_COMMAND) != 0)
			json_object_set_new(init, "cmd", column_json(m->command));
	}
	json_object_set_new(config, "init", init);
	json_object_set_new(config, "env", column_json(m->env));
	if (!json_object_get(metadata, "fly_process_group"))
		json_put(metadata, "fly_process_group", m->process_group);
	json_object_set_new(config, "metadata", metadata);
	json_object_set_new(config, "services", services);
	json_put(restart, "policy", m->restart);
	json_put_number(restart, "max_retries", m->max_retries);
	json_object_set_new(config, "restart", restart);
	snprintf(timeout, sizeof timeout, "%llds", (long long)m->kill_timeout);
	json_put(stop, "timeout", timeout);
	json_put(stop, "signal", m->kill_signal);
	json_object_set_new(config, "stop_config", stop);
	json_put_switch(config, "auto_destroy", m->auto_destroy);
	if (m->guest.cpu_kind)
		json_object_set_new(config, "guest", guest_json(&m->guest));
	json_put_switch(dns, "skip_registration", m->skip_dns);
	json_object_set_new(config, "dns", dns);
	return config;
}

/* As Fly has it; NULL: the event is no exit. */
static json_t *exit_json(const char *info)
{
	int code;
	char oom[8], asked[8];
	if (sscanf(info, "exit_code=%d,oom_killed=%7[a-z],requested_stop=%7[a-z]", &code, oom, asked) != 3)
		return NULL;
	json_t *request = json_object(), *event = json_object();
	json_put_number(event, "exit_code", code);
	json_put_switch(event, "oom_killed", strcmp(oom, "true") == 0);
	json_put_switch(event, "requested_stop", strcmp(asked, "true") == 0);
	json_object_set_new(request, "exit_event", event);
	return request;
}

static json_t *events_json(struct registry *registry, const char *machine)
{
	json_t *events = json_array();
	struct statement s;
	struct event event;
	int rc;
	event_list(&s, registry, machine);
	while ((rc = event_next(&s, &event)) > 0) {
		json_t *object = json_object();
		json_put(object, "type", event.type);
		json_put(object, "status", event.status);
		json_put(object, "source", event.source);
		json_put_number(object, "timestamp", event.at);
		if (*event.info)
			json_put(object, "info", event.info);
		json_t *request = exit_json(event.info);
		if (request)
			json_object_set_new(object, "request", request);
		json_array_append_new(events, object);
	}
	statement_close(&s);
	if (rc == 0)
		return events;
	json_decref(events);
	return NULL;
}

json_t *machine_json(struct registry *registry, const struct machine *m, const struct service_row *rows, size_t count)
{
	struct check_row *checks;
	size_t check_count;
	json_t *events = events_json(registry, m->id);
	if (!events)
		return NULL;
	json_t *services = machine_services_json(registry, m, rows, count);
	if (!services || check_rows(registry, m->app, m->id, &checks, &check_count) < 0) {
		json_decref(services);
		json_decref(events);
		return NULL;
	}
	json_t *object = json_object();
	json_put(object, "id", m->id);
	json_put(object, "name", m->name);
	json_put(object, "state", m->state);
	json_put(object, "region", m->region);
	json_put(object, "instance_id", m->instance);
	json_put(object, "private_ip", m->address);
	json_put(object, "host", m->host);
	json_put(object, "ipv4", m->ipv4);
	put_time(object, "created_at", m->created_at);
	put_time(object, "updated_at", m->updated_at);
	json_put_switch(object, "cordoned", m->cordoned);
	if (m->exited)
		json_put_number(object, "exit_code", m->exit_code);
	if (m->oom_killed)
		json_put_switch(object, "oom_killed", true);
	if (*m->message)
		json_put(object, "message", m->message);
	if (*m->image)
		json_object_set_new(object, "image_ref", image_json(m->image));
	json_object_set_new(object, "config", config_json(m, services));
	json_object_set_new(object, "events", events);
	json_object_set_new(object, "checks", checks_json(checks, check_count, m->id));
	check_rows_free(checks, check_count);
	return object;
}

json_t *machine_json_list(struct registry *registry, const char *app, const struct machine *machines, size_t count)
{
	json_t *array = json_array();
	struct service_row *rows;
	size_t row_count;
	int rc = service_rows(registry, app, NULL, &rows, &row_count);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		json_t *one = machine_json(registry, &machines[i], rows, row_count);
		if (one)
			json_array_append_new(array, one);
		else
			rc = -1;
	}
	free(rows);
	if (rc == 0)
		return array;
	json_decref(array);
	return NULL;
}

json_t *machine_json_read(struct call *call, const char *id)
{
	struct service_row *rows = NULL;
	size_t count = 0;
	json_t *object = NULL;
	struct machine *m = machine_find(call->registry, NULL, id);
	if (m && service_rows(call->registry, m->app, m->id, &rows, &count) == 0)
		object = machine_json(call->registry, m, rows, count);
	free(rows);
	machine_free(m, 1);
	if (!object)
		session_failed(call);
	return object;
}

int machine_json_say(struct call *call, const char *id)
{
	json_t *object = machine_json_read(call, id);
	return object ? json_say(object) : 1;
}
