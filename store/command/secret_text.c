/* secret_text.c - see secret_text.h. */
#include "command/secret_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NAME_RULE "a name has letters, digits and _, and no digit first"
static const char quotes[] = "\"\"\"";
enum { QUOTES = sizeof quotes - 1 };

void secret_list_free(struct secret_list *list)
{
	free(list->items);
	*list = (struct secret_list){0};
}

void secret_list_add(struct secret_list *list, const char *name, struct bytes value)
{
	size_t at = 0;
	while (at < list->count && strcmp(list->items[at].name, name) != 0)
		at++;
	if (at == list->count)
		list->items = mem_grow(list->items, list->count++, &list->room, sizeof *list->items);
	list->items[at] = (struct secret_change){name, value};
}

/* 0, or -1 after a sentence that begins with `where`. */
static int add_checked(struct secret_list *list, const char *name, struct bytes value, const char *where,
                       struct text *why)
{
	if (!secret_name_good(name))
		text_format(why, "%s: what stands before = is no name of a variable: " NAME_RULE, where);
	else if (memchr(value.at, '\0', value.len))
		text_format(why, "%s: the value of %s has a zero octet, which no variable can have", where, name);
	else if (value.len > SECRET_MOST)
		text_format(why, "%s: the value of %s has %zu octets, and %d is the most: put it in a file", where,
		            name, value.len, SECRET_MOST);
	else {
		secret_list_add(list, name, value);
		return 0;
	}
	return -1;
}

int secret_word_read(struct secret_list *list, char *word, int number, struct text *why)
{
	char where[32];
	char *equals = strchr(word, '=');
	snprintf(where, sizeof where, "word %d", number);
	if (!equals) {
		text_format(why, "%s is no NAME=VALUE: secrets must be provided as NAME=VALUE pairs", where);
		return -1;
	}
	*equals = '\0';
	return add_checked(list, word, bytes_of(equals + 1), where, why);
}

/* ------------------------------------------------------------------------------------------------ lines */

struct cursor {
	char *at, *end;
	int line;
};

static void drop_returns(struct text *in)
{
	char *to = in->at;
	for (const char *from = in->at; from < in->at + in->len; from++)
		if (from[0] != '\r' || from[1] != '\n')
			*to++ = *from;
	in->len = (size_t)(to - in->at);
	*to = '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct bytes trim(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	while (end > at && is_blank(end[-1]))
		end--;
	return (struct bytes){at, (size_t)(end - at)};
}

/* The quotes that end a value are the last thing on their line. */
static const char *closing(const char *at, const char *end)
{
	for (; end - at >= QUOTES; at++) {
		if (memcmp(at, quotes, QUOTES) != 0)
			continue;
		const char *next = at + QUOTES;
		while (next < end && is_blank(*next))
			next++;
		if (next == end || *next == '\n')
			return at;
	}
	return NULL;
}

/* What stands behind =; the cursor moves to the end of its last line. value.at NULL: it does not end. */
static struct bytes take_value(struct cursor *c, const char *at)
{
	const char *end = memchr(at, '\n', (size_t)(c->end - at));
	end = end ? end : c->end;
	struct bytes value = trim(at, end);
	c->at += end - c->at;
	if (value.len >= QUOTES && memcmp(value.at, quotes, QUOTES) == 0) {
		value.at += QUOTES;
		end = closing(value.at, c->end);
		if (!end)
			return (struct bytes){NULL, 0};
		value.len = (size_t)(end - value.at);
		for (const char *n = c->at; n < end; n++)
			c->line += *n == '\n';
		if (end > c->at)
			c->at += strcspn(end, "\n") + (size_t)(end - c->at);
		return value;
	}
	char quote = value.len >= 2 ? value.at[0] : '\0';
	if ((quote == '"' || quote == '\'') && value.at[value.len - 1] == quote) {
		value.at++;
		value.len -= 2;
	}
	return value;
}

static int read_line(struct secret_list *list, struct cursor *c, struct text *why)
{
	char where[32];
	size_t len = strcspn(c->at, "\n");
	struct bytes line = trim(c->at, c->at + len);
	snprintf(where, sizeof where, "line %d", c->line);
	if (line.len == 0 || line.at[0] == '#') {
		c->at += len;
		return 0;
	}
	char *name = c->at + (line.at - c->at);
	if (strncmp(name, "export", 6) == 0 && is_blank(name[6]))
		name += 6 + strspn(name + 6, " \t");
	char *equals = memchr(name, '=', (size_t)(c->at + len - name));
	if (!equals) {
		text_format(why, "%s is no NAME=VALUE: secrets must be provided as NAME=VALUE pairs", where);
		return -1;
	}
	struct bytes value = take_value(c, equals + 1);
	if (!value.at) {
		text_format(why, "%s: a value begins with %s and does not end with it", where, quotes);
		return -1;
	}
	name[trim(name, equals).len] = '\0';
	return add_checked(list, name, value, where, why);
}

int secret_lines_read(struct secret_list *list, struct text *in, struct text *why)
{
	if (!in->len)
		return 0;
	drop_returns(in);
	if (memchr(in->at, '\0', in->len)) {
		text_put(why, "it has a zero octet, which no variable can have: it is no text");
		return -1;
	}
	struct cursor c = {in->at, in->at + in->len, 1};
	while (c.at < c.end) {
		if (read_line(list, &c, why) < 0)
			return -1;
		if (c.at < c.end) {
			c.at++;
			c.line++;
		}
	}
	return 0;
}
