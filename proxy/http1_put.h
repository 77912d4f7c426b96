/* http1_put.h - append to a buffer whose room the caller has checked; every function returns where the next byte goes. */
#ifndef PROXY_HTTP1_PUT_H
#define PROXY_HTTP1_PUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PUT(at, literal) put((at), (literal), sizeof(literal) - 1)

static inline char *put(char *at, const char *bytes, size_t len)
{
	if (len) /* bytes may be NULL then */
		memcpy(at, bytes, len);
	return at + len;
}

static inline char *put_number(char *at, uint64_t number)
{
	char digits[20];
	size_t first = sizeof digits;
	do
		digits[--first] = (char)('0' + number % 10);
	while (number /= 10);
	return put(at, digits + first, sizeof digits - first);
}

#endif
