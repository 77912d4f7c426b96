/* request_id.h - the name of a request in logs and fields: a ULID and the region, "01KASN3C5Z8Y0T1QW2E3R4T5Y6-fra". Pure.
 * The ULID is 48 bits of milliseconds and 80 random bits in Crockford's base 32, so names sort by time. */
#ifndef PROXY_REQUEST_ID_H
#define PROXY_REQUEST_ID_H

#include <stddef.h>
#include <stdint.h>

#include "rand.h"

enum { REQUEST_ID_ULID = 26, REQUEST_ID_SIZE = 64 };

/* Into out[REQUEST_ID_SIZE], NUL-terminated; returns the length. A region longer than 31 bytes is cut. */
size_t request_id_write(char *out, int64_t wall_ms, struct rand *rand, const char *region);

#endif
