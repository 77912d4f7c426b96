/* zone_file.c - see zone_file.h. */
#include <stdbool.h> /* before ldns, which would make a bool of its own */

#include "zone_file.h"

#include <ldns/ldns.h>
#include <stdlib.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"
#include "network_names.h"
#include "zone_list.h"

struct line {
	struct name name;
	uint16_t type;
	uint16_t count;
	struct bytes records; /* the zone's */
};

struct lines {
	enum zone_kind kind;
	struct line *lines;
	size_t count;
	size_t room;
};

static void add_line(const struct zone_entry *entry, void *owner)
{
	struct lines *all = owner;
	if (entry->kind != all->kind)
		return;
	all->lines = mem_grow(all->lines, all->count, &all->room, sizeof *all->lines);
	struct line *fresh = &all->lines[all->count++];
	name_read(&fresh->name, (const uint8_t *)entry->name.at, entry->name.len);
	fresh->type = entry->type;
	fresh->count = entry->count;
	fresh->records = entry->records;
}

/* RFC 4034 6.1: label by label from the last one on. Names are folded already. */
static int compare_names(const struct name *a, const struct name *b)
{
	for (int i = 1; i <= a->count && i <= b->count; i++) {
		const uint8_t *left = a->wire + a->at[a->count - i], *right = b->wire + b->at[b->count - i];
		int order = memcmp(left + 1, right + 1, *left < *right ? *left : *right);
		if (order == 0)
			order = *left - *right;
		if (order)
			return order;
	}
	return a->count - b->count;
}

/* SOA comes before what else the apex has. */
static int compare_lines(const void *left, const void *right)
{
	const struct line *a = left, *b = right;
	int order = compare_names(&a->name, &b->name);
	if (order)
		return order;
	if ((a->type == TYPE_SOA) != (b->type == TYPE_SOA))
		return a->type == TYPE_SOA ? -1 : 1;
	return a->type - b->type;
}

static void print_record(FILE *out, const struct name *name, const uint8_t *record, size_t len)
{
	enum { POINTER = 2 };
	uint8_t *wire = mem_new(name->len + len);
	char owner[NAME_TEXT], *text = NULL;
	size_t at = 0;
	ldns_rr *rr;
	memcpy(wire, name->wire, name->len);
	memcpy(wire + name->len, record + POINTER, len - POINTER);
	if (ldns_wire2rr(&rr, wire, name->len + len - POINTER, &at, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK)
		text = ldns_rr2str(rr);
	if (!text) {
		log_error("record not printed: ldns cannot read it");
		abort(); /* it is of our own making */
	}
	/* ldns leaves " and $ in a name as they are; at the start of a line they would be something else. */
	fprintf(out, "%s%s", name_text(owner, name->wire), strchr(text, '\t'));
	free(text);
	ldns_rr_free(rr);
	free(wire);
}

static void print_soa(FILE *out, const struct line *line, uint32_t serial)
{
	uint8_t *record = mem_copy(line->records.at, line->records.len);
	wire_put32(record + line->records.len - ENCODE_SOA_SERIAL, serial);
	print_record(out, &line->name, record, line->records.len);
	free(record);
}

static void print_empty(FILE *out, const struct name *name)
{
	uint8_t record[2 + 2 + 2 + 4 + 2], *at = wire_put16(record, 0);
	at = wire_put16(at, ZONE_FILE_EMPTY);
	at = wire_put16(at, CLASS_IN);
	at = wire_put32(at, WIRE_TTL);
	wire_put16(at, 0);
	print_record(out, name, record, sizeof record);
}

static bool is_below(const struct name *name, const struct name *above)
{
	size_t at = name->count >= above->count ? name->at[name->count - above->count] : name->len;
	return name->len - at == above->len && memcmp(name->wire + at, above->wire, above->len) == 0;
}

/* Does something else in the file make this name exist? What is at it or below it follows. */
static bool is_implied(const struct lines *all, size_t index)
{
	return index + 1 < all->count && is_below(&all->lines[index + 1].name, &all->lines[index].name);
}

static void print_line(FILE *out, const struct lines *all, size_t index, uint32_t serial)
{
	const struct line *line = &all->lines[index];
	if (line->type == TYPE_SOA)
		print_soa(out, line, serial);
	else if (line->type == TYPE_NONE && !is_implied(all, index))
		print_empty(out, &line->name);
	for (size_t i = 0; line->type != TYPE_SOA && i < line->count; i++) {
		size_t each = line->records.len / line->count;
		print_record(out, &line->name, (const uint8_t *)line->records.at + i * each, each);
	}
}

bool zone_file_write(FILE *out, const struct zone *zone, uint32_t network, enum zone_kind kind)
{
	struct lines all = {.kind = kind};
	const struct in6_addr server = network_names_server_ip(network);
	char text[NAME_TEXT], ip[ADDR_TEXT];
	if (!zone_list(zone, network, add_line, &all))
		return false;
	qsort(all.lines, all.count, sizeof *all.lines, compare_lines);
	fprintf(out, "; %s as its clients see it who ask %s, as of the registry's change %u\n",
	        name_text(text, (const uint8_t *)zone_apex(kind).at), addr_ip_text(ip, &server), zone_serial(zone));
	for (size_t i = 0; i < all.count; i++)
		print_line(out, &all, i, zone_serial(zone));
	free(all.lines);
	return true;
}
