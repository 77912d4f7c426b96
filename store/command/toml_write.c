/* toml_write.c - see toml_write.h. */
#include "command/toml_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The tables a value is inside of, outermost first. */
struct place {
	const struct place *outer; /* NULL: the whole document */
	const char *name;
	int depth;
};

static void write_string(struct text *out, const char *text)
{
	static const char escapes[] = "b\bt\tn\nf\fr\r\"\"\\\\";
	bool literal = !strchr(text, '\'');
	for (const char *c = text; literal && *c; c++)
		literal = (unsigned char)*c >= ' ' && *c != 127;
	if (literal) {
		text_format(out, "'%s'", text);
		return;
	}
	text_put(out, "\"");
	for (; *text; text++) {
		const char *escape = NULL;
		for (const char *e = escapes; *e && !escape; e += 2)
			if (e[1] == *text)
				escape = e;
		if (escape)
			text_format(out, "\\%c", *escape);
		else if ((unsigned char)*text < ' ' || *text == 127)
			text_format(out, "\\u%04x", (unsigned)(unsigned char)*text);
		else
			text_add(out, text, 1);
	}
	text_put(out, "\"");
}

static void write_key(struct text *out, const char *name)
{
	bool bare = *name &&
	            strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name);
	if (bare)
		text_put(out, name);
	else
		write_string(out, name);
}

/* A number that is read as a float again: TOML wants a point or an exponent, with a digit on both sides of the point. */
static void write_real(struct text *out, double number)
{
	char digits[40];
	for (int precision = 1; precision <= 17; precision++) {
		snprintf(digits, sizeof digits, "%.*g", precision, number);
		if (strtod(digits, NULL) == number)
			break;
	}
	text_format(out, "%s%s", digits, strpbrk(digits, ".e") ? "" : ".0");
}

/* Anything on one line. */
static void write_inline(struct text *out, const json_t *value)
{
	const char *name;
	json_t *item;
	size_t i;
	const char *comma = "";
	if (json_is_string(value)) {
		write_string(out, json_string_value(value));
	} else if (json_is_integer(value)) {
		text_format(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else if (json_is_real(value)) {
		write_real(out, json_real_value(value));
	} else if (json_is_boolean(value)) {
		text_put(out, json_is_true(value) ? "true" : "false");
	} else if (json_is_array(value)) {
		text_put(out, "[");
		json_array_foreach(value, i, item)
		{
			if (json_is_null(item))
				continue;
			text_put(out, comma);
			write_inline(out, item);
			comma = ", ";
		}
		text_put(out, "]");
	} else {
		text_put(out, "{");
		json_object_foreach((json_t *)value, name, item)
		{
			if (json_is_null(item))
				continue;
			text_put(out, comma);
			write_key(out, name);
			text_put(out, " = ");
			write_inline(out, item);
			comma = ", ";
		}
		text_put(out, "}");
	}
}

static bool is_tables(const json_t *value)
{
	size_t i;
	json_t *item;
	json_array_foreach(value, i, item) if (!json_is_object(item)) return false;
	return json_array_size(value) > 0;
}

static void indent(struct text *out, int depth)
{
	for (int i = 0; i < depth; i++)
		text_put(out, "  ");
}

static void write_path(struct text *out, const struct place *place)
{
	if (place->outer) {
		write_path(out, place->outer);
		text_put(out, ".");
	}
	write_key(out, place->name);
}

static void write_table(struct text *out, const struct place *place, const json_t *object);

static void write_header(struct text *out, const struct place *place, bool item)
{
	text_put(out, "\n");
	indent(out, place->depth);
	text_put(out, item ? "[[" : "[");
	write_path(out, place);
	text_put(out, item ? "]]\n" : "]\n");
}

static void write_inner(struct text *out, const struct place *place, const json_t *value)
{
	size_t i;
	json_t *item;
	if (json_is_object(value)) {
		write_header(out, place, false);
		write_table(out, place, value);
	}
	json_array_foreach(value, i, item)
	{
		write_header(out, place, true);
		write_table(out, place, item);
	}
}

static void write_table(struct text *out, const struct place *place, const json_t *object)
{
	const char *name;
	json_t *value;
	int depth = place ? place->depth : 0;
	json_object_foreach((json_t *)object, name, value)
	{
		if (json_is_null(value) || json_is_object(value) || is_tables(value))
			continue;
		indent(out, depth);
		write_key(out, name);
		text_put(out, " = ");
		write_inline(out, value);
		text_put(out, "\n");
	}
	json_object_foreach((json_t *)object, name, value)
	{
		struct place inner = {place, name, place ? depth + 1 : 0};
		if (json_is_object(value) || is_tables(value))
			write_inner(out, &inner, value);
	}
}

void toml_write(struct text *out, const json_t *object)
{
	write_table(out, NULL, object);
}
