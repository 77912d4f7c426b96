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
#include "shelf.h"
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

/* What belongs to Machines is read in one of two ways: of some apps, Machine by Machine, or of all, table by table. Columns
 * from 1 on are the same; column 0 is the app's name, of Machines and where rows are read by app. */
#define MACHINE                                                                                                        \
	"SELECT m.app, m.id, m.name, m.network, m.host, m.host_number, m.slot, m.region, m.process_group,"             \
	" m.cordoned, m.skip_dns, m.created_at, s.state"                                                               \
	" FROM machine m LEFT JOIN machine_state s ON s.machine = m.id"
#define METADATUM " d.machine, d.key, d.value FROM"
#define SERVICE                                                                                                        \
	" s.machine, s.protocol, s.internal_port, s.autostart, s.autostop, s.min_machines_running, s.concurrency,"     \
	" s.soft_limit, s.hard_limit FROM"
#define PORT                                                                                                           \
	" p.machine, p.protocol, p.internal_port, p.start_port, p.end_port, p.handlers, p.force_https,"                \
	" nullif(p.options, '{}') FROM"
/* Only those that keep work away: a connection is made anyway before a Machine that came up gets any. */
#define CHECK " k.machine, k.internal_port, c.status IS NOT NULL, k.name, c.output FROM"
#define CHECK_STATE                                                                                                    \
	" LEFT JOIN check_state c ON c.machine = k.machine AND c.internal_port = k.internal_port"                      \
	" AND c.number = k.number"
#define CHECK_AILS "c.status IS NOT 'passing' AND (k.type = 'http' OR c.status IS NOT NULL)"
#define OF_APP "SELECT m.app,"
#define OF_ALL "SELECT NULL,"
#define WITHIN " WHERE m.app BETWEEN ?1 AND ?2"
#define IN_ORDER " ORDER BY m.app, m.id"

/* Ordered by column 0, then by Machine, so that an app's object is the same octets either way; the order within an app is
 * made in app_draft.c. CROSS JOIN keeps SQLite from turning the loops around. */
static const char *const sql[CURSORS] = {
    [APPS] = "SELECT name, org, network FROM app WHERE name BETWEEN ?1 AND ?2 ORDER BY name",
    [ADDRESSES] = "SELECT app, network, number FROM address WHERE app BETWEEN ?1 AND ?2 ORDER BY app",
    [MACHINES] = MACHINE WITHIN IN_ORDER,
    [METADATA] = OF_APP METADATUM " machine m CROSS JOIN machine_metadata d ON d.machine = m.id" WITHIN IN_ORDER,
    [SERVICES] = OF_APP SERVICE " machine m CROSS JOIN service s ON s.machine = m.id" WITHIN IN_ORDER,
    [PORTS] = OF_APP PORT " machine m CROSS JOIN service_port p ON p.machine = m.id" WITHIN IN_ORDER,
    [CHECKS] = (OF_APP CHECK " machine m CROSS JOIN service_check k ON k.machine = m.id" CHECK_STATE WITHIN
                             " AND " CHECK_AILS IN_ORDER),
    /* EXISTS is asked last and stops at the first: most organizations have no authority, most apps no TLS port. */
    [AUTHORITIES] = "SELECT a.name, u.chain, u.key FROM app a CROSS JOIN authority u ON u.org = a.org"
                    " WHERE a.name BETWEEN ?1 AND ?2 AND" HAS_TLS("a.name") " ORDER BY a.name",
    [CERTIFICATES] = "SELECT app, hostname, chain, key FROM certificate c WHERE app BETWEEN ?1 AND ?2 AND" HAS_TLS(
        "c.app") " ORDER BY app, hostname",
    [SOURCES] = "SELECT a.name, r.source FROM app a CROSS JOIN replay_source r ON r.org = a.org"
                " WHERE a.name BETWEEN ?1 AND ?2 ORDER BY a.name",
};

/* The same of all apps, ordered by Machine, as the tables are: nothing has to be looked up where it stands. */
static const char *const sql_all[CURSORS] = {
    [MACHINES] = MACHINE " ORDER BY m.id",
    [METADATA] = OF_ALL METADATUM " machine_metadata d ORDER BY d.machine",
    [SERVICES] = OF_ALL SERVICE " service s ORDER BY s.machine",
    [PORTS] = OF_ALL PORT " service_port p ORDER BY p.machine",
    [CHECKS] = (OF_ALL CHECK " service_check k" CHECK_STATE " WHERE " CHECK_AILS " ORDER BY k.machine"),
};

struct cursor {
	struct statement rows;
	int state; /* of the last step: 1 a row waits, 0 the end, -1 failed */
};

struct reader_app {
	struct cursor cursors[CURSORS];
	struct cursor all[CURSORS]; /* those of sql_all */
	struct shelf *shelf;        /* their rows, when all apps are read; else NULL */
	struct app_draft draft;
	char *scratch; /* for reader_app_same() */
	size_t scratch_room;
};

struct reader_app *reader_app_open(struct registry *registry)
{
	struct reader_app *r = mem_new(sizeof *r);
	for (int i = 0; i < CURSORS; i++) {
		if (statement_open(&r->cursors[i].rows, registry, sql[i]) == 0 &&
		    (!sql_all[i] || statement_open(&r->all[i].rows, registry, sql_all[i]) == 0))
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
	for (int i = 0; i < CURSORS; i++) {
		statement_close(&reader->cursors[i].rows);
		statement_close(&reader->all[i].rows);
	}
	shelf_free(reader->shelf);
	app_draft_fini(&reader->draft);
	free(reader->scratch);
	free(reader);
}

/* A statement that is not reset would keep the registry's log from being reused. */
static int rest(struct reader_app *r, int result)
{
	for (int i = 0; i < CURSORS; i++) {
		statement_reset(&r->cursors[i].rows);
		statement_reset(&r->all[i].rows);
	}
	shelf_free(r->shelf);
	r->shelf = NULL;
	r->cursors[APPS].state = 0;
	return result;
}

/* As SQLite orders text. */
static int compare(struct bytes a, struct bytes b)
{
	int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Puts the Machine's rows onto the shelf; rows that belong to no Machine are passed over. */
static int put_rows(struct cursor *c, uint8_t kind, struct bytes machine, struct shelf *shelf,
                    struct shelf_place *place)
{
	for (; c->state > 0; c->state = statement_step(&c->rows)) {
		int order = compare(statement_bytes(&c->rows, 1), machine);
		if (order > 0)
			break;
		if (order == 0)
			shelf_put(shelf, place, kind, &c->rows);
	}
	return c->state;
}

/* Every row of every Machine, by app. -1: it cannot be read. */
static int fill_shelf(struct reader_app *r)
{
	struct statement *machines = &r->all[MACHINES].rows;
	int rc;
	r->shelf = shelf_new();
	for (enum cursor_name i = MACHINES + 1; i <= CHECKS; i++)
		r->all[i].state = statement_step(&r->all[i].rows);
	while ((rc = statement_step(machines)) > 0) {
		struct shelf_place *place = shelf_place(r->shelf, statement_bytes(machines, 0));
		struct bytes machine = statement_bytes(machines, 1);
		shelf_put(r->shelf, place, MACHINES, machines);
		for (enum cursor_name i = MACHINES + 1; i <= CHECKS; i++)
			if (put_rows(&r->all[i], (uint8_t)i, machine, r->shelf, place) < 0)
				return -1;
	}
	return rc;
}

static void seek(struct cursor *c, const char *first, const char *last)
{
	statement_reset(&c->rows);
	statement_bind_text(&c->rows, 1, first);
	statement_bind_text(&c->rows, 2, last);
	c->state = statement_step(&c->rows);
}

void reader_app_seek(struct reader_app *reader, const char *first, const char *last)
{
	bool all = strcmp(first, READER_FIRST) == 0 && strcmp(last, READER_LAST) == 0;
	rest(reader, 0);
	for (enum cursor_name i = 0; i < CURSORS; i++)
		if (!all || !sql_all[i])
			seek(&reader->cursors[i], first, last);
	if (all && fill_shelf(reader) < 0)
		reader->cursors[APPS].state = -1; /* so says the first reader_app_next() */
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

static int take_from_shelf(struct reader_app *r, enum cursor_name which, struct bytes app)
{
	struct shelf_cursor c;
	shelf_seek(&c, shelf_place(r->shelf, app), (uint8_t)which);
	while (shelf_step(&c))
		take_row[which](&r->draft, &c.row);
	return 0;
}

/* Hands the draft every row of the app; rows that belong to no app are passed over. */
static int take_rows(struct reader_app *r, enum cursor_name which, struct bytes app)
{
	struct cursor *c = &r->cursors[which];
	if (r->shelf && sql_all[which])
		return take_from_shelf(r, which, app);
	for (; c->state > 0; c->state = statement_step(&c->rows)) {
		int order = compare(statement_bytes(&c->rows, 0), app);
		if (order > 0)
			break;
		if (order == 0)
			take_row[which](&r->draft, &c->rows);
	}
	return c->state;
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
