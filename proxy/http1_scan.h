/* http1_scan.h - classes of bytes and the loops that find where a class ends. Pure. */
#ifndef PROXY_HTTP1_SCAN_H
#define PROXY_HTTP1_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

extern const uint8_t http1_token_byte[256]; /* 1: may stand in a token (RFC 9110 5.6.2) */

static inline bool http1_is_token(char c)
{
	return http1_token_byte[(uint8_t)c];
}

static inline char http1_fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool http1_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The first byte at or behind `at` that may not stand in a field value, or `end`. */
const char *http1_value_end(const char *at, const char *end);
/* The first byte that may not stand in a request target (the space behind it included), or `end`. */
const char *http1_target_end(const char *at, const char *end);

struct bytes http1_trim(const char *at, const char *end); /* without blanks around it */

/* The next element of a comma-separated list (RFC 9110 5.6.1), trimmed, maybe empty. False at the end. */
bool http1_list_next(struct bytes *list, struct bytes *element);

/* The same word, whatever its case? `lower` is lower case. */
bool http1_word_is(struct bytes word, const char *lower);
bool http1_word_equal(struct bytes a, struct bytes b);
bool http1_word_is_token(struct bytes word); /* not empty either */

#endif
