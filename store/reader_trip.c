/* reader_trip.c - see reader_trip.h. */
#include "reader_trip.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "draft_word.h"
#include "registry.h"
#include "statement.h"

enum { TRIPS_MAX = 4096, MICROSECONDS_MAX = 10000000 };

static const char sql_trips[] = "SELECT region, microseconds FROM round_trip WHERE host = ?1 ORDER BY region";

/* A row that cannot be is as none: the map says instead how far it may be. */
static bool take(struct trip *out, struct statement *row)
{
	struct bytes region = statement_bytes(row, 0);
	int64_t microseconds = statement_number(row, 1);
	if (!word_is_region(region) || microseconds < 1 || microseconds > MICROSECONDS_MAX)
		return false;
	memset(out, 0, sizeof *out);
	memcpy(out->region, region.at, 3);
	out->microseconds = (uint32_t)microseconds;
	return true;
}

struct trips *reader_trip_read(struct registry *registry, const char *host)
{
	struct statement s;
	struct trip *list = NULL;
	struct trips *out = NULL;
	size_t count = 0, room = 0;
	int rc = statement_open(&s, registry, sql_trips);
	statement_bind_text(&s, 1, host);
	while (rc == 0 && (rc = statement_step(&s)) > 0) {
		list = mem_grow(list, count, &room, sizeof *list);
		count += count < TRIPS_MAX && take(&list[count], &s);
		rc = 0;
	}
	statement_close(&s);
	if (rc == 0) {
		out = mem_new(sizeof *out + count * sizeof *list);
		out->count = count;
		if (count)
			memcpy(out->trips, list, count * sizeof *list);
	}
	free(list);
	return out;
}

bool reader_trip_same(const struct trips *a, const struct trips *b)
{
	size_t left = a ? a->count : 0, right = b ? b->count : 0;
	return left == right && (left == 0 || memcmp(a->trips, b->trips, left * sizeof a->trips[0]) == 0);
}

static int compare(const void *region, const void *trip)
{
	return strcmp(region, ((const struct trip *)trip)->region);
}

uint32_t reader_trip_find(const struct trips *trips, const char *region)
{
	const struct trip *trip = trips ? bsearch(region, trips->trips, trips->count, sizeof *trip, compare) : NULL;
	return trip ? trip->microseconds : 0;
}
