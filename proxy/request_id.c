/* request_id.c - see request_id.h. */
#include "request_id.h"

#include <string.h>

enum { TIME_DIGITS = 10, RANDOM_DIGITS = 8, REGION_MAX = 31 };

/* The lowest `count` groups of five bits, most significant first. */
static char *base32_write(char *out, uint64_t bits, unsigned count)
{
	static const char digits[32] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	for (unsigned i = 0; i < count; i++)
		out[i] = digits[bits >> 5 * (count - 1 - i) & 31];
	return out + count;
}

size_t request_id_write(char *out, int64_t wall_ms, struct rand *rand, const char *region)
{
	char *p = base32_write(out, (uint64_t)wall_ms & ((UINT64_C(1) << 48) - 1), TIME_DIGITS);
	p = base32_write(p, rand_next(rand), RANDOM_DIGITS);
	p = base32_write(p, rand_next(rand), RANDOM_DIGITS);
	size_t len = strnlen(region, REGION_MAX);
	*p++ = '-';
	memcpy(p, region, len);
	p[len] = '\0';
	return (size_t)(p - out) + len;
}
