/* spec.c - see spec.h. */
#include "spec.h"

#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "statement.h"

/* In the order of SPEC_COLUMNS. */
enum column {
	COLUMN_ID,
	COLUMN_APP,
	COLUMN_ADDRESS,
	COLUMN_IPV4,
	COLUMN_NETWORK,
	COLUMN_SLOT,
	COLUMN_REGION,
	COLUMN_GROUP,
	COLUMN_COMMAND,
	COLUMN_ENV,
	COLUMN_RESTART,
	COLUMN_MAX_RETRIES,
	COLUMN_KILL_SIGNAL,
	COLUMN_KILL_TIMEOUT,
	COLUMN_AUTO_DESTROY,
	COLUMN_ASK,
	COLUMN_ASK_OPTIONS,
	COLUMN_ASK_SERIAL,
	COLUMN_UPDATED_AT,
	COLUMN_CHECKS,
	COLUMN_RELEASE,
	COLUMN_SECRETS,
	COLUMN_CPU_KIND,
	COLUMN_CPUS,
	COLUMN_MEMORY,
	COLUMN_IMAGE,
	COLUMN_ENTRYPOINT,
	COLUMN_STATE,
	COLUMN_SINCE,
	COLUMN_RUN,
	COLUMN_RESTARTS,
	COLUMN_EXIT_CODE,
	COLUMN_OOM_KILLED,
	COLUMN_DONE_SERIAL,
	COLUMN_CHECKED
};

int spec_signal(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} signals[] = {{"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"KILL", SIGKILL},
	               {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"TERM", SIGTERM}, {"STOP", SIGSTOP}};
	char *end;
	long number = strtol(name, &end, 10);
	if (end != name)
		return *end == '\0' && number > 0 && number < 32 ? (int)number : 0;
	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		if (strcmp(name, signals[i].name) == 0)
			return signals[i].number;
	return 0;
}

static char **read_command(const char *json)
{
	json_t *list = json_loads(json, 0, NULL);
	size_t count = json_array_size(list);
	char **command = count ? mem_new_array(count + 1, sizeof *command) : NULL;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (!text) {
			for (size_t k = 0; k < i; k++)
				free(command[k]);
			free(command);
			command = NULL;
			break;
		}
		command[i] = mem_text(text);
	}
	json_decref(list);
	return command;
}

static void add_env(struct spec *s, size_t *count, const char *key, const char *value)
{
	struct text entry = {0};
	size_t len = strlen(key);
	text_format(&entry, "%s=%s", key, value);
	size_t at = 0;
	while (at < *count && (strncmp(s->env[at], key, len) != 0 || s->env[at][len] != '='))
		at++;
	if (at < *count)
		free(s->env[at]);
	else
		++*count;
	s->env[at] = entry.at;
}

/* The row's own variables come last and may replace the ones every Machine has. */
static void read_env(struct spec *s, struct statement *row)
{
	char memory[24];
	const struct {
		const char *key;
		const char *value;
	} given[] = {
	    {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	    {"HOME", "/"},
	    {"LANG", "C.UTF-8"},
	    {"FLY_APP_NAME", s->app},
	    {"FLY_MACHINE_ID", s->id},
	    {"FLY_ALLOC_ID", s->id},
	    {"FLY_REGION", statement_text(row, COLUMN_REGION)},
	    {"PRIMARY_REGION", statement_text(row, COLUMN_REGION)},
	    {"FLY_PROCESS_GROUP", statement_text(row, COLUMN_GROUP)},
	    {"FLY_PRIVATE_IP", s->address},
	    {"FLY_MACHINE_VERSION", statement_text(row, COLUMN_UPDATED_AT)},
	};
	enum { GIVEN = sizeof given / sizeof given[0] };
	size_t count = 0;
	const char *key;
	json_t *value, *own = json_loads(statement_text(row, COLUMN_ENV), 0, NULL);
	s->env = mem_new_array(GIVEN + 2 + json_object_size(own) + 1, sizeof *s->env);
	/* An image says the first three itself. */
	for (size_t i = s->image ? 3 : 0; i < GIVEN; i++)
		add_env(s, &count, given[i].key, given[i].value);
	if (s->image)
		add_env(s, &count, "FLY_IMAGE_REF", s->image);
	snprintf(memory, sizeof memory, "%" PRId64, s->guest.memory_mb);
	if (s->guest.cpu_kind)
		add_env(s, &count, "FLY_VM_MEMORY_MB", memory);
	json_object_foreach(own, key, value)
	{
		if (json_is_string(value) && *key && !strchr(key, '='))
			add_env(s, &count, key, json_string_value(value));
	}
	json_decref(own);
}

static void read_ask(struct spec *s, struct statement *row)
{
	static const struct {
		const char *name;
		enum event event;
	} asks[] = {
	    {"start", EVENT_START}, {"stop", EVENT_STOP}, {"suspend", EVENT_SUSPEND}, {"restart", EVENT_RESTART}};
	const char *name = statement_text(row, COLUMN_ASK);
	s->ask_timeout = -1;
	s->ask_serial = statement_number(row, COLUMN_ASK_SERIAL);
	for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
		if (strcmp(name, asks[i].name) != 0)
			continue;
		s->has_ask = true;
		s->ask = asks[i].event;
	}
	json_t *options = json_loads(statement_text(row, COLUMN_ASK_OPTIONS), 0, NULL);
	const char *signal = json_string_value(json_object_get(options, "signal"));
	json_t *timeout = json_object_get(options, "timeout");
	if (signal)
		s->ask_signal = spec_signal(signal);
	if (json_is_number(timeout) && json_number_value(timeout) >= 0)
		s->ask_timeout = (int64_t)(json_number_value(timeout) < 300 ? json_number_value(timeout) : 300);
	json_decref(options);
}

static void read_past(struct spec_past *past, struct statement *row)
{
	*past = (struct spec_past){.checked = statement_number(row, COLUMN_CHECKED) != 0};
	if (!machine_state_parse(&past->state, statement_text(row, COLUMN_STATE)))
		return;
	past->known = true;
	past->since = statement_number(row, COLUMN_SINCE);
	snprintf(past->run, sizeof past->run, "%s", statement_text(row, COLUMN_RUN));
	past->restarts = (uint32_t)statement_number(row, COLUMN_RESTARTS);
	past->has_exit = !statement_null(row, COLUMN_EXIT_CODE);
	past->exit_code = (int)statement_number(row, COLUMN_EXIT_CODE);
	past->oom = statement_number(row, COLUMN_OOM_KILLED) != 0;
	past->done_serial = statement_number(row, COLUMN_DONE_SERIAL);
}

struct spec *spec_read(struct statement *row, struct spec_past *past)
{
	struct spec *s = mem_new(sizeof *s);
	snprintf(s->id, sizeof s->id, "%s", statement_text(row, COLUMN_ID));
	s->app = mem_text(statement_text(row, COLUMN_APP));
	s->address = mem_text(statement_text(row, COLUMN_ADDRESS));
	s->ipv4 = mem_text(statement_text(row, COLUMN_IPV4));
	s->network = (uint32_t)statement_number(row, COLUMN_NETWORK);
	s->slot = (uint32_t)statement_number(row, COLUMN_SLOT);
	s->command = read_command(statement_text(row, COLUMN_COMMAND));
	if (!restart_policy_parse(&s->restart.policy, statement_text(row, COLUMN_RESTART)))
		s->restart.policy = RESTART_NO;
	s->restart.max_retries = (uint32_t)statement_number(row, COLUMN_MAX_RETRIES);
	s->kill_signal = spec_signal(statement_text(row, COLUMN_KILL_SIGNAL));
	s->kill_timeout = (uint32_t)statement_number(row, COLUMN_KILL_TIMEOUT);
	s->auto_destroy = statement_number(row, COLUMN_AUTO_DESTROY) != 0;
	if (!statement_null(row, COLUMN_CHECKS))
		s->checks = mem_text(statement_text(row, COLUMN_CHECKS));
	if (!statement_null(row, COLUMN_RELEASE))
		s->release = mem_text(statement_text(row, COLUMN_RELEASE));
	if (!statement_null(row, COLUMN_SECRETS))
		s->secrets = mem_text(statement_text(row, COLUMN_SECRETS));
	s->guest = guest_of(statement_text(row, COLUMN_CPU_KIND), statement_number(row, COLUMN_CPUS),
	                    statement_number(row, COLUMN_MEMORY));
	if (!statement_null(row, COLUMN_IMAGE))
		s->image = mem_text(statement_text(row, COLUMN_IMAGE));
	if (s->image && !statement_null(row, COLUMN_ENTRYPOINT))
		s->entrypoint = read_command(statement_text(row, COLUMN_ENTRYPOINT));
	read_env(s, row);
	read_ask(s, row);
	read_past(past, row);
	return s;
}

const char *spec_row_id(struct statement *row)
{
	return statement_text(row, COLUMN_ID);
}

const char *spec_row_app(struct statement *row)
{
	return statement_text(row, COLUMN_APP);
}

uint64_t spec_row_hash(struct statement *row)
{
	uint64_t hash = 0;
	for (int column = COLUMN_ID; column < COLUMN_STATE; column++) {
		const char *text = statement_text(row, column);
		hash = hash_bytes(text, strlen(text), hash + (uint64_t)statement_null(row, column));
	}
	return hash ? hash : 1;
}

static void free_list(char **list)
{
	for (char **at = list; at && *at; at++)
		free(*at);
	free(list);
}

void spec_free(struct spec *spec)
{
	if (!spec)
		return;
	free(spec->app);
	free(spec->address);
	free(spec->ipv4);
	free(spec->checks);
	free(spec->release);
	free(spec->secrets);
	free(spec->image);
	free_list(spec->command);
	free_list(spec->entrypoint);
	free_list(spec->env);
	free(spec);
}
