/* name.c - see name.h. */
#include "name.h"

#include <stdio.h>
#include <string.h>

static uint8_t fold(uint8_t c)
{
	return (uint8_t)(c + ((uint8_t)(c - 'A') < 26) * ('a' - 'A'));
}

/* Eight octets at once. Length octets are below 'A', so a whole name may go through. */
static uint64_t fold_eight(uint64_t v)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t low = v & 0x7f * ones;
	uint64_t from_a = low + (0x80 - 'A') * ones;      /* top bit: >= 'A' */
	uint64_t after_z = low + (0x80 - 'Z' - 1) * ones; /* top bit: > 'Z' */
	uint64_t upper = (from_a ^ after_z) & ~v & 0x80 * ones;
	return v | upper >> 2;
}

static void copy_eight(uint8_t *to, const uint8_t *from)
{
	uint64_t v;
	memcpy(&v, from, sizeof v);
	v = fold_eight(v);
	memcpy(to, &v, sizeof v);
}

/* Sixteen octets, and the compiler takes them all at once. */
static void copy_sixteen(uint8_t *restrict to, const uint8_t *restrict from)
{
	for (int i = 0; i < 16; i++)
		to[i] = fold(from[i]);
}

/* The last run overlaps the one before it, so that nothing behind the name is read. */
static void copy_folded(uint8_t *to, const uint8_t *from, size_t len)
{
	if (len >= 16) {
		for (size_t at = 0; at < len - 16; at += 16)
			copy_sixteen(to + at, from + at);
		copy_sixteen(to + len - 16, from + len - 16);
	} else if (len >= 8) {
		copy_eight(to, from);
		copy_eight(to + len - 8, from + len - 8);
	} else {
		for (size_t i = 0; i < len; i++)
			to[i] = fold(from[i]);
	}
}

size_t name_read(struct name *out, const uint8_t *from, size_t room)
{
	const size_t most = room < NAME_WIRE ? room : NAME_WIRE;
	size_t at = 0, count = 0;
	if (room == 0)
		return 0;
	while (from[at]) {
		size_t next = at + from[at] + 1;
		if (from[at] > NAME_LABEL || next >= most)
			return 0;
		out->at[count++] = (uint8_t)at;
		at = next;
	}
	out->len = (uint8_t)(at + 1);
	out->count = (uint8_t)count;
	copy_folded(out->wire, from, at + 1);
	return at + 1;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One octet of text; *text moves on. false: a bad escape. */
static bool parse_octet(uint8_t *out, const char **text)
{
	const char *t = *text;
	if (*t != '\\') {
		*out = (uint8_t)*t;
		*text = t + 1;
		return true;
	}
	if (digit(t[1]) && digit(t[2]) && digit(t[3])) {
		int value = (t[1] - '0') * 100 + (t[2] - '0') * 10 + (t[3] - '0');
		*out = (uint8_t)value;
		*text = t + 4;
		return value <= 255;
	}
	if (!t[1] || digit(t[1]))
		return false;
	*out = (uint8_t)t[1];
	*text = t + 2;
	return true;
}

bool name_parse(struct name *out, const char *text)
{
	uint8_t wire[NAME_WIRE];
	size_t label = 0, at = 1;
	if (strcmp(text, ".") == 0)
		text = "";
	while (*text) {
		if (*text == '.') {
			if (at == label + 1)
				return false; /* an empty label */
			wire[label] = (uint8_t)(at - label - 1);
			label = at++;
			text++;
			continue;
		}
		uint8_t c;
		if (at - label > NAME_LABEL || at >= NAME_WIRE || !parse_octet(&c, &text))
			return false;
		wire[at++] = c;
	}
	if (at > label + 1) {
		wire[label] = (uint8_t)(at - label - 1);
		label = at;
	}
	if (label >= NAME_WIRE)
		return false;
	wire[label] = 0;
	return name_read(out, wire, label + 1) != 0;
}

char *name_text(char *out, const uint8_t *wire)
{
	char *to = out;
	if (*wire == 0)
		*to++ = '.';
	while (*wire) {
		for (uint8_t left = *wire++; left; left--, wire++) {
			if (*wire && strchr(".\\\"();@$", *wire))
				to += sprintf(to, "\\%c", *wire);
			else if (*wire <= ' ' || *wire >= 0x7f)
				to += sprintf(to, "\\%03d", *wire);
			else
				*to++ = (char)*wire;
		}
		*to++ = '.';
	}
	*to = '\0';
	return out;
}

bool name_add_label(struct text *wire, struct bytes label)
{
	char folded[1 + NAME_LABEL];
	if (label.len == 0 || label.len > NAME_LABEL)
		return false;
	folded[0] = (char)label.len;
	for (size_t i = 0; i < label.len; i++)
		folded[1 + i] = (char)fold((uint8_t)label.at[i]);
	text_add(wire, folded, 1 + label.len);
	return true;
}
