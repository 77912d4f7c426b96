/* closest.h - which known name a mistyped one was probably meant to be. Pure; owns nothing but its own bytes. */
#ifndef BASE_CLOSEST_H
#define BASE_CLOSEST_H

#include <stddef.h>

enum { CLOSEST_ROOM = 64 }; /* names of 63 bytes; longer ones are never suggested */

/* { .wanted = "my-ap" } to begin with. */
struct closest {
	const char *wanted;
	char best[CLOSEST_ROOM]; /* "" until something near was offered */
	size_t distance;         /* of best */
};

void closest_offer(struct closest *closest, const char *candidate); /* copied when it is the nearest so far */
/* The nearest that was offered, or NULL when nothing came near. */
const char *closest_name(const struct closest *closest);

/* Edits (insert, delete, replace, swap of neighbours) that turn one into the other; SIZE_MAX when a name is too long. */
size_t closest_distance(const char *a, const char *b);

#endif
