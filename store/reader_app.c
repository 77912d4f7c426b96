/* reader_app.c - see reader_app.h. The object is drafted in growing arrays and then laid out in one block. */
#include "reader_app.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_draft.h"
#include "base/mem.h"
#include "registry.h"
#include "statement.h"

enum cursor_name {
	APPS,
	ADDRESSES,
	MACHINES,
	METADATA,
	SERVICES,
	PORTS,
	CHECKS,
	AUTHORITIES,
	CERTIFICATES,
	SOURCES,
	CURSORS
};

#define HAS_TLS(app)                                                                                                   \
	" EXISTS (SELECT 1 FROM machine m CROSS JOIN service_port p ON p.machine = m.id"                               \
	" WHERE m.app = " app " AND instr(p.handlers, 'tls') > 0)"

/* Column 0 is the app's name, by which all are ordered; the order within an app is made in app_draft.c. CROSS JOIN
 * keeps SQLite from turning the loops around and sorting. */
static const char *const sql[CURSORS] = {
    [APPS] = "SELECT name, org, network FROM app WHERE name BETWEEN ?1 AND ?2 ORDER BY name",
    [ADDRESSES] = "SELECT app, network, number FROM address WHERE app BETWEEN ?1 AND ?2 ORDER BY app",
    [MACHINES] = "SELECT m.app, m.id, m.name, m.network, m.host, m.host_number, m.slot, m.region, m.process_group,"
                 " m.cordoned, m.skip_dns, m.created_at, s.state"
                 " FROM machine m LEFT JOIN machine_state s ON s.machine = m.id"
                 " WHERE m.app BETWEEN ?1 AND ?2 ORDER BY m.app",
    [METADATA] = "SELECT m.app, m.id, d.key, d.value FROM machine m CROSS JOIN machine_metadata d ON d.machine = m.id"
                 " WHERE m.app BETWEEN ?1 AND ?2 ORDER BY m.app",
    [SERVICES] = "SELECT m.app, m.id, s.protocol, s.internal_port, s.autostart, s.autostop, s.min_machines_running,"
                 " s.concurrency, s.soft_limit, s.hard_limit FROM machine m CROSS JOIN service s ON s.machine = m.id"
                 " WHERE m.app BETWEEN ?1 AND ?2 ORDER BY m.app",
    [PORTS] = "SELECT m.app, m.id, p.protocol, p.internal_port, p.start_port, p.end_port, p.handlers, p.force_https,"
              " nullif(p.options, '{}') FROM machine m CROSS JOIN service_port p ON p.machine = m.id"
              " WHERE m.app BETWEEN ?1 AND ?2 ORDER BY m.app",
    /* Only those that keep work away: a connection is made anyway before a Machine that came up gets any. */
    [CHECKS] = "SELECT m.app, m.id, k.internal_port, c.status IS NOT NULL, k.name, c.output"
               " FROM machine m CROSS JOIN service_check k ON k.machine = m.id LEFT JOIN check_state c"
               " ON c.machine = k.machine AND c.internal_port = k.internal_port AND c.number = k.number"
               " WHERE m.app BETWEEN ?1 AND ?2 AND c.status IS NOT 'passing'"
               " AND (k.type = 'http' OR c.status IS NOT NULL) ORDER BY m.app",
    /* EXISTS is asked last and stops at the first: most organizations have no authority, most apps no TLS port. */
    [AUTHORITIES] = "SELECT a.name, u.chain, u.key FROM app a CROSS JOIN authority u ON u.org = a.org"
                    " WHERE a.name BETWEEN ?1 AND ?2 AND" HAS_TLS("a.name") " ORDER BY a.name",
    [CERTIFICATES] = "SELECT app, hostname, chain, key FROM certificate c WHERE app BETWEEN ?1 AND ?2 AND" HAS_TLS(
        "c.app") " ORDER BY app, hostname",
    [SOURCES] = "SELECT a.name, r.source FROM app a CROSS JOIN replay_source r ON r.org = a.org"
                " WHERE a.name BETWEEN ?1 AND ?2 ORDER BY a.name",
};

struct cursor {
	struct statement rows;
	int state; /* of the last step: 1 a row waits, 0 the end, -1 failed */
};

struct reader_app {
	struct cursor cursors[CURSORS];
	struct app_draft draft;
	char *scratch; /* for reader_app_same() */
	size_t scratch_room;
};

struct reader_app *reader_app_open(struct registry *registry)
{
	struct reader_app *r = mem_new(sizeof *r);
	for (int i = 0; i < CURSORS; i++) {
		if (statement_open(&r->cursors[i].rows, registry, sql[i]) == 0)
			continue;
		reader_app_close(r);
		return NULL;
	}
	return r;
}

void reader_app_close(struct reader_app *reader)
{
	if (!reader)
		return;
	for (int i = 0; i < CURSORS; i++)
		statement_close(&reader->cursors[i].rows);
	app_draft_fini(&reader->draft);
	free(reader->scratch);
	free(reader);
}

void reader_app_seek(struct reader_app *reader, const char *first, const char *last)
{
	for (int i = 0; i < CURSORS; i++) {
		struct cursor *c = &reader->cursors[i];
		statement_reset(&c->rows);
		statement_bind_text(&c->rows, 1, first);
		statement_bind_text(&c->rows, 2, last);
		c->state = statement_step(&c->rows);
	}
}

/* As SQLite orders text. */
static int compare(struct bytes a, struct bytes b)
{
	int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static void (*const take_row[CURSORS])(struct app_draft *, struct statement *) = {
    [ADDRESSES] = app_draft_address,
    [MACHINES] = app_draft_machine,
    [METADATA] = app_draft_metadata,
    [SERVICES] = app_draft_service,
    [PORTS] = app_draft_port,
    [CHECKS] = app_draft_check,
    [AUTHORITIES] = app_draft_authority,
    [CERTIFICATES] = app_draft_certificate,
    [SOURCES] = app_draft_source,
};

/* Hands the draft every row of the app; rows that belong to no app are passed over. */
static int take_rows(struct reader_app *r, enum cursor_name which, struct bytes app)
{
	struct cursor *c = &r->cursors[which];
	for (; c->state > 0; c->state = statement_step(&c->rows)) {
		int order = compare(statement_bytes(&c->rows, 0), app);
		if (order > 0)
			break;
		if (order == 0)
			take_row[which](&r->draft, &c->rows);
	}
	return c->state;
}

/* A statement that is not reset would keep the registry's log from being reused. */
static int rest(struct reader_app *r, int result)
{
	for (int i = 0; i < CURSORS; i++)
		statement_reset(&r->cursors[i].rows);
	r->cursors[APPS].state = 0;
	return result;
}

int reader_app_next(struct reader_app *reader)
{
	struct cursor *apps = &reader->cursors[APPS];
	if (apps->state <= 0)
		return rest(reader, apps->state);
	struct bytes name = statement_bytes(&apps->rows, 0);
	app_draft_begin(&reader->draft, &apps->rows);
	for (enum cursor_name i = ADDRESSES; i < CURSORS; i++) {
		if (take_rows(reader, i, name) < 0)
			return rest(reader, -1);
		if (i == MACHINES)
			app_draft_sort_machines(&reader->draft);
	}
	app_draft_end(&reader->draft);
	apps->state = statement_step(&apps->rows);
	return 1;
}

const char *reader_app_name(const struct reader_app *reader)
{
	return reader->draft.name;
}

const char *reader_app_refusal(const struct reader_app *reader)
{
	return reader->draft.refusal[0] ? reader->draft.refusal : NULL;
}

bool reader_app_same(struct reader_app *reader, const struct app_object *object)
{
	size_t size = app_draft_size(&reader->draft);
	if (size != object->size)
		return false;
	if (size > reader->scratch_room) {
		reader->scratch = mem_resize(reader->scratch, size);
		reader->scratch_room = size;
	}
	/* Laid out as if it stood where the object stands, so that equal objects are equal bytes. */
	app_draft_place(&reader->draft, reader->scratch, (const char *)object);
	((struct app_object *)(void *)reader->scratch)->seen = object->seen;
	return memcmp(reader->scratch, object, size) == 0;
}

struct app_object *reader_app_build(struct reader_app *reader)
{
	char *memory = mem_new(app_draft_size(&reader->draft));
	app_draft_place(&reader->draft, memory, memory);
	return (struct app_object *)(void *)memory;
}
