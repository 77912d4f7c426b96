/* check.c - see check.h. */
#include "check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "registry.h"
#include "statement.h"

/* ------------------------------------------------------------------------------------------------ the command line */

static int bad(struct text *why, const char *spec, const char *problem)
{
	text_format(why, "--check %.120s: %s", spec, problem);
	return -1;
}

/* Cuts the part before the first comma off *rest; *rest is NULL when there was none. free() it. */
static char *next_part(const char **rest)
{
	struct text part = {0};
	const char *comma = strchr(*rest, ',');
	text_add(&part, *rest, comma ? (size_t)(comma - *rest) : strlen(*rest));
	text_add(&part, "", 0);
	*rest = comma ? comma + 1 : NULL;
	return part.at ? part.at : mem_text("");
}

static int read_time(int64_t *out, const char *value, int64_t least, int64_t most)
{
	double seconds;
	if (!number_seconds(&seconds, value))
		return -1;
	double ms = seconds * 1000;
	if (ms < (double)least || ms > (double)most)
		return -1;
	*out = (int64_t)(ms + 0.5);
	return 0;
}

static bool is_token(const char *text, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	return len > 0 && strspn(text, letters) >= len;
}

static int add_header(struct check *c, const char *value)
{
	const char *colon = strchr(value, ':');
	if (!colon || !is_token(value, (size_t)(colon - value)))
		return -1;
	const char *text = colon + 1 + strspn(colon + 1, " ");
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return -1;
	json_t *headers = c->headers ? json_loads(c->headers, 0, NULL) : json_object();
	char *now = NULL;
	if (json_object_setn_new(headers, value, (size_t)(colon - value), json_string(text)) == 0)
		now = json_dumps(headers, JSON_COMPACT);
	json_decref(headers);
	if (!now)
		return -1;
	free(c->headers);
	c->headers = now;
	return 0;
}

static int set_method(struct check *c, const char *value)
{
	size_t len = strlen(value);
	free(c->method);
	c->method = mem_text(value);
	for (size_t i = 0; i < len; i++)
		if (c->method[i] >= 'a' && c->method[i] <= 'z')
			c->method[i] = (char)(c->method[i] - 'a' + 'A');
	return len >= 1 && len <= 20 && strspn(c->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len ? 0 : -1;
}

static bool is_host(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	size_t len = strlen(text);
	return len >= 1 && len <= 253 && strspn(text, letters) == len;
}

static int set_key(struct check *c, const char *part, const char *spec, struct text *why)
{
	const char *equals = strchr(part, '=');
	size_t len = equals ? (size_t)(equals - part) : 0;
	const char *value = equals ? equals + 1 : "";
	struct bytes key = {part, len};
	if (bytes_equal(key, BYTES("interval")))
		return read_time(&c->interval, value, 1000, 3600000) == 0
		           ? 0
		           : bad(why, spec, "an interval is 1s to 1h, for example interval=10s");
	if (bytes_equal(key, BYTES("timeout")))
		return read_time(&c->timeout, value, 100, 60000) == 0
		           ? 0
		           : bad(why, spec, "a timeout is 100ms to 60s, for example timeout=2s");
	if (bytes_equal(key, BYTES("grace_period")))
		return read_time(&c->grace_period, value, 0, 3600000) == 0
		           ? 0
		           : bad(why, spec, "a grace period is 0s to 1h, for example grace_period=5s");
	if (c->https && bytes_equal(key, BYTES("tls_skip_verify"))) {
		c->tls_skip_verify = strcmp(value, "true") == 0;
		return c->tls_skip_verify || strcmp(value, "false") == 0
		           ? 0
		           : bad(why, spec, "tls_skip_verify is true or false");
	}
	if (c->https && bytes_equal(key, BYTES("tls_server_name"))) {
		free(c->tls_server_name);
		c->tls_server_name = mem_text(value);
		return is_host(value)
		           ? 0
		           : bad(why, spec, "a server name is a host name, for example tls_server_name=a.example");
	}
	bool is_method = bytes_equal(key, BYTES("method")), is_header = bytes_equal(key, BYTES("header"));
	if (!is_method && !is_header)
		return bad(why, spec,
		           "behind a comma stand interval=, timeout=, grace_period=, method=, header=, and "
		           "for https tls_server_name= or tls_skip_verify=");
	if (!c->http)
		return bad(why, spec, "a tcp check has no method and no header: write /http");
	if (is_method)
		return set_method(c, value) == 0 ? 0 : bad(why, spec, "a method is a word, for example method=HEAD");
	return add_header(c, value) == 0
	           ? 0
	           : bad(why, spec, "a header is NAME: VALUE, for example header=Host: a.example");
}

static int read_place(struct check *c, const char *place, const char *spec, struct text *why)
{
	char *end;
	unsigned long port = strtoul(place, &end, 10);
	if (*place < '0' || *place > '9' || port < 1 || port > UINT16_MAX || *end != '/')
		return bad(why, spec,
		           "write the Machine's port and how to ask, for example 8080/http:/health or 5432/tcp");
	c->internal_port = (uint16_t)port;
	const char *type = end + 1;
	c->http = strncmp(type, "http", 4) == 0;
	c->https = strncmp(type, "https", 5) == 0;
	if (strcmp(type, "tcp") == 0 || strcmp(type, "http") == 0 || strcmp(type, "https") == 0)
		return 0;
	size_t word = c->https ? 5 : 4;
	if (!c->http || type[word] != ':')
		return bad(why, spec, "behind the port stands /tcp, /http or /https, then :PATH");
	const char *path = type + word + 1;
	if (*path != '/' || strlen(path) > 1024 || strchr(path, '#'))
		return bad(why, spec, "a path begins with / and has at most 1024 bytes and no #");
	for (const char *at = path; *at; at++)
		if (*at <= ' ' || *at > '~')
			return bad(why, spec, "a path has no blanks, and other letters than ASCII are written with %");
	c->path = mem_text(path);
	return 0;
}

int check_parse(struct check *out, const char *spec, struct text *why)
{
	const char *rest = spec;
	*out = (struct check){.interval = -1, .timeout = -1, .grace_period = -1};
	char *part = next_part(&rest);
	int rc = read_place(out, part, spec, why);
	free(part);
	while (rc == 0 && rest) {
		part = next_part(&rest);
		rc = set_key(out, part, spec, why);
		free(part);
	}
	return rc;
}

void check_fini(struct check *check)
{
	free(check->method);
	free(check->path);
	free(check->headers);
	free(check->tls_server_name);
	*check = (struct check){0};
}

/* ------------------------------------------------------------------------------------------------ rows */

/* The defaults are those of the table. */
static const char sql_put[] =
    "INSERT INTO service_check (machine, internal_port, number, type, interval, timeout, grace_period, method, path,"
    " headers, scheme, tls_server_name, tls_skip_verify) SELECT ?1, ?2, (SELECT coalesce(max(number) + 1, 0) FROM "
    "service_check WHERE machine = ?1 AND"
    " internal_port = ?2), ?3, coalesce(?4, 15000), coalesce(?5, 5000), coalesce(?6, 5000), coalesce(?7, 'GET'),"
    " coalesce(?8, '/'), coalesce(?9, '{}'), ?10, ?11, ?12";

static void bind_time(struct statement *s, int at, int64_t ms)
{
	if (ms >= 0)
		statement_bind_number(s, at, ms);
}

int check_put(struct registry *registry, const char *machine, const struct check *checks, size_t count)
{
	struct statement s;
	int rc = 0;
	for (size_t i = 0; rc >= 0 && i < count; i++) {
		const struct check *c = &checks[i];
		statement_open(&s, registry, sql_put);
		statement_bind_text(&s, 1, machine);
		statement_bind_number(&s, 2, c->internal_port);
		statement_bind_text(&s, 3, c->http ? "http" : "tcp");
		bind_time(&s, 4, c->interval);
		bind_time(&s, 5, c->timeout);
		bind_time(&s, 6, c->grace_period);
		statement_bind_text(&s, 7, c->method);
		statement_bind_text(&s, 8, c->path);
		statement_bind_text(&s, 9, c->headers);
		statement_bind_text(&s, 10, c->https ? "https" : "http");
		statement_bind_text(&s, 11, c->tls_server_name);
		statement_bind_number(&s, 12, c->tls_skip_verify);
		rc = statement_step(&s);
		statement_close(&s);
	}
	return rc;
}

#define COLUMNS                                                                                                        \
	"protocol, internal_port, number, type, interval, timeout, grace_period, method, path, headers, scheme,"       \
	" tls_server_name, tls_skip_verify"

int check_copy(struct registry *registry, const char *from_machine, const char *to_machine)
{
	struct statement s;
	statement_open(&s, registry,
	               "INSERT INTO service_check (machine, " COLUMNS ") SELECT ?2, " COLUMNS
	               " FROM service_check WHERE machine = ?1");
	statement_bind_text(&s, 1, from_machine);
	statement_bind_text(&s, 2, to_machine);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static const char sql_rows[] =
    "SELECT k.machine, k.name, coalesce(c.status, 'warning'), coalesce(c.output, ''), coalesce(c.since, 0)"
    " FROM machine m JOIN service_check k ON k.machine = m.id LEFT JOIN check_state c ON c.machine = k.machine"
    " AND c.internal_port = k.internal_port AND c.number = k.number"
    " WHERE m.app = ?1 AND (?2 IS NULL OR m.id = ?2) ORDER BY k.machine, k.name";

int check_rows(struct registry *registry, const char *app, const char *machine, struct check_row **out, size_t *count)
{
	struct statement s;
	size_t room = 0;
	int rc;
	*out = NULL;
	*count = 0;
	statement_open(&s, registry, sql_rows);
	statement_bind_text(&s, 1, app);
	statement_bind_text(&s, 2, machine);
	while ((rc = statement_step(&s)) > 0) {
		*out = mem_grow(*out, *count, &room, sizeof **out);
		struct check_row *row = &(*out)[(*count)++];
		snprintf(row->machine, sizeof row->machine, "%s", statement_text(&s, 0));
		row->name = mem_text(statement_text(&s, 1));
		row->status = mem_text(statement_text(&s, 2));
		row->output = mem_text(statement_text(&s, 3));
		row->since = statement_number(&s, 4);
	}
	statement_close(&s);
	return rc;
}

void check_rows_free(struct check_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(rows[i].name);
		free(rows[i].status);
		free(rows[i].output);
	}
	free(rows);
}
