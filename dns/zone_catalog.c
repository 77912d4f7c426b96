/* zone_catalog.c - see zone_catalog.h. */
#include "zone_catalog.h"

#include "wire.h"
#include "zone.h"

static const char apex[] = "\7catalog\7invalid";
static const char nobody[] = "\7invalid"; /* RFC 9432 4.1: what serves it, for it has no use */
/* serial, refresh, retry, expire, minimum */
static const char soa[] = "\xc0\x0c\0\6\0\1\0\0\0\0\0\x26\7invalid\0\7invalid\0"
                          "\0\0\0\0\0\0\0\x3c\0\0\0\x0a\0\0\x0e\x10\0\0\0";

static const struct {
	struct bytes label;
	enum zone_kind kind;
} members[] = {{BYTES("\7flycast\5zones"), ZONE_FLYCAST},
               {BYTES("\10internal\5zones"), ZONE_INTERNAL},
               {BYTES("\7reverse\5zones"), ZONE_REVERSE}};

bool zone_catalog_is(const struct name *name)
{
	return name->len == sizeof apex && memcmp(name->wire, apex, sizeof apex) == 0;
}

struct bytes zone_catalog_soa(void)
{
	return (struct bytes){soa, sizeof soa};
}

static void add(struct text *out, struct bytes relative, enum wire_type type, struct bytes data)
{
	uint8_t fixed[2 + 2 + 2 + 4 + 2], *at = wire_put16(fixed, 0xc000 | WIRE_HEADER);
	at = wire_put32(wire_put16(wire_put16(at, type), CLASS_IN), 0);
	wire_put16(at, (unsigned)data.len);
	text_add(out, relative.at, relative.len);
	text_add(out, (const char *)fixed, sizeof fixed);
	text_add(out, data.at, data.len);
}

void zone_catalog_records(struct text *out)
{
	add(out, BYTES(""), TYPE_NS, (struct bytes){nobody, sizeof nobody});
	add(out, BYTES("\7version"), TYPE_TXT,
	    BYTES("\1"
	          "2"));
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		add(out, members[i].label, TYPE_PTR, zone_apex(members[i].kind));
}
