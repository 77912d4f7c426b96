/* machine.c - see machine.h. */
#include "machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base/mem.h"
#include "base/text.h"
#include "label.h"
#include "registry.h"
#include "statement.h"

/* ------------------------------------------------------------------------------------------------ reading */

/* Columns in the order machine_from_row() reads them: the texts as in text_fields, then the numbers. */
#define COLUMNS                                                                                                        \
	" m.id, m.app, m.name, m.host, m.region, m.address, m.ipv4, m.process_group, m.command, m.env,"                \
	" (SELECT json_group_object(key, value) FROM (SELECT key, value FROM machine_metadata WHERE machine = m.id"    \
	" ORDER BY key)), m.restart, m.kill_signal, m.image, m.entrypoint, coalesce(s.state, 'created'), s.instance, " \
	"s.message,"                                                                                                   \
	" m.max_retries, m.kill_timeout, m.auto_destroy, m.skip_dns, m.cordoned, s.exit_code IS NOT NULL, "            \
	"s.exit_code, s.oom_killed, m.cpu_kind, m.cpus, m.memory_mb,"                                                  \
	" m.ask_serial, s.done_serial, m.created_at, max(m.updated_at, coalesce(s.since, 0)), coalesce(s.since, "      \
	"m.created_at), 1"
#define FROM " FROM machine m LEFT JOIN machine_state s ON s.machine = m.id AND s.host = m.host "

static const size_t text_fields[] = {offsetof(struct machine, id),          offsetof(struct machine, app),
                                     offsetof(struct machine, name),        offsetof(struct machine, host),
                                     offsetof(struct machine, region),      offsetof(struct machine, address),
                                     offsetof(struct machine, ipv4),        offsetof(struct machine, process_group),
                                     offsetof(struct machine, command),     offsetof(struct machine, env),
                                     offsetof(struct machine, metadata),    offsetof(struct machine, restart),
                                     offsetof(struct machine, kill_signal), offsetof(struct machine, image),
                                     offsetof(struct machine, entrypoint),  offsetof(struct machine, state),
                                     offsetof(struct machine, instance),    offsetof(struct machine, message)};
enum { TEXT_FIELDS = sizeof text_fields / sizeof text_fields[0] };

static char **text_field(struct machine *m, int at)
{
	return (char **)(void *)((char *)m + text_fields[at]);
}

static void machine_from_row(struct machine *m, struct statement *s)
{
	int at = TEXT_FIELDS;
	for (int i = 0; i < TEXT_FIELDS; i++)
		*text_field(m, i) = mem_text(statement_text(s, i));
	m->max_retries = statement_number(s, at++);
	m->kill_timeout = statement_number(s, at++);
	m->auto_destroy = statement_number(s, at++);
	m->skip_dns = statement_number(s, at++);
	m->cordoned = statement_number(s, at++);
	m->exited = statement_number(s, at++);
	m->exit_code = statement_number(s, at++);
	m->oom_killed = statement_number(s, at++);
	m->guest = guest_of(statement_text(s, at), statement_number(s, at + 1), statement_number(s, at + 2));
	at += 3;
	m->ask_serial = statement_number(s, at++);
	m->done_serial = statement_number(s, at++);
	m->created_at = statement_number(s, at++);
	m->updated_at = statement_number(s, at++);
	m->since = statement_number(s, at++);
	m->exists = statement_number(s, at);
}

void machine_free(struct machine *machines, size_t count)
{
	for (size_t i = 0; machines && i < count; i++)
		for (int k = 0; k < TEXT_FIELDS; k++)
			free(*text_field(&machines[i], k));
	free(machines);
}

/* Every row there is; closes the statement. */
static int read_all(struct statement *s, struct machine **out, size_t *count)
{
	size_t room = 0;
	int rc;
	*out = NULL;
	*count = 0;
	while ((rc = statement_step(s)) > 0) {
		*out = mem_grow(*out, *count, &room, sizeof **out);
		machine_from_row(&(*out)[(*count)++], s);
	}
	statement_close(s);
	if (rc == 0)
		return 0;
	machine_free(*out, *count);
	*out = NULL;
	*count = 0;
	return -1;
}

/* The exact one first; two more rows are enough to know that a beginning fits several. */
static const char sql_find[] =
    "SELECT" COLUMNS FROM "WHERE m.id IN (SELECT id FROM machine WHERE id >= ?1 AND id < ?1 || 'g'"
    " UNION SELECT id FROM machine WHERE app = ?2 AND name = ?1) AND (?2 IS NULL OR m.app = ?2)"
    " ORDER BY m.id = ?1 DESC, m.name = ?1 AND ?2 IS NOT NULL DESC, m.id LIMIT 3";

static struct machine *find_failed(struct registry *r, const char *app, const char *word, size_t count)
{
	if (count && app)
		registry_fail(r, "several Machines of app '%s' have an id that begins with %s: write more of it", app,
		              word);
	else if (count)
		registry_fail(r, "several Machines have an id that begins with %s: write more of it", word);
	else if (app)
		registry_fail(r, "machine %s was not found in app '%s': see flycast machine list -a %s", word, app,
		              app);
	else
		registry_fail(r, "machine %s was not found: name its app with --app", word);
	return NULL;
}

struct machine *machine_find(struct registry *registry, const char *app, const char *word)
{
	struct statement s;
	struct machine *found;
	size_t count;
	statement_open(&s, registry, sql_find);
	statement_bind_text(&s, 1, word);
	statement_bind_text(&s, 2, app);
	if (!*word)
		count = 0, found = NULL, statement_close(&s);
	else if (read_all(&s, &found, &count) < 0)
		return NULL;
	bool exact = count && (strcmp(found[0].id, word) == 0 || (app && strcmp(found[0].name, word) == 0));
	if (count == 1 || exact) {
		struct machine *one = mem_copy(found, sizeof *one);
		for (size_t i = 1; i < count; i++)
			for (int k = 0; k < TEXT_FIELDS; k++)
				free(*text_field(&found[i], k));
		free(found);
		return one;
	}
	machine_free(found, count);
	return find_failed(registry, app, word, count);
}

static const char sql_look[] =
    "SELECT" COLUMNS FROM "WHERE m.id = ?1"
    " UNION ALL SELECT machine, '', '', host, '', '', '', '', '[]', '{}', '{}', '', '', '', '', 'destroying', instance,"
    " message, 0, 0, 0, 0, 0, 0, NULL, 0, '', 0, 0, 0, done_serial, 0, 0, since, 0 FROM machine_state"
    " WHERE machine = ?1 AND NOT EXISTS (SELECT 1 FROM machine WHERE id = ?1) LIMIT 1";

struct machine *machine_look(struct registry *registry, const char *id, bool *failed)
{
	struct statement s;
	struct machine *found;
	size_t count;
	statement_open(&s, registry, sql_look);
	statement_bind_text(&s, 1, id);
	*failed = read_all(&s, &found, &count) < 0;
	return found;
}

int machine_was(struct registry *registry, const char *id)
{
	struct statement s;
	statement_open(&s, registry, "SELECT 1 FROM audit WHERE object = 'machine' AND key = ?1 LIMIT 1");
	statement_bind_text(&s, 1, id);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int machine_list(struct registry *registry, const char *app, struct machine **out, size_t *count)
{
	struct statement s;
	statement_open(&s, registry, "SELECT" COLUMNS FROM "WHERE m.app = ?1 ORDER BY m.process_group, m.region, m.id");
	statement_bind_text(&s, 1, app);
	return read_all(&s, out, count);
}

/* ------------------------------------------------------------------------------------------------ putting */

static bool one_of(const char *const *words, const char *word)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

static int check(struct registry *r, const struct machine_plan *plan)
{
	static const char *const restarts[] = {"no", "always", "on-failure", NULL};
	static const char *const signals[] = {"SIGHUP",  "SIGINT",  "SIGQUIT", "SIGKILL", "SIGUSR1",
	                                      "SIGUSR2", "SIGTERM", "SIGSTOP", NULL};
	static const char group_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t group_len = strlen(plan->process_group);
	if (plan->name && label_wrong(plan->name))
		return registry_fail(r, "a Machine's name %s: '%.80s'", label_wrong(plan->name), plan->name);
	if (group_len < 1 || group_len > 63 || strspn(plan->process_group, group_letters) != group_len)
		return registry_fail(r, "'%.80s' cannot be a process group: use letters, digits, - and _, at most 63",
		                     plan->process_group);
	if (!one_of(restarts, plan->restart))
		return registry_fail(r, "invalid restart provided: '%.80s' is none of no, always, on-failure",
		                     plan->restart);
	if (!one_of(signals, plan->kill_signal))
		return registry_fail(r,
		                     "'%.80s' cannot be a kill signal: use SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGUSR1, "
		                     "SIGUSR2, SIGTERM or SIGSTOP",
		                     plan->kill_signal);
	static const char image_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/@+-";
	size_t image_len = plan->image ? strlen(plan->image) : 1;
	if (image_len < 1 || image_len > 512 ||
	    (plan->image && (strspn(plan->image, image_letters) != image_len || strchr("._:/@+-", *plan->image))))
		return registry_fail(r, "'%.80s' cannot be the name of an image: write one such as nginx:1.25",
		                     plan->image);
	if (plan->kill_timeout < 0 || plan->kill_timeout > 300)
		return registry_fail(r, "a kill timeout of %" PRId64 " s is not possible: it is 0 to 300 s",
		                     plan->kill_timeout);
	return 0;
}

static int no_host(struct registry *r, const char *region)
{
	struct statement s;
	struct text regions = {0};
	int rc;
	statement_open(&s, r, "SELECT DISTINCT region FROM host ORDER BY region");
	while ((rc = statement_step(&s)) > 0)
		text_format(&regions, "%s%s", regions.len ? ", " : "", statement_text(&s, 0));
	statement_close(&s);
	if (rc == 0 && regions.len)
		registry_fail(r, "no host is in region '%.20s': hosts are in %s", region, regions.at);
	else if (rc == 0)
		registry_fail(r, "the registry has no host to run Machines on: add this one with "
		                 "flycast hosts create $(hostname) --region CODE");
	text_free(&regions);
	return -1;
}

struct place {
	char *host, *region;
	int64_t host_number, network, slot;
};

static const char sql_place[] =
    "SELECT name, region, number FROM host WHERE ?1 IS NULL OR region = ?1"
    " ORDER BY name = ?2 DESC, (SELECT count(*) FROM machine WHERE host = host.name), name LIMIT 1";

static int choose_host(struct registry *r, const struct machine_plan *plan, struct place *place)
{
	struct statement s;
	statement_open(&s, r, sql_place);
	statement_bind_text(&s, 1, plan->region);
	statement_bind_text(&s, 2, plan->host ? plan->host : "");
	int rc = statement_step(&s);
	if (rc > 0) {
		place->host = mem_text(statement_text(&s, 0));
		place->region = mem_text(statement_text(&s, 1));
		place->host_number = statement_number(&s, 2);
	}
	statement_close(&s);
	if (rc == 0)
		return no_host(r, plan->region);
	return rc < 0 ? -1 : 0;
}

static int number_of(struct registry *r, const char *sql, const char *text, int64_t number, int64_t *out)
{
	struct statement s;
	statement_open(&s, r, sql);
	statement_bind_text(&s, 1, text);
	if (number)
		statement_bind_number(&s, 2, number);
	int rc = statement_step(&s);
	*out = rc > 0 ? statement_number(&s, 0) : 0;
	statement_close(&s);
	return rc;
}

/* The next slot whose IPv4 address (slot % 1048000, index machine_ipv4) no Machine of the host has. */
static int choose_slot(struct registry *r, struct place *place)
{
	int rc = number_of(r, "SELECT value FROM counter WHERE kind = 'slot' AND scope = ?1", place->host, 0,
	                   &place->slot);
	for (int64_t used = 1; rc >= 0 && used;) {
		place->slot++;
		rc = number_of(
		    r, "SELECT EXISTS (SELECT 1 FROM machine WHERE host = ?1 AND slot % 1048000 = ?2 % 1048000)",
		    place->host, place->slot, &used);
	}
	return rc < 0 ? -1 : 0;
}

static int choose_network(struct registry *r, const char *name, struct place *place)
{
	struct app app;
	if (app_need(r, &app, name) < 0)
		return -1;
	place->network = app.network;
	return 0;
}

static int choose_name(struct registry *r, const char *app, char out[LABEL_ROOM])
{
	int64_t taken = 1;
	while (taken) {
		struct statement s;
		statement_open(&s, r, "SELECT EXISTS (SELECT 1 FROM machine WHERE app = ?1 AND name = ?2)");
		statement_bind_text(&s, 1, app);
		statement_bind_text(&s, 2, label_made_up(out));
		int rc = statement_step(&s);
		taken = rc > 0 ? statement_number(&s, 0) : 0;
		statement_close(&s);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static const char sql_put[] =
    "INSERT INTO machine (app, network, name, host, host_number, slot, region, process_group, command, env, restart,"
    " max_retries, kill_signal, kill_timeout, auto_destroy, skip_dns, ask, ask_serial, cpu_kind, cpus, memory_mb,"
    " image, entrypoint)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?17 IS NOT NULL,"
    " ?18, ?19, ?20, ?21, ?22)"
    " RETURNING id";

static int put_row(struct registry *r, const struct machine_plan *plan, const struct place *place, const char *name,
                   char id[MACHINE_ID])
{
	struct statement s;
	statement_open(&s, r, sql_put);
	const char *const texts[] = {[1] = plan->app,
	                             [3] = name,
	                             [4] = place->host,
	                             [7] = place->region,
	                             [8] = plan->process_group,
	                             [9] = plan->command,
	                             [10] = plan->env,
	                             [11] = plan->restart,
	                             [13] = plan->kill_signal,
	                             [17] = plan->start ? "start" : NULL,
	                             [18] = plan->guest.cpu_kind,
	                             [21] = plan->image,
	                             [22] = plan->entrypoint};
	for (int i = 1; i <= 22; i++)
		statement_bind_text(&s, i, texts[i]);
	statement_bind_number(&s, 2, place->network);
	statement_bind_number(&s, 5, place->host_number);
	statement_bind_number(&s, 6, place->slot);
	statement_bind_number(&s, 12, plan->max_retries);
	statement_bind_number(&s, 14, plan->kill_timeout);
	statement_bind_number(&s, 15, plan->auto_destroy);
	statement_bind_number(&s, 16, plan->skip_dns);
	if (plan->guest.cpu_kind) {
		statement_bind_number(&s, 19, plan->guest.cpus);
		statement_bind_number(&s, 20, plan->guest.memory_mb);
	}
	int rc = statement_step(&s);
	if (rc > 0)
		snprintf(id, MACHINE_ID, "%s", statement_text(&s, 0));
	/* A statement that returned its row ends only with the next step. */
	while (rc > 0)
		rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static int put_metadata(struct registry *r, const char *id, const char *metadata)
{
	struct statement s;
	statement_open(&s, r,
	               "INSERT INTO machine_metadata (machine, key, value) SELECT ?1, key, value FROM json_each(?2)"
	               " WHERE true ON CONFLICT (machine, key) DO UPDATE SET value = excluded.value"
	               " WHERE value <> excluded.value");
	statement_bind_text(&s, 1, id);
	statement_bind_text(&s, 2, metadata);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int machine_put(struct registry *registry, const struct machine_plan *plan, char id[MACHINE_ID])
{
	struct place place = {0};
	char made_up[LABEL_ROOM];
	int rc = check(registry, plan);
	if (rc == 0)
		rc = choose_network(registry, plan->app, &place);
	if (rc == 0)
		rc = choose_host(registry, plan, &place);
	if (rc == 0)
		rc = choose_slot(registry, &place);
	if (rc == 0 && !plan->name)
		rc = choose_name(registry, plan->app, made_up);
	if (rc == 0)
		rc = put_row(registry, plan, &place, plan->name ? plan->name : made_up, id);
	if (rc == 0)
		rc = put_metadata(registry, id, plan->metadata);
	free(place.host);
	free(place.region);
	return rc;
}

/* ------------------------------------------------------------------------------------------------ changing */

static const char sql_ask[] = "UPDATE machine SET ask = ?2, ask_options = ?3 WHERE id = ?1";

int machine_ask(struct registry *registry, const char *id, const char *ask, const char *options, int64_t *serial)
{
	struct statement s;
	statement_open(&s, registry, sql_ask);
	statement_bind_text(&s, 1, id);
	statement_bind_text(&s, 2, ask);
	statement_bind_text(&s, 3, options);
	int rc = statement_step(&s);
	statement_close(&s);
	if (rc == 0)
		rc = number_of(registry, "SELECT ask_serial FROM machine WHERE id = ?1", id, 0, serial);
	if (rc == 0)
		return registry_fail(registry, "machine %s has already been destroyed", id);
	return rc < 0 ? -1 : 0;
}

static int run_on(struct registry *r, const char *sql, const char *id)
{
	struct statement s;
	statement_open(&s, r, sql);
	statement_bind_text(&s, 1, id);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

#define NOW "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"

static const char sql_change[] =
    "UPDATE machine SET command = ?2, env = ?3, restart = ?4, kill_signal = ?5, cpu_kind = ?6, max_retries = ?7,"
    " kill_timeout = ?8, auto_destroy = ?9, skip_dns = ?10, cpus = ?11, memory_mb = ?12, image = ?13,"
    " entrypoint = ?14, updated_at = " NOW " WHERE id = ?1";

int machine_change(struct registry *registry, const char *id, const struct machine_plan *plan)
{
	struct statement s;
	const char *const texts[] = {[1] = id,
	                             [2] = plan->command,
	                             [3] = plan->env,
	                             [4] = plan->restart,
	                             [5] = plan->kill_signal,
	                             [6] = plan->guest.cpu_kind};
	if (check(registry, plan) < 0)
		return -1;
	statement_open(&s, registry, sql_change);
	for (int i = 1; i <= 6; i++)
		statement_bind_text(&s, i, texts[i]);
	statement_bind_text(&s, 13, plan->image);
	statement_bind_text(&s, 14, plan->entrypoint);
	statement_bind_number(&s, 7, plan->max_retries);
	statement_bind_number(&s, 8, plan->kill_timeout);
	statement_bind_number(&s, 9, plan->auto_destroy);
	statement_bind_number(&s, 10, plan->skip_dns);
	if (plan->guest.cpu_kind) {
		statement_bind_number(&s, 11, plan->guest.cpus);
		statement_bind_number(&s, 12, plan->guest.memory_mb);
	}
	int rc = statement_step(&s);
	statement_close(&s);
	return rc < 0 ? -1 : put_metadata(registry, id, plan->metadata);
}

int machine_cordon(struct registry *registry, const char *id, bool cordoned)
{
	return run_on(registry,
	              cordoned ? "UPDATE machine SET cordoned = 1, updated_at = " NOW " WHERE id = ?1 AND cordoned = 0"
	                       : "UPDATE machine SET cordoned = 0, updated_at = " NOW " WHERE id = ?1 AND cordoned = 1",
	              id);
}

int machine_delete(struct registry *registry, const char *id)
{
	return run_on(registry, "DELETE FROM machine WHERE id = ?1", id);
}
