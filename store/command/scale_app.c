/* scale_app.c - see scale_app.h. */
#include "command/scale_app.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "app_config.h"
#include "base/mem.h"
#include "command/call.h"
#include "command/say.h"
#include "command/scale_plan.h"
#include "command/session.h"
#include "host.h"
#include "machine.h"
#include "region.h"
#include "registry.h"
#include "statement.h"

enum { REGIONS_MOST = 64 };

/* ------------------------------------------------------------------------------------------------ what there is */

static bool is_deployed(const struct machine *m)
{
	json_t *metadata = json_loads(m->metadata, 0, NULL);
	bool is = json_is_string(json_object_get(metadata, "fly_release_version"));
	json_decref(metadata);
	return is;
}

bool scale_app_has(const struct machine *m, const char *group)
{
	return !m->auto_destroy && strcmp(m->process_group, group) == 0;
}

/* Machines that count are those of releases; in a group without any, those that were made by hand. Others are left out by
 * clearing their group. */
static void leave_out(struct scale *s)
{
	bool *deployed = mem_new_array(s->count + 1, sizeof *deployed);
	for (size_t i = 0; i < s->count; i++)
		deployed[i] = is_deployed(&s->machines[i]);
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < s->count && !deployed[i]; k++)
			if (deployed[k] && scale_app_has(&s->machines[k], s->machines[i].process_group)) {
				s->machines[i].process_group[0] = '\0';
				break;
			}
	free(deployed);
}

static int read_release(struct scale *s)
{
	struct statement row;
	struct config_findings findings = {0};
	statement_open(&row, s->call->registry,
	               "SELECT version, config FROM release WHERE app = ?1 AND status = 'complete'"
	               " ORDER BY version DESC LIMIT 1");
	statement_bind_text(&row, 1, s->app);
	int rc = statement_step(&row);
	if (rc > 0) {
		json_t *json = json_loads(statement_text(&row, 1), 0, NULL);
		s->version = statement_number(&row, 0);
		s->config = json ? app_config_read(json, &findings) : NULL;
		json_decref(json);
	}
	statement_close(&row);
	config_findings_free(&findings);
	return rc < 0 ? session_failed(s->call) : 0;
}

void scale_app_forget(struct scale *s)
{
	machine_free(s->machines, s->count);
	app_config_free(s->config);
	s->machines = NULL;
	s->config = NULL;
	s->count = s->item_count = 0;
}

/* In the transaction that is open. 0, or 1 after a sentence. */
static int look(struct scale *s)
{
	struct app app;
	scale_app_forget(s);
	if (app_need(s->call->registry, &app, s->app) < 0 ||
	    machine_list(s->call->registry, s->app, &s->machines, &s->count) < 0)
		return session_failed(s->call);
	leave_out(s);
	return read_release(s);
}

/* ------------------------------------------------------------------------------------------------ which groups */

/* The index-th name of a process group, with repetitions; NULL: no more. */
static const char *group_at(const struct scale *s, size_t at)
{
	if (at < s->count)
		return s->machines[at].process_group;
	at -= s->count;
	if (!s->config || at >= (s->config->process_count ? s->config->process_count : 1))
		return NULL;
	return s->config->process_count ? s->config->processes[at].name : "app";
}

static bool has_group(const struct scale *s, const char *group)
{
	const char *name;
	for (size_t i = 0; (name = group_at(s, i)); i++)
		if (strcmp(name, group) == 0)
			return true;
	return false;
}

/* "app worker", each once. */
static void put_groups(const struct scale *s, struct text *out)
{
	const char *name;
	for (size_t i = 0; (name = group_at(s, i)); i++)
		if (*name && !command_word_in(text_string(out), name))
			text_format(out, "%s%s", out->len ? " " : "", name);
}

/* Those that the words named, or the default one. */
static int settle_groups(struct scale *s)
{
	struct text valid = {0};
	int code = 0;
	put_groups(s, &valid);
	for (size_t i = 0; i < s->target_count && code == 0; i++) {
		struct scale_target *t = &s->targets[i];
		bool one = valid.len && !strchr(valid.at, ' ');
		if (!*t->group && (one || has_group(s, "app")))
			snprintf(t->group, sizeof t->group, "%s", one ? valid.at : "app");
		if (!valid.len)
			code = say_refused("this app has no complete releases and no Machines. Run 'flycast deploy' to "
			                   "create one and rerun this command");
		else if (!*t->group)
			code = say_refused("--process-group is required when there is no group named 'app': the groups "
			                   "are [%s]",
			                   valid.at);
		else if (!has_group(s, t->group))
			code = say_refused("Attempting to scale unknown process groups [%s] but valid names are [%s]",
			                   t->group, valid.at);
	}
	text_free(&valid);
	return code;
}

/* ------------------------------------------------------------------------------------------------ the plan */

struct regions {
	struct scale_region items[REGIONS_MOST];
	size_t count;
};

static void add_region(struct regions *r, const char *code, size_t len)
{
	size_t at = 0;
	while (at < r->count && (strncmp(r->items[at].code, code, len) != 0 || r->items[at].code[len]))
		at++;
	if (at < r->count || len == 0 || len >= sizeof r->items[0].code || r->count == REGIONS_MOST)
		return;
	r->items[r->count] = (struct scale_region){0};
	memcpy(r->items[r->count++].code, code, len);
}

static int add_named(struct scale *s, struct regions *r)
{
	const char *list;
	for (size_t i = 0; (list = call_item(s->call, "region", i)); i++)
		for (size_t len; *list; list += len + (list[len] == ',')) {
			struct region region;
			char code[8];
			len = strcspn(list, ",");
			snprintf(code, sizeof code, "%.*s", (int)len, list);
			if (region_need(s->call->registry, &region, code) < 0)
				return session_failed(s->call);
			add_region(r, code, len);
		}
	return 0;
}

/* Those that were named; else where the group is; else where the app is, was to be, or would be. */
static int find_regions(struct scale *s, const char *group, struct regions *r)
{
	struct host host;
	if (add_named(s, r))
		return 1;
	for (int own = 1; own >= 0 && r->count == 0; own--) {
		for (size_t i = 0; i < s->count; i++)
			if (!own || scale_app_has(&s->machines[i], group))
				add_region(r, s->machines[i].region, strlen(s->machines[i].region));
	}
	if (r->count == 0 && s->config && s->config->primary_region)
		add_region(r, s->config->primary_region, strlen(s->config->primary_region));
	if (r->count == 0 && host_self(s->call->registry, &host) < 0)
		return session_failed(s->call);
	if (r->count == 0)
		add_region(r, host.region, strlen(host.region));
	return 0;
}

static int plan_group(struct scale *s, const struct scale_target *t)
{
	struct regions r = {0};
	size_t total = 0, most = (size_t)call_number(s->call, "max-per-region", 0);
	if (find_regions(s, t->group, &r))
		return 1;
	for (size_t i = 0; i < r.count; i++) {
		for (size_t k = 0; k < s->count; k++)
			r.items[i].now += scale_app_has(&s->machines[k], t->group) &&
			                  strcmp(s->machines[k].region, r.items[i].code) == 0;
		total += r.items[i].now;
	}
	if (t->sign == '-' && t->number > total)
		return say_refused("process group %s has %zu Machines in these regions: %zu cannot go", t->group, total,
		                   t->number);
	size_t wanted = t->sign == '+' ? total + t->number : t->sign == '-' ? total - t->number : t->number;
	if (scale_plan(r.items, r.count, wanted, most) < 0)
		return say_refused(
		    "the number of regions by the maximum machines per region is fewer than the expected "
		    "total: %zu regions with at most %zu Machines each have no room for %zu",
		    r.count, most, wanted);
	for (size_t i = 0; i < r.count; i++) {
		if (!r.items[i].delta)
			continue;
		s->items = mem_grow(s->items, s->item_count, &s->item_room, sizeof *s->items);
		struct scale_item *item = &s->items[s->item_count++];
		*item = (struct scale_item){.group = t->group, .delta = r.items[i].delta};
		memcpy(item->region, r.items[i].code, sizeof item->region);
	}
	return 0;
}

/* The one that a new Machine of the group is made like: one in the region comes first. NULL: there is none. */
const struct machine *scale_app_model(const struct scale *s, const struct scale_item *item)
{
	const struct machine *found = NULL;
	for (size_t i = 0; i < s->count; i++) {
		const struct machine *m = &s->machines[i];
		if (scale_app_has(m, item->group) &&
		    (!found || (strcmp(m->region, item->region) == 0 && strcmp(found->region, item->region) != 0)))
			found = m;
	}
	return found;
}

static const char *size_of(const struct scale *s, const struct scale_item *item, char out[GUEST_NAME])
{
	const struct machine *like = scale_app_model(s, item);
	const struct guest none = {0};
	guest_name(out, like ? &like->guest : &none);
	return *out ? out : "unlimited";
}

/* In the transaction that is open; out gets what is said about it. 0 or the exit code. */
int scale_app_plan(struct scale *s, struct text *out)
{
	char size[GUEST_NAME];
	int code = look(s);
	if (code == 0)
		code = settle_groups(s);
	for (size_t i = 0; i < s->target_count && code == 0; i++)
		code = plan_group(s, &s->targets[i]);
	for (size_t i = 0; i < s->item_count && code == 0; i++)
		text_format(out, "%+4ld machines for group '%s' on region '%s' of size '%s'\n", s->items[i].delta,
		            s->items[i].group, s->items[i].region, size_of(s, &s->items[i], size));
	return code;
}
