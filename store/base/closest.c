/* closest.c - see closest.h. The distance is Damerau's restricted one: no part is edited twice. */
#include "base/closest.h"

#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t closest_distance(const char *a, const char *b)
{
	size_t rows[3][CLOSEST_ROOM]; /* row i is at i % 3; a swap looks two rows back */
	size_t a_len = strlen(a), b_len = strlen(b);
	if (a_len >= CLOSEST_ROOM || b_len >= CLOSEST_ROOM)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		const size_t *swap = rows[(i + 1) % 3], *above = rows[(i - 1) % 3];
		size_t *row = rows[i % 3];
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], swap[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

void closest_offer(struct closest *closest, const char *candidate)
{
	size_t wanted = strlen(closest->wanted), len = strlen(candidate);
	size_t limit = 1 + wanted / 4;
	size_t apart = wanted > len ? wanted - len : len - wanted;
	if (apart > limit || len == 0) /* at least that many edits: the usual case in a large registry */
		return;
	size_t distance = closest_distance(closest->wanted, candidate);
	if (distance > limit || distance >= len || (closest->best[0] && distance >= closest->distance))
		return;
	memcpy(closest->best, candidate, len + 1);
	closest->distance = distance;
}

const char *closest_name(const struct closest *closest)
{
	return closest->best[0] ? closest->best : NULL;
}
