/* text.h - borrowed and growing runs of bytes.
 * struct bytes never owns what it points to. struct text owns its buffer: text_free() it; it is always
 * NUL-terminated, so .at is a C string as long as nothing put a NUL in. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct bytes {
	const char *at;
	size_t len;
};

#define BYTES(literal) ((struct bytes){(literal), sizeof(literal) - 1})

static inline struct bytes bytes_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

struct text {
	char *at; /* NULL until the first byte */
	size_t len;
	size_t room;
};

void text_add(struct text *text, const char *bytes, size_t len);
void text_put(struct text *text, const char *string);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_clear(struct text *text); /* keeps the buffer */
void text_free(struct text *text);
const char *text_string(const struct text *text); /* "" when empty */

#endif
