/* config_reader.h - JSON into structs by tables: a row says which key goes where and how it may be written. Pure.
 *
 * A value that is taken in another spelling than the first is replaced in the JSON by the first, so that the JSON is in
 * one spelling afterwards. Texts are borrowed from it. */
#ifndef STORE_CONFIG_READER_H
#define STORE_CONFIG_READER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "app_config.h"

enum field_kind {
	FIELD_TEXT,       /* const char * */
	FIELD_NUMBER,     /* int64_t, not negative; digits in a string too */
	FIELD_SWITCH,     /* bool */
	FIELD_SECONDS,    /* int64_t seconds, rounded up; "1m30s", a bare number is seconds */
	FIELD_LONG_TIME,  /* int64_t milliseconds; a bare number is seconds */
	FIELD_SHORT_TIME, /* int64_t milliseconds; a bare number is milliseconds */
	FIELD_TEXTS,      /* struct config_texts; one string is a list of one */
	FIELD_PAIRS,      /* struct config_pairs; numbers and switches become texts */
	FIELD_INSIDE,     /* a table whose keys go into the same struct */
	FIELD_LIST,       /* an array of tables, or one table: a pointer to structs, and their count at count_at */
	FIELD_OTHER,      /* take() does it */
	FIELD_IGNORED     /* known, and nothing happens */
};

struct config_reading {
	struct config_findings *findings;
	struct text path; /* of the value in hand */
};

struct config_field {
	const char *name; /* NULL ends a table */
	enum field_kind kind;
	size_t at;
	size_t count_at;
	const struct config_section *section;                                    /* of FIELD_INSIDE and FIELD_LIST */
	void (*take)(struct config_reading *reading, json_t *value, void *into); /* into: the struct */
};

struct config_section {
	const struct config_field *fields;
	const struct config_section *base; /* whose keys it has as well, for the same struct; or NULL */
	size_t size;                       /* of the struct */
	void (*begin)(struct config_reading *reading, void *into);               /* defaults; may be NULL */
	void (*end)(struct config_reading *reading, json_t *object, void *into); /* all keys were read; may be NULL */
};

/* Fills the zeroed struct `into` from the object. What cannot be read is an error in the findings. */
void config_read_section(struct config_reading *reading, const struct config_section *section, json_t *object,
                         void *into);
/* One more struct at the end of a list, zeroed; returns it. */
void *config_list_add(void *list_at, size_t *count, size_t size);

/* The path of a member or item, until config_path_leave() with what was returned. */
size_t config_path_enter(struct config_reading *reading, const char *name);
size_t config_path_item(struct config_reading *reading, size_t index);
void config_path_leave(struct config_reading *reading, size_t before);

enum { CONFIG_DURATION = 32 };
/* As Go writes a duration: 500ms 1.5s 1m30s 1h0m0s. Returns out. */
const char *config_duration(char out[CONFIG_DURATION], int64_t ms);

/* An error about the value in hand. */
void config_reject(struct config_reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
