/* shelf.h - rows of statements put aside under a name, to be read again name by name.
 *
 * For reading a whole registry: a table is gone through once, in its own order, instead of looking up each row where it
 * stands. Owns copies of the rows, packed; gives them back as statements whose values are the row's (statement.h). */
#ifndef STORE_SHELF_H
#define STORE_SHELF_H

#include "base/text.h"
#include "statement.h"

enum { SHELF_COLUMNS = 16 }; /* of a row at most */

struct shelf;
struct shelf_place; /* what is under one name */

struct shelf *shelf_new(void);
void shelf_free(struct shelf *shelf); /* NULL is fine */

struct shelf_place *shelf_place(struct shelf *shelf, struct bytes name); /* made when there is none */
/* Adds the statement's current row, after those that are there; integers, texts and NULL are kept. */
void shelf_put(struct shelf *shelf, struct shelf_place *place, uint8_t kind, struct statement *row);

struct shelf_cursor {
	const struct shelf_row *next;
	uint8_t kind;
	struct statement row;
	struct statement_value values[SHELF_COLUMNS];
};
/* Goes through the rows of a kind in the order they were put: after each shelf_step() that says true, cursor->row is one. */
void shelf_seek(struct shelf_cursor *cursor, const struct shelf_place *place, uint8_t kind);
bool shelf_step(struct shelf_cursor *cursor);

#endif
