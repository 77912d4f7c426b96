/* zone_copy.c - see zone_copy.h. */
#include "zone_copy.h"

#include <stdlib.h>

#include "base/mem.h"
#include "journal.h"
#include "network_names.h"
#include "zone_file.h"

/* Appends records as they are in a transfer: their owner is `relative` to the zone's name. */
static void add_records(struct text *out, struct bytes relative, struct bytes records, size_t count)
{
	size_t each = count ? records.len / count : 0;
	for (; count; count--, records.at += each) {
		text_add(out, relative.at, relative.len);
		text_add(out, records.at, each);
	}
}

/* ------------------------------------------------------------------------------------------------ nodes */

/* Without a record a name would not exist for who copies it; this one's type nobody asks for. */
static void add_empty(struct text *out, struct bytes relative)
{
	uint8_t record[2 + 2 + 2 + 4 + 2], *at = wire_put16(record, 0xc000 | WIRE_HEADER);
	at = wire_put16(wire_put16(at, ZONE_FILE_EMPTY), CLASS_IN);
	wire_put16(wire_put32(at, WIRE_TTL), 0);
	text_add(out, relative.at, relative.len);
	text_add(out, (const char *)record, sizeof record);
}

struct copying {
	const struct node *node;
	struct bytes label;
	struct text *out;
};

static void copy_answer(struct bytes relative, const struct answer *answer, void *owner)
{
	const struct copying *c = owner;
	char name[NAME_WIRE], *at = name;
	const struct bytes records = {(const char *)node_records(c->node) + answer->at, answer->len};
	at = (char *)memcpy(at, relative.at, relative.len) + relative.len;
	*at++ = (char)c->label.len;
	at = (char *)memcpy(at, c->label.at, c->label.len) + c->label.len;
	const struct bytes relative_owner = {name, (size_t)(at - name)};
	if (answer->count)
		add_records(c->out, relative_owner, records, answer->count);
	else
		add_empty(c->out, relative_owner);
}

void zone_copy_node(struct zone *zone, const struct node_key *key, const struct node *node)
{
	if (!journal_follows(zone->journal, key->network))
		return;
	struct text records = {0};
	struct copying c = {node, key->label, &records};
	struct journal_key there = {key->zone == NODE_FLYCAST ? ZONE_FLYCAST : ZONE_INTERNAL, key->label};
	if (node)
		node_each(node, copy_answer, &c);
	journal_put(zone->journal, key->network, &there, (struct bytes){records.at, records.len});
	text_free(&records);
}

/* ------------------------------------------------------------------------------------------------ addresses */

static void copy_pointer(struct zone *z, uint32_t network, const struct in6_addr *ip, struct bytes record)
{
	char name[NAME_WIRE];
	struct text records = {0};
	struct journal_key key = {ZONE_REVERSE, {(const char *)ip, sizeof *ip}};
	size_t len = reverse_name(name, ip) - zone_apex(ZONE_REVERSE).len;
	add_records(&records, (struct bytes){name, len}, record, record.len > 0);
	journal_put(z->journal, network, &key, (struct bytes){records.at, records.len});
	text_free(&records);
}

void zone_copy_address(struct zone *zone, const struct in6_addr *ip)
{
	struct bytes record;
	uint32_t network = network_of_ip(ip);
	if (!journal_follows(zone->journal, network))
		return;
	if (!reverse_at(&zone->reverse, ip, &record))
		record.len = 0;
	copy_pointer(zone, network, ip, record);
}

void zone_copy_network(struct zone *zone, uint32_t network, bool there)
{
	const struct in6_addr servers[] = {network_names_server_ip(network), network_names_server_ip(0)};
	const struct bytes ns = {zone->ns.at, there ? zone->ns.len : 0};
	const struct bytes pointer = {zone->server_ptr.at, there ? zone->server_ptr.len : 0};
	if (!journal_follows(zone->journal, network))
		return;
	for (enum zone_kind kind = ZONE_NONE + 1; kind < ZONE_COUNT; kind++)
		journal_put(zone->journal, network, &(struct journal_key){kind, {NULL, 0}}, ns);
	for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
		copy_pointer(zone, network, &servers[i], pointer);
}

/* ------------------------------------------------------------------------------------------------ a network begins */

struct beginning {
	struct zone *zone;
	uint32_t *networks; /* by number */
	size_t count, room;
};

static void on_newly(void *owner, uint32_t network)
{
	struct beginning *b = owner;
	b->networks = mem_grow(b->networks, b->count, &b->room, sizeof *b->networks);
	b->networks[b->count++] = network;
}

static int compare(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;
	return *a < *b ? -1 : *a > *b;
}

static bool begins(const struct beginning *b, uint32_t network)
{
	return bsearch(&network, b->networks, b->count, sizeof *b->networks, compare) != NULL;
}

static void copy_node(void *item, void *owner)
{
	const struct beginning *b = owner;
	const struct node_key key = node_key_of(item);
	if (begins(b, key.network))
		zone_copy_node(b->zone, &key, item);
}

static void copy_address(const struct in6_addr *ip, struct bytes record, void *owner)
{
	const struct beginning *b = owner;
	if (begins(b, network_of_ip(ip)))
		copy_pointer(b->zone, network_of_ip(ip), ip, record);
}

void zone_follow(struct zone *zone, const uint32_t *networks, size_t count)
{
	struct beginning b = {.zone = zone};
	journal_follow(zone->journal, networks, count, on_newly, &b);
	for (size_t i = 0; i < b.count; i++) {
		const struct side *s = table_find(&zone->sides, zone_side_hash(b.networks[i]), zone_side_is,
		                                  &b.networks[i]);
		if (s && s->known)
			zone_copy_network(zone, b.networks[i], true);
	}
	if (b.count) {
		table_each(&zone->nodes, copy_node, &b);
		reverse_each(&zone->reverse, copy_address, &b);
	}
	free(b.networks);
}

struct journal *zone_journal(const struct zone *zone)
{
	return zone->journal;
}
