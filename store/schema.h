/* schema.h - the SQL of schema/, embedded at build time. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

struct schema_step {
	int number; /* 1, 2, ...; 0 ends the list */
	const char *name;
	const char *sql;
};
extern const struct schema_step schema_steps[]; /* in order */

#endif
