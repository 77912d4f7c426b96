/* check.h - tables service_check and check_state: what the agent asks a service again and again, and how that went.
 * Writing happens inside the caller's transaction; failures leave registry_error().
 *
 * What one --check of the command line says:  PORT/tcp  or  PORT/http[:PATH]  or  PORT/https[:PATH]  then  [,KEY=VALUE]...
 *
 *   8080/tcp                                        a connection to the Machine's port 8080 is enough
 *   8080/http:/health,interval=10s,timeout=2s       GET /health is answered 2xx
 *   8080/http,method=HEAD,header=Host: example.org  another method, a field of the request
 *
 * Keys are those of fly.toml: interval, timeout, grace_period ("10s", "500ms"), method, tls_server_name, tls_skip_verify, and
 * header, which may be repeated.
 * No comma can be in a path or a header here; the registry and fly.toml take them. */
#ifndef STORE_CHECK_H
#define STORE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct registry;

struct check { /* a zeroed one with a port and -1 in the three times is a tcp check with all defaults */
	uint16_t internal_port;
	bool http;
	bool https;                              /* http as well: over TLS */
	bool tls_skip_verify;                    /* any certificate will do */
	int64_t interval, timeout, grace_period; /* milliseconds; -1: the default */
	char *method, *path;                     /* owned; NULL: GET, / */
	char *headers;                           /* owned; JSON object of strings; NULL: none */
	char *tls_server_name;                   /* owned; NULL: <app>.flycast */
};

/* 0, or -1 with a sentence appended to why; *out is to be freed in both cases. */
int check_parse(struct check *out, const char *spec, struct text *why);
void check_fini(struct check *check);

/* Adds them to the Machine's services, which are there already, numbered behind those each has. 0 or -1. */
int check_put(struct registry *registry, const char *machine, const struct check *checks, size_t count);
int check_copy(struct registry *registry, const char *from_machine, const char *to_machine);

struct check_row { /* a check and how it goes; texts are owned and never NULL */
	char machine[15];
	char *name;   /* servicecheck-00-http-8080 */
	char *status; /* passing critical; warning: not known yet, or the Machine does not run */
	char *output;
	int64_t since; /* ms; 0: no status yet */
};
/* Of an app, by Machine and name; machine NULL: of all its Machines. */
int check_rows(struct registry *registry, const char *app, const char *machine, struct check_row **out, size_t *count);
void check_rows_free(struct check_row *rows, size_t count);

#endif
