/* columns.h - tables for people, as flyctl prints them: upper-cased headers, left aligned, ` │ ` between columns, no
 * border; the same on a terminal and in a pipe. (Named so because base/table.h is a hash table.)
 *
 *   struct columns c;
 *   columns_init(&c, "ID", "NAME", "STATE", NULL);
 *   columns_add(&c, id); columns_add(&c, name); columns_add(&c, state);
 *   columns_print(&c, "my-app");
 *   columns_free(&c); */
#ifndef COMMAND_COLUMNS_H
#define COMMAND_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { COLUMNS_MAX = 16 };

struct columns {
	size_t count;              /* of columns */
	size_t filled;             /* cells, the header's included, row by row */
	struct text cells;         /* each ended by a NUL */
	size_t width[COLUMNS_MAX]; /* of the widest cell, in characters */
};

void columns_init(struct columns *columns, ...) __attribute__((sentinel)); /* the headers, then NULL */
void columns_free(struct columns *columns);
void columns_add(struct columns *columns, const char *cell); /* the next one of the row; copied, made plain */
void columns_number(struct columns *columns, int64_t number);
/* title: a line above, bold on a terminal; NULL: none. An empty line ends the table. Rows must be complete. */
void columns_print(const struct columns *columns, const char *title);

/* One object: `  Name     = my-app` for each line. Pairs of name and value, NULL-terminated by a name. */
void columns_pairs(const char *title, const char *const (*pairs)[2]);

#endif
