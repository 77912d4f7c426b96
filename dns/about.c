/* about.c - see about.h. */
#include "about.h"

static struct bytes text_of(const struct responder_settings *settings, const struct name *name)
{
	const struct {
		struct bytes name, told;
	} rows[] = {{{"\2id\6server", 11}, settings->identity},
	            {{"\10hostname\4bind", 15}, settings->identity},
	            {{"\7version\6server", 16}, settings->version},
	            {{"\7version\4bind", 14}, settings->version}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (bytes_equal((struct bytes){(const char *)name->wire, name->len}, rows[i].name))
			return rows[i].told;
	return (struct bytes){NULL, 0};
}

struct bytes about_record(uint8_t out[ABOUT_RECORD], const struct responder_settings *settings, const struct name *name)
{
	struct bytes told = text_of(settings, name);
	if (told.len == 0)
		return told;
	uint8_t *at = wire_put16(out, 0xc000 | WIRE_HEADER);
	at = wire_put16(wire_put16(at, TYPE_TXT), CLASS_CH);
	at = wire_put16(wire_put32(at, 0), (unsigned)told.len + 1);
	*at++ = (uint8_t)told.len;
	memcpy(at, told.at, told.len);
	return (struct bytes){(const char *)out, (size_t)(at - out) + told.len};
}
