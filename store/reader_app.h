/* reader_app.h - rows of app, address, machine, service and of what belongs to them become whole
 * catalog_app objects, one allocation each.
 *
 * Ordered cursors over the same range of app names are merged, so an app costs its own rows only. When all are read, the
 * tables that are ordered by Machine are gone through in their order first and their rows kept by app (shelf.h): looking
 * up the rows of three million Machines one by one takes many times as long. A row that cannot be used makes its app's
 * object refused; it never stops the reading. */
#ifndef STORE_READER_APP_H
#define STORE_READER_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"

struct registry;
struct reader_app;

struct app_object {
	size_t size;   /* bytes of this allocation */
	uint64_t seen; /* the last reload that met it; for the feeder thread */
	struct catalog_app app;
};

/* The smallest and the greatest key there can be. */
#define READER_FIRST ""
#define READER_LAST "\xff\xff\xff\xff"

struct reader_app *reader_app_open(struct registry *registry); /* NULL: registry_error() */
void reader_app_close(struct reader_app *reader);              /* before its registry; NULL is fine */

/* Apps with first <= name <= last, inside the registry's open read transaction. */
void reader_app_seek(struct reader_app *reader, const char *first, const char *last);
int reader_app_next(struct reader_app *reader); /* 1: an app was read, 0: the end, -1: registry_error() */

/* About the app that was read. */
const char *reader_app_name(const struct reader_app *reader);
const char *reader_app_refusal(const struct reader_app *reader); /* NULL: usable; else why not */
bool reader_app_same(struct reader_app *reader, const struct app_object *object);
struct app_object *reader_app_build(struct reader_app *reader); /* free() it */

#endif
