/* reader_trip.h - what one host measured to the regions, read whole into one immutable object. */
#ifndef STORE_READER_TRIP_H
#define STORE_READER_TRIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry;

struct trips { /* free() it */
	size_t count;
	struct trip {
		char region[4];
		uint32_t microseconds;
	} trips[]; /* by region */
};

struct trips *reader_trip_read(struct registry *registry, const char *host); /* "": of none. NULL: failed */
bool reader_trip_same(const struct trips *a, const struct trips *b);         /* NULL is as good as empty */
uint32_t reader_trip_find(const struct trips *trips, const char *region);    /* 0: not measured */

#endif
