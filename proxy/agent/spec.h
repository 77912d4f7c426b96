/* spec.h - a Machine's row as the agent needs it: what to run, where, and what was asked. Never changes once it was read.
 * Owns its texts. */
#ifndef AGENT_SPEC_H
#define AGENT_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest.h"
#include "lifecycle.h"
#include "restart.h"

struct registry;
struct statement;

enum { SPEC_ID = 15, SPEC_RUN = 27 }; /* 14 hex digits, 26 letters, and NUL */

struct spec {
	char id[SPEC_ID];
	char *app;
	char *address; /* 6PN, RFC 5952 */
	char *ipv4;
	char **command; /* NULL-terminated, at least one; NULL when the row's is unusable; "" alone: the image's own */
	char **env;     /* NULL-terminated KEY=VALUE: what Fly gives every Machine, then the row's; without secrets */
	uint32_t network;
	uint32_t slot;
	struct restart_rule restart;
	int kill_signal;
	uint32_t kill_timeout; /* seconds */
	bool auto_destroy;
	struct guest guest; /* its size */
	char *image;        /* NULL: a command among the host's files */
	char **entrypoint;  /* over the image's, NULL-terminated; NULL: the image's own */
	char *checks;       /* of its services, JSON as SPEC_CHECKS has it; NULL: none */
	char *
	    secrets; /* of its app, JSON as SPEC_SECRETS has it, values sealed (environment.h opens them); NULL: none */
	char *release; /* where its folder is: "<app>/<image>"; NULL: it is of no release */

	/* what was asked last */
	bool has_ask;
	enum event ask;
	int64_t ask_serial;
	int ask_signal;      /* 0: kill_signal */
	int64_t ask_timeout; /* seconds; -1: kill_timeout */
};

/* What an agent wrote about it before. */
struct spec_past {
	bool known; /* there is a row */
	enum machine_state state;
	int64_t since;
	char run[SPEC_RUN];
	uint32_t restarts;
	bool has_exit;
	int exit_code;
	bool oom; /* in that run */
	int64_t done_serial;
	bool checked; /* there are states of its checks */
};

/* port, number, name, http?, interval, timeout, grace period, method, path, headers, https?, server name, any certificate? */
#define SPEC_CHECKS                                                                                                    \
	"(SELECT nullif(json_group_array(json_array(internal_port, number, name, type = 'http', interval, timeout,"    \
	" grace_period, method, path, headers, scheme = 'https', coalesce(tls_server_name, m.app || '.flycast'),"      \
	" tls_skip_verify)), '[]') FROM service_check WHERE machine = m.id)"

/* name, version, sealed value of each that the Machine was given (0015_secrets.sql) */
#define SPEC_SECRETS                                                                                                   \
	"(SELECT nullif(json_group_array(json_array(name, version, value)), '[]') FROM secret x WHERE app = m.app"     \
	" AND value IS NOT NULL AND version = (SELECT max(version) FROM secret WHERE app = m.app AND name = x.name"    \
	" AND version <= m.secrets_version))"

/* The folder that belongs to it, by its metadata. */
#define SPEC_RELEASE                                                                                                   \
	"(SELECT r.app || '/' || r.image FROM machine_metadata d JOIN release r ON r.app = m.app"                      \
	" AND r.version = CAST(d.value AS INTEGER) WHERE d.machine = m.id AND d.key = 'fly_release_version')"

/* Columns of spec_read(), from tables machine m and machine_state s. */
#define SPEC_COLUMNS                                                                                                   \
	"m.id, m.app, m.address, m.ipv4, m.network, m.slot, m.region, m.process_group, m.command, m.env, m.restart,"   \
	" m.max_retries, m.kill_signal, m.kill_timeout, m.auto_destroy, m.ask, m.ask_options, m.ask_serial,"           \
	" m.updated_at, " SPEC_CHECKS ", " SPEC_RELEASE ", " SPEC_SECRETS ", m.cpu_kind, m.cpus, m.memory_mb,"         \
	" m.image, m.entrypoint, s.state, s.since, s.instance, s.restarts, s.exit_code, s.oom_killed, s.done_serial,"  \
	" EXISTS (SELECT 1 FROM check_state WHERE machine = m.id)"

/* Never NULL. What is unusable in the row shows when the Machine is started. */
struct spec *spec_read(struct statement *row, struct spec_past *past);
/* What can be told of the row without reading it; texts are valid until the next step. */
const char *spec_row_id(struct statement *row);
const char *spec_row_app(struct statement *row);
uint64_t spec_row_hash(struct statement *row); /* of everything but the state; never 0 */
void spec_free(struct spec *spec);             /* NULL is fine */

/* "SIGTERM" or "TERM" or "15". 0: none of them. */
int spec_signal(const char *name);

#endif
