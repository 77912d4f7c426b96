/* text.c - see text.h. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

static void reserve(struct text *text, size_t more)
{
	if (text->room - text->len > more && text->at)
		return;
	size_t room = text->room ? text->room : 64;
	while (room - text->len <= more)
		room *= 2;
	text->at = mem_resize(text->at, room);
	text->room = room;
}

void text_add(struct text *text, const char *bytes, size_t len)
{
	reserve(text, len);
	if (len)
		memcpy(text->at + text->len, bytes, len);
	text->len += len;
	text->at[text->len] = '\0';
}

void text_put(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
	va_list args;
	reserve(text, 0);
	size_t left = text->room - text->len;
	va_start(args, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, in the line before */
	int len = vsnprintf(text->at + text->len, left, format, args);
	va_end(args);
	if (len > 0 && (size_t)len >= left) { /* it did not fit: seldom, for the room doubles */
		reserve(text, (size_t)len);
		va_start(args, format);
		vsnprintf(text->at + text->len, (size_t)len + 1, format, args);
		va_end(args);
	}
	text->len += len > 0 ? (size_t)len : 0;
}

void text_clear(struct text *text)
{
	text->len = 0;
	if (text->at)
		text->at[0] = '\0';
}

void text_free(struct text *text)
{
	free(text->at);
	*text = (struct text){0};
}

const char *text_string(const struct text *text)
{
	return text->at ? text->at : "";
}
