/* reader_network.h - rows of network and peer become whole catalog_network objects, as reader_app.h does for apps. */
#ifndef STORE_READER_NETWORK_H
#define STORE_READER_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"

struct registry;
struct reader_network;

struct network_object {
	size_t size;   /* bytes of this allocation */
	uint64_t seen; /* the last reload that met it; for the feeder thread */
	struct catalog_network network;
};

struct reader_network *reader_network_open(struct registry *registry); /* NULL: registry_error() */
void reader_network_close(struct reader_network *reader);              /* NULL is fine */

/* Networks with first <= id <= last, inside the registry's open read transaction. */
void reader_network_seek(struct reader_network *reader, int64_t first, int64_t last);
int reader_network_next(struct reader_network *reader); /* 1: one was read, 0: the end, -1: registry_error() */

/* About the network that was read. */
int64_t reader_network_id(const struct reader_network *reader);
const char *reader_network_refusal(const struct reader_network *reader); /* NULL: usable; else why not */
bool reader_network_same(struct reader_network *reader, const struct network_object *object);
struct network_object *reader_network_build(struct reader_network *reader); /* free() it */

#endif
