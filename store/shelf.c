/* shelf.c - see shelf.h. A row is its number of columns, then of each column a tag and the value; texts end with a NUL,
 * as SQLite's do. */
#include "shelf.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"

enum { BLOCK = 1 << 20 };

enum tag { TAG_NULL, TAG_NUMBER, TAG_TEXT };

struct block {
	struct block *next;
	size_t used;
	size_t room;
	_Alignas(8) char bytes[];
};

struct shelf_row {
	struct shelf_row *next;
	uint8_t kind;
	uint8_t columns;
	char values[];
};

struct shelf_place {
	struct shelf_row *first;
	struct shelf_row **end;
	size_t len;
	char name[];
};

struct shelf {
	struct table places;
	struct reclaim reclaim; /* of the table's slots; nobody else reads it */
	struct block *blocks;   /* the newest first */
};

struct shelf *shelf_new(void)
{
	struct shelf *s = mem_new(sizeof *s);
	hash_seed();
	table_init(&s->places, &s->reclaim);
	return s;
}

void shelf_free(struct shelf *shelf)
{
	if (!shelf)
		return;
	while (shelf->blocks) {
		struct block *b = shelf->blocks;
		shelf->blocks = b->next;
		free(b);
	}
	table_fini(&shelf->places);
	reclaim_free(&shelf->reclaim);
	free(shelf);
}

static void *allocate(struct shelf *s, size_t size)
{
	size = (size + 7) & ~(size_t)7;
	if (!s->blocks || s->blocks->room - s->blocks->used < size) {
		size_t room = size > BLOCK ? size : BLOCK;
		struct block *b = mem_resize(NULL, sizeof *b + room);
		*b = (struct block){.next = s->blocks, .room = room};
		s->blocks = b;
	}
	void *memory = s->blocks->bytes + s->blocks->used;
	s->blocks->used += size;
	return memory;
}

/* ------------------------------------------------------------------------------------------------ names */

static uint64_t hash_name(struct bytes name)
{
	return hash_bytes(name.at, name.len, 6);
}

static bool is_place(const void *place, const void *name)
{
	const struct shelf_place *p = place;
	return bytes_equal((struct bytes){p->name, p->len}, *(const struct bytes *)name);
}

struct shelf_place *shelf_place(struct shelf *shelf, struct bytes name)
{
	struct shelf_place *p = table_find(&shelf->places, hash_name(name), is_place, &name);
	if (p)
		return p;
	p = allocate(shelf, sizeof *p + name.len);
	*p = (struct shelf_place){.end = &p->first, .len = name.len};
	memcpy(p->name, name.at, name.len);
	table_put(&shelf->places, hash_name(name), is_place, &name, p);
	return p;
}

/* ------------------------------------------------------------------------------------------------ rows */

static size_t size_of(struct sqlite3_stmt *row, int column)
{
	switch (sqlite3_column_type(row, column)) {
	case SQLITE_NULL:
		return 1;
	case SQLITE_INTEGER:
		return 1 + sizeof(int64_t);
	default:
		(void)sqlite3_column_text(row, column); /* as text from now on, and so is its length */
		return 1 + sizeof(uint32_t) + (size_t)sqlite3_column_bytes(row, column) + 1;
	}
}

static char *pack(char *at, struct sqlite3_stmt *row, int column)
{
	int type = sqlite3_column_type(row, column);
	if (type == SQLITE_NULL) {
		*at++ = TAG_NULL;
	} else if (type == SQLITE_INTEGER) {
		int64_t number = sqlite3_column_int64(row, column);
		*at++ = TAG_NUMBER;
		at = (char *)memcpy(at, &number, sizeof number) + sizeof number;
	} else {
		const char *text = (const char *)sqlite3_column_text(row, column);
		uint32_t len = (uint32_t)sqlite3_column_bytes(row, column);
		*at++ = TAG_TEXT;
		at = (char *)memcpy(at, &len, sizeof len) + sizeof len;
		at = (char *)memcpy(at, text ? text : "", len + 1) + len + 1;
	}
	return at;
}

void shelf_put(struct shelf *shelf, struct shelf_place *place, uint8_t kind, struct statement *row)
{
	int columns = sqlite3_column_count(row->handle);
	size_t size = sizeof(struct shelf_row);
	for (int i = 0; i < columns; i++)
		size += size_of(row->handle, i);
	struct shelf_row *r = allocate(shelf, size);
	*r = (struct shelf_row){.kind = kind, .columns = (uint8_t)columns};
	char *at = r->values;
	for (int i = 0; i < columns; i++)
		at = pack(at, row->handle, i);
	*place->end = r;
	place->end = &r->next;
}

static void unpack(const struct shelf_row *row, struct statement_value *values)
{
	const char *at = row->values;
	for (int i = 0; i < row->columns; i++) {
		struct statement_value *v = &values[i];
		uint32_t len;
		*v = (struct statement_value){.text = {"", 0}};
		switch ((enum tag) * at++) {
		case TAG_NULL:
			v->null = true;
			break;
		case TAG_NUMBER:
			memcpy(&v->number, at, sizeof v->number);
			at += sizeof v->number;
			break;
		case TAG_TEXT:
			memcpy(&len, at, sizeof len);
			v->text = (struct bytes){at + sizeof len, len};
			at += sizeof len + len + 1;
			break;
		}
	}
}

void shelf_seek(struct shelf_cursor *cursor, const struct shelf_place *place, uint8_t kind)
{
	cursor->next = place->first;
	cursor->kind = kind;
	cursor->row = (struct statement){.values = cursor->values};
}

bool shelf_step(struct shelf_cursor *cursor)
{
	const struct shelf_row *row = cursor->next;
	while (row && row->kind != cursor->kind)
		row = row->next;
	if (!row)
		return false;
	unpack(row, cursor->values);
	cursor->next = row->next;
	return true;
}
