/* statement.h - prepared statements with values always bound and columns read in order.
 *
 *   static const char sql[] = "SELECT name, network FROM app WHERE org = ?1";
 *   struct statement s;
 *   int rc = statement_open(&s, registry, sql);
 *   statement_bind_text(&s, 1, org);
 *   while ((rc = statement_step(&s)) > 0)
 *           use(statement_text(&s, 0), statement_number(&s, 1));
 *   statement_close(&s);
 *
 * Errors stick: after one, every call does nothing and statement_step() returns -1; registry_error() has the sentence.
 *
 * budget: twelve functions, one for each type bound or read. */
#ifndef STORE_STATEMENT_H
#define STORE_STATEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct registry;
struct sqlite3_stmt;

struct statement_value {
	struct bytes text; /* "" for what is none */
	int64_t number;    /* 0 for what is none */
	bool null;
};

struct statement {
	struct registry *registry;
	struct sqlite3_stmt *handle;
	const struct statement_value *values; /* a row that was kept, read in SQLite's place (shelf.h); else NULL */
	bool failed;
};

int statement_open(struct statement *s, struct registry *registry, const char *sql);
void statement_bind_text(struct statement *s, int at, const char *text); /* NULL binds NULL; copied */
void statement_bind_number(struct statement *s, int at, int64_t number);
void statement_bind_real(struct statement *s, int at, double number);
void statement_bind_null(struct statement *s, int at);
int statement_step(struct statement *s);   /* 1 a row, 0 the end, -1 failed */
void statement_reset(struct statement *s); /* to run it again; bindings are cleared */
void statement_close(struct statement *s);

const char *statement_text(struct statement *s, int column);   /* "" for NULL; valid until the next step */
struct bytes statement_bytes(struct statement *s, int column); /* the same, with a NUL in the middle counted */
int64_t statement_number(struct statement *s, int column);     /* 0 for NULL */
double statement_real(struct statement *s, int column);
bool statement_null(struct statement *s, int column);

/* One statement without rows, or whose rows do not matter. 0 or -1. */
int statement_run(struct registry *registry, const char *sql);

#endif
