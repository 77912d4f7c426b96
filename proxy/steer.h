/* steer.h - where a request wants to go: regions and a Machine that it prefers or insists on, as the fields
 * Fly-Prefer-Region, Fly-Force-Region, Fly-Prefer-Instance-Id and Fly-Force-Instance-Id of its head say. Pure.
 *
 * A list of regions is in the order of preference; apac, eu, na, sa, us (usa) and any stand for many. Regions nobody
 * knows match nothing. Of several fields of one name the last one counts. */
#ifndef PROXY_STEER_H
#define PROXY_STEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct http1_head;

enum { STEER_REGIONS = 16, STEER_CODE = 5, STEER_ID = 16, STEER_APP = 64 };
enum { STEER_NEVER = UINT16_MAX };
enum steer_area { STEER_NA = 1, STEER_US = 2, STEER_SA = 4, STEER_EU = 8, STEER_APAC = 16 };

struct steer_regions {
	uint8_t count;                /* more than STEER_REGIONS are not looked at */
	uint8_t areas[STEER_REGIONS]; /* steer_area bits, 0xff for any, 0: code counts */
	char codes[STEER_REGIONS][STEER_CODE];
};

struct steer { /* all zero: anywhere */
	struct steer_regions prefer_regions;
	struct steer_regions force_regions;
	char prefer_id[STEER_ID]; /* "": none */
	char force_id[STEER_ID];
	char not_id[STEER_ID]; /* any but this one */
	char app[STEER_APP];   /* ""; else the Machines of this app */
};

struct steer_place { /* of a Machine */
	const char *id;
	const char *region;
	uint8_t areas;
};

/* False: the head says nothing about it, and the steer is all zero. */
bool steer_read(struct steer *out, const struct http1_head *head, const char *in);
void steer_regions_read(struct steer_regions *out, struct bytes list);
/* An id or name that is too long is kept cut, so that it matches nothing. */
void steer_word_read(char *out, size_t size, struct bytes word);

/* 0: nothing could be better; STEER_NEVER: not there. */
uint16_t steer_rank(const struct steer *steer, const struct steer_place *place);
/* Must the request wait for certain Machines, or are all as good in need? */
bool steer_forces(const struct steer *steer);
/* The areas that a region is in. By Fly's codes; by its place for others, where US is not told from NA. */
uint8_t steer_areas(const char *code, double latitude, double longitude);

#endif
