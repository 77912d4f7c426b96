/* zone_list.c - see zone_list.h. */
#include "zone_list.h"

#include "network_names.h"
#include "zone_inside.h"

struct listing {
	const struct zone *zone;
	uint32_t network;
	zone_visitor *visit;
	void *owner;
	const struct node *node; /* whose names are being listed */
};

static void tell(const struct listing *l, enum zone_kind kind, struct bytes name, const struct answer *answer,
                 const uint8_t *records)
{
	const struct zone_entry entry = {
	    kind, answer->count ? answer->type : TYPE_NONE, answer->count, name, {(const char *)records, answer->len}};
	l->visit(&entry, l->owner);
}

static void tell_name(struct bytes relative, const struct answer *answer, void *owner)
{
	const struct listing *l = owner;
	const struct node_key key = node_key_of(l->node);
	enum zone_kind kind = key.zone == NODE_FLYCAST ? ZONE_FLYCAST : ZONE_INTERNAL;
	struct bytes apex = zone_apex(kind);
	char name[NAME_WIRE], *at = name;
	at = (char *)memcpy(at, relative.at, relative.len) + relative.len;
	*at++ = (char)key.label.len;
	at = (char *)memcpy(at, key.label.at, key.label.len) + key.label.len;
	at = (char *)memcpy(at, apex.at, apex.len) + apex.len;
	tell(l, kind, (struct bytes){name, (size_t)(at - name)}, answer, node_records(l->node) + answer->at);
}

static void list_node(void *item, void *owner)
{
	struct listing *l = owner;
	l->node = item;
	if (l->node->network == l->network)
		node_each(l->node, tell_name, l);
}

static void tell_address(const struct listing *l, const struct in6_addr *ip, struct bytes record)
{
	const struct answer answer = {.len = (uint32_t)record.len, .count = 1, .type = TYPE_PTR};
	char name[NAME_WIRE];
	size_t len = reverse_name(name, ip);
	tell(l, ZONE_REVERSE, (struct bytes){name, len}, &answer, (const uint8_t *)record.at);
}

static void tell_pointer(const struct in6_addr *ip, struct bytes record, void *owner)
{
	const struct listing *l = owner;
	if (network_of_ip(ip) == l->network)
		tell_address(l, ip, record);
}

static void list_apex(const struct listing *l, enum zone_kind kind)
{
	const struct bytes soa = zone_soa(l->zone, kind), ns = zone_ns(l->zone);
	const struct answer answers[] = {{.len = (uint32_t)soa.len, .count = 1, .type = TYPE_SOA},
	                                 {.len = (uint32_t)ns.len, .count = 1, .type = TYPE_NS}};
	tell(l, kind, zone_apex(kind), &answers[0], (const uint8_t *)soa.at);
	tell(l, kind, zone_apex(kind), &answers[1], (const uint8_t *)ns.at);
}

bool zone_list(const struct zone *zone, uint32_t network, zone_visitor *visit, void *owner)
{
	struct listing l = {.zone = zone, .network = network, .visit = visit, .owner = owner};
	const struct side *s = table_find(&zone->sides, zone_side_hash(network), zone_side_is, &network);
	const struct in6_addr servers[] = {network_names_server_ip(network), network_names_server_ip(0)};
	if (!s || !s->known)
		return false;
	for (enum zone_kind kind = ZONE_NONE + 1; kind < ZONE_COUNT; kind++)
		list_apex(&l, kind);
	for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
		tell_address(&l, &servers[i], (struct bytes){zone->server_ptr.at, zone->server_ptr.len});
	table_each(&zone->nodes, list_node, &l);
	reverse_each(&zone->reverse, tell_pointer, &l);
	return true;
}
