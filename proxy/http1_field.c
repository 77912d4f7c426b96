/* http1_field.c - see http1_field.h. */
#include "http1_field.h"

#include "http1_scan.h"

static enum http1_parse bad(const char **why, const char *sentence)
{
	*why = sentence;
	return HTTP1_BAD;
}

static enum http1_parse bad_name(const char **why, bool empty, char c)
{
	if (empty && http1_is_blank(c))
		return bad(why, "a field line begins with white space (a folded line)");
	if (empty && c == ':')
		return bad(why, "a field has no name");
	if (http1_is_blank(c))
		return bad(why, "there is white space between a field's name and its colon");
	if (c == '\r' || c == '\n')
		return bad(why, "a field line has no colon");
	return bad(why, "a field's name has a byte that may not be there");
}

static enum http1_parse bad_value(const char **why, char c)
{
	if (c == '\n')
		return bad(why, "a field line ends in a bare LF");
	return bad(why, "a field's value has a control character");
}

enum http1_parse http1_field_read(struct http1_field *field, const char *in, size_t at, size_t len, const char **why)
{
	const char *end = in + len;
	const char *name = in + at;
	const char *p = name;
	while (p < end && http1_is_token(*p))
		p++;
	if (p == end)
		return HTTP1_MORE;
	if (*p != ':' || p == name)
		return bad_name(why, p == name, *p);
	field->name = (uint16_t)at;
	field->name_len = (uint16_t)(p - name);

	do
		p++;
	while (p < end && http1_is_blank(*p));
	const char *value = p;
	p = http1_value_end(p, end);
	if (p == end)
		return HTTP1_MORE;
	if (*p != '\r')
		return bad_value(why, *p);
	if (p + 1 == end)
		return HTTP1_MORE;
	if (p[1] != '\n')
		return bad(why, "a field line has a CR without LF");
	field->end = (uint16_t)(p + 2 - in);
	while (p > value && http1_is_blank(p[-1]))
		p--;
	field->value = (uint16_t)(value - in);
	field->value_len = (uint16_t)(p - value);
	return HTTP1_DONE;
}
