/* zone.c - see zone.h: finding. */
#include "base/hash.h"
#include "zone_inside.h"

static const struct {
	uint8_t len; /* of the name in wire form */
	uint8_t labels;
	const char *wire;
} apexes[ZONE_COUNT] = {
    [ZONE_FLYCAST] = {9, 1, "\7flycast"},
    [ZONE_INTERNAL] = {10, 1, "\10internal"},
    [ZONE_REVERSE] = {18, REVERSE_LABELS, "\1a\1a\1d\1f\3ip6\4arpa"},
};

uint64_t zone_side_hash(uint32_t id)
{
	return hash_bytes(&id, sizeof id, 3);
}

bool zone_side_is(const void *side, const void *id)
{
	return ((const struct side *)side)->id == *(const uint32_t *)id;
}

static bool side_known(const struct zone *z, uint32_t id)
{
	const struct side *s = table_find(&z->sides, zone_side_hash(id), zone_side_is, &id);
	return s && __atomic_load_n(&s->known, __ATOMIC_ACQUIRE);
}

static bool is_reverse(const struct name *name)
{
	unsigned at = zone_apex_at(ZONE_REVERSE, name);
	return name->count >= REVERSE_LABELS && name->at[name->count - REVERSE_LABELS] == at &&
	       memcmp(name->wire + at, apexes[ZONE_REVERSE].wire, apexes[ZONE_REVERSE].len) == 0;
}

/* The length of the last label leaves one zone that it may be. */
enum zone_kind zone_of(const struct name *name)
{
	if (name->count == 0)
		return ZONE_NONE;
	const uint8_t *last = name->wire + name->at[name->count - 1];
	switch (*last) {
	case sizeof "flycast" - 1:
		return memcmp(last + 1, "flycast", sizeof "flycast") == 0 ? ZONE_FLYCAST : ZONE_NONE;
	case sizeof "internal" - 1:
		return memcmp(last + 1, "internal", sizeof "internal") == 0 ? ZONE_INTERNAL : ZONE_NONE;
	case sizeof "arpa" - 1:
		return is_reverse(name) ? ZONE_REVERSE : ZONE_NONE;
	default:
		return ZONE_NONE;
	}
}

struct bytes zone_apex(enum zone_kind kind)
{
	return (struct bytes){apexes[kind].wire, apexes[kind].len};
}

uint8_t zone_apex_at(enum zone_kind kind, const struct name *name)
{
	return (uint8_t)(name->len - apexes[kind].len);
}

uint8_t zone_apex_labels(enum zone_kind kind)
{
	return apexes[kind].labels;
}

/* N of top<N>, 0 when the label is something else; a number too large to matter stays as large as it can be. */
static uint32_t top_count(const uint8_t *label)
{
	uint32_t n = 0;
	if (label[0] < 4 || memcmp(label + 1, "top", 3) != 0 || label[4] == '0')
		return 0;
	for (int i = 4; i <= label[0]; i++) {
		if (label[i] < '0' || label[i] > '9')
			return 0;
		n = n > UINT32_MAX / 100 ? n : n * 10 + (uint32_t)(label[i] - '0');
	}
	return n;
}

/* top<N>.nearest.of.<app>: a pattern, so it is in no table. */
static bool find_nearest(const struct zone *z, const struct node *node, const struct name *name,
                         struct zone_answer *out)
{
	static const char below[] = "\7nearest\2of";
	if (!node->has_nearest || name->count != 5 || memcmp(name->wire + name->at[1], below, sizeof below - 1) != 0)
		return false;
	out->most = top_count(name->wire);
	out->run_count = node->run_count;
	out->runs = node_runs(node);
	out->away = rcu_get(z->nearness.away);
	return out->most > 0;
}

static void find_pointer(const struct zone *z, uint32_t network, const struct name *name, struct zone_answer *out)
{
	struct bytes record = {(const char *)z->server_ptr.at, z->server_ptr.len};
	out->result = ZONE_NAME;
	switch (reverse_find(&z->reverse, network, name, &record)) {
	case REVERSE_NOTHING:
		out->result = ZONE_NO_NAME;
		return;
	case REVERSE_ABOVE:
		return;
	case REVERSE_SERVER:
	case REVERSE_POINTER:
		out->type = TYPE_PTR;
		out->count = 1;
		out->records = (const uint8_t *)record.at;
		out->len = (uint32_t)record.len;
	}
}

void zone_find(const struct zone *zone, const struct zone_question *question, struct zone_answer *out)
{
	const struct name *name = question->name;
	enum zone_kind kind = question->kind;
	uint32_t network = question->network;
	*out = (struct zone_answer){.result = ZONE_NO_NAME, .most = UINT32_MAX};
	if (name->count == apexes[kind].labels || kind == ZONE_REVERSE) {
		if (!side_known(zone, network))
			out->result = ZONE_NO_NETWORK;
		else if (name->count == apexes[kind].labels)
			out->result = ZONE_APEX;
		else
			find_pointer(zone, network, name, out);
		return;
	}
	const uint8_t *label = name->wire + name->at[name->count - 2];
	struct node_key key = {
	    network, kind == ZONE_FLYCAST ? NODE_FLYCAST : NODE_INTERNAL, {(const char *)label + 1, label[0]}};
	const struct node *node = table_find(&zone->nodes, node_hash(&key), node_is, &key);
	if (!node) {
		out->result = side_known(zone, network) ? ZONE_NO_NAME : ZONE_NO_NETWORK;
		return;
	}
	const struct answer *answer = node_find(node, name->wire, (size_t)(label - name->wire), question->type);
	if (!answer && find_nearest(zone, node, name, out))
		answer = &node->own;
	if (!answer)
		return;
	out->result = ZONE_NAME;
	out->type = answer->type;
	out->count = answer->count;
	out->len = answer->len;
	out->records = node_records(node) + answer->at;
	if (answer != &node->own && kind == ZONE_FLYCAST)
		out->address = node_records(node) + node->own.at;
}

bool zone_forwards(const struct zone *zone, uint32_t network)
{
	const struct side *s = table_find(&zone->sides, zone_side_hash(network), zone_side_is, &network);
	return s && __atomic_load_n(&s->known, __ATOMIC_ACQUIRE) && __atomic_load_n(&s->forward, __ATOMIC_RELAXED);
}

struct bytes zone_soa(const struct zone *zone, enum zone_kind kind)
{
	return (struct bytes){zone->soa[kind].at, zone->soa[kind].len};
}

struct bytes zone_ns(const struct zone *zone)
{
	return (struct bytes){zone->ns.at, zone->ns.len};
}

uint32_t zone_serial(const struct zone *zone)
{
	return __atomic_load_n(&zone->serial, __ATOMIC_RELAXED);
}

struct zone_stats zone_stats(const struct zone *zone)
{
	return (struct zone_stats){
	    .nodes = __atomic_load_n(&zone->stats.nodes, __ATOMIC_RELAXED),
	    .pointers = __atomic_load_n(&zone->stats.pointers, __ATOMIC_RELAXED),
	    .networks = __atomic_load_n(&zone->stats.networks, __ATOMIC_RELAXED),
	    .octets = __atomic_load_n(&zone->stats.octets, __ATOMIC_RELAXED),
	};
}
