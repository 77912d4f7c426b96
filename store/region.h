/* region.h - regions: three letters, a city, coordinates. Owns nothing. */
#ifndef STORE_REGION_H
#define STORE_REGION_H

#include "label.h"

struct registry;
struct statement;

struct region {
	char code[4];
	char name[NAME_ROOM];
	double latitude;
	double longitude;
};

int region_find(struct registry *registry, struct region *out, const char *code); /* 1 found, 0 not there, -1 failed */
int region_need(struct registry *registry, struct region *out, const char *code); /* 0; -1 also when it is not there */

void region_list(struct statement *s, struct registry *registry); /* by code */
int region_next(struct statement *s, struct region *out);         /* 1, 0 the end, -1 failed */

#endif
