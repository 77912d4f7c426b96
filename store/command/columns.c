/* columns.c - see columns.h. */
#include "command/columns.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/say.h"

/* Characters, not bytes: every byte of UTF-8 that does not continue one. */
static size_t width_of(const char *cell)
{
	size_t width = 0;
	for (; *cell; cell++)
		width += ((unsigned char)*cell & 0xc0) != 0x80;
	return width;
}

void columns_add(struct columns *c, const char *cell)
{
	size_t column = c->filled++ % c->count;
	size_t width = width_of(cell), before = c->cells.len;
	if (width > c->width[column])
		c->width[column] = width;
	text_add(&c->cells, cell, strlen(cell) + 1);
	say_plain(c->cells.at + before);
}

void columns_number(struct columns *c, int64_t number)
{
	char text[24];
	snprintf(text, sizeof text, "%lld", (long long)number);
	columns_add(c, text);
}

void columns_init(struct columns *c, ...)
{
	va_list counting, adding;
	*c = (struct columns){0};
	va_start(counting, c);
	va_copy(adding, counting);
	while (va_arg(counting, const char *))
		c->count++;
	assert(c->count > 0 && c->count <= COLUMNS_MAX);
	for (const char *name; (name = va_arg(adding, const char *));) {
		char upper[64];
		size_t i = 0;
		for (; i < sizeof upper - 1 && name[i]; i++)
			upper[i] = (char)toupper((unsigned char)name[i]);
		upper[i] = '\0';
		columns_add(c, upper);
	}
	va_end(adding);
	va_end(counting);
}

void columns_free(struct columns *c)
{
	text_free(&c->cells);
}

static void print_title(const char *title)
{
	bool bold = isatty(STDOUT_FILENO);
	if (title)
		printf("%s%s%s\n", bold ? "\033[1m" : "", title, bold ? "\033[0m" : "");
}

void columns_print(const struct columns *c, const char *title)
{
	const char *cell = text_string(&c->cells);
	assert(c->filled % c->count == 0);
	print_title(title);
	for (size_t i = 0; i < c->filled; i++, cell += strlen(cell) + 1) {
		size_t column = i % c->count;
		bool last = column + 1 == c->count;
		int pad = last ? 0 : (int)(c->width[column] - width_of(cell));
		printf("%s%s%*s%s", last && !*cell ? "" : " ", cell, pad, "",
		       last ? "\n" : " │"); /* no space ends a line */
	}
	printf("\n");
}

void columns_pairs(const char *title, const char *const (*pairs)[2])
{
	size_t width = 0;
	for (size_t i = 0; pairs[i][0]; i++)
		if (width_of(pairs[i][0]) > width)
			width = width_of(pairs[i][0]);
	print_title(title);
	for (size_t i = 0; pairs[i][0]; i++) {
		struct text value = {0};
		text_put(&value, pairs[i][1]);
		printf("  %s%*s = %s\n", pairs[i][0], (int)(width - width_of(pairs[i][0])), "", say_plain(value.at));
		text_free(&value);
	}
	printf("\n");
}
