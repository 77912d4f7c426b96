/* responder: what holds for every name of a view, whatever the view holds: the sample's, and those of registries made by
 * chance. The names come from zone_list(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dns_ask.h"
#include "dns_random.h"
#include "zone_list.h"

static const uint16_t types[] = {0,         1,        TYPE_NS,  5,   TYPE_SOA, TYPE_PTR, 15,    TYPE_TXT, TYPE_AAAA,
                                 33,        35,       TYPE_OPT, 43,  46,       47,       48,    64,       65,
                                 TYPE_TSIG, TYPE_ANY, 254,      256, 257,      32768,    65280, 65535};
enum { TYPES = sizeof types / sizeof *types, PICTURES = 60 };

/* ------------------------------------------------------------------------------------------------ a view's names */

struct listed {
	struct name name;
	uint16_t type, count;
};

static struct view {
	uint32_t network;
	struct listed *names;
	size_t count;
} views[3]; /* by network */

static void enter(const struct zone_entry *entry, void *owner)
{
	struct view *v = owner;
	v->names = mem_resize(v->names, (v->count + 1) * sizeof *v->names);
	struct listed *fresh = &v->names[v->count++];
	assert_int_equal(name_read(&fresh->name, (const uint8_t *)entry->name.at, entry->name.len), entry->name.len);
	assert_int_equal(zone_of(&fresh->name), entry->kind);
	fresh->type = entry->type;
	fresh->count = entry->count;
}

static unsigned seed; /* of the picture; 0: the sample */

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg("picture %u: not so: %s", seed, #condition);                                          \
	} while (0)

static void open_views(struct random_picture *picture)
{
	if (seed == 0)
		open_zone(NULL);
	else
		zone = random_zone(picture, seed);
	settings.zone = zone;
	for (uint32_t network = 1; network < 3; network++) {
		views[network] = (struct view){.network = network};
		CHECK(zone_list(zone, network, enter, &views[network]));
	}
	CHECK(!zone_list(zone, 9, enter, &views[0]));
	CHECK(views[0].count == 0);
}

static void close_views(void)
{
	for (size_t i = 0; i < sizeof views / sizeof *views; i++)
		free(views[i].names);
	memset(views, 0, sizeof views);
	zone_free(zone);
}

/* ------------------------------------------------------------------------------------------------ asking */

static uint16_t ask_wire(uint32_t network, const uint8_t *wire, size_t len, uint16_t type)
{
	struct responder_client client = client_of("fdaa:0:1:ffff:0:1:0:2", "fdaa::3");
	uint8_t in[512] = {0xbe, 0xef, 1, 0, 0, 1};
	client.source.s6_addr[5] = (uint8_t)network;
	client.transport = RESPONDER_TCP;
	memcpy(in + WIRE_HEADER, wire, len);
	wire_put16(wire_put16(in + WIRE_HEADER + len, type), CLASS_IN);
	struct bytes question = {(char *)in, WIRE_HEADER + len + 4};
	out_len = responder_respond(&responder, &client, question, out, sizeof out);
	CHECK(out_len >= question.len);
	return out[3] & 15;
}

/* The name's parent and what is above it, to the apex. */
static const uint8_t *parent_of(const uint8_t *wire)
{
	return wire + wire[0] + 1;
}

static size_t length(const uint8_t *wire)
{
	const uint8_t *at = wire;
	while (*at)
		at = parent_of(at);
	return (size_t)(at - wire) + 1;
}

static bool is_apex(const uint8_t *wire)
{
	struct name name;
	size_t len = length(wire);
	name_read(&name, wire, len);
	return len == zone_apex(zone_of(&name)).len;
}

/* ------------------------------------------------------------------------------------------------ rules */

static void every_listed_record_is_answered(void)
{
	size_t records = 0;
	for (size_t v = 1; v < 3; v++) {
		for (size_t i = 0; i < views[v].count; i++) {
			const struct listed *l = &views[v].names[i];
			uint16_t type = l->type == TYPE_NONE ? 1 : l->type;
			CHECK(ask_wire(views[v].network, l->name.wire, l->name.len, type) == RCODE_NOERROR);
			CHECK(wire_get16(out + 6) == l->count);
			CHECK(strcmp(dns_show(out, out_len), "unreadable") != 0);
			records += l->count;
		}
	}
	CHECK(seed || records > 500);
}

static void no_ancestor_of_a_name_is_nxdomain(void)
{
	for (size_t v = 1; v < 3; v++) {
		for (size_t i = 0; i < views[v].count; i++) {
			const uint8_t *wire = views[v].names[i].name.wire;
			for (; !is_apex(wire); wire = parent_of(wire))
				CHECK(ask_wire(views[v].network, wire, length(wire), TYPE_AAAA) == RCODE_NOERROR);
		}
	}
}

static void assert_one_rcode(uint32_t network, const uint8_t *wire)
{
	uint16_t rcode = ask_wire(network, wire, length(wire), types[0]);
	for (size_t t = 1; t < TYPES; t++)
		CHECK(ask_wire(network, wire, length(wire), types[t]) == rcode);
}

/* Of names that are there, of names above them, and of names below and beside them that are not. */
static void the_rcode_is_the_same_for_every_type(void)
{
	for (size_t v = 1; v < 3; v++) {
		for (size_t i = 0; i < views[v].count; i++) {
			const struct name *name = &views[v].names[i].name;
			uint8_t below[NAME_WIRE + 2] = {1, 'x'}, beside[NAME_WIRE + 1];
			for (const uint8_t *wire = name->wire; !is_apex(wire); wire = parent_of(wire))
				assert_one_rcode(views[v].network, wire);
			memcpy(below + 2, name->wire, name->len);
			if (name->len + 2 <= NAME_WIRE)
				assert_one_rcode(views[v].network, below);
			memcpy(beside, name->wire, name->len);
			beside[1] ^= 1;
			assert_one_rcode(views[v].network, beside);
		}
	}
}

static bool sees(uint32_t network, const struct name *name)
{
	return ask_wire(network, name->wire, name->len, TYPE_AAAA) != RCODE_NXDOMAIN;
}

/* The app's label, or in the reverse zone the last nibbles of the address, made into what is nowhere. */
static void forge(struct name *name)
{
	if (zone_of(name) == ZONE_REVERSE) {
		memcpy(name->wire, "\1f\1e\1d\1c", 8);
		return;
	}
	uint8_t *label = name->wire + name->at[name->count - 2];
	memset(label + 1, 'q', label[0]);
}

/* Both names are of one length, so that the answers differ in the question alone. */
static void assert_alike(uint32_t network, const struct name *name, const struct name *nowhere)
{
	static uint8_t answer[WIRE_MESSAGE_MAX];
	size_t question = WIRE_HEADER + name->len;
	for (size_t t = 0; t < TYPES; t++) {
		ask_wire(network, nowhere->wire, nowhere->len, types[t]);
		size_t len = out_len;
		memcpy(answer, out, len);
		ask_wire(network, name->wire, name->len, types[t]);
		CHECK(out_len == len);
		CHECK(memcmp(out, answer, WIRE_HEADER) == 0);
		CHECK(memcmp(out + question, answer + question, len - question) == 0);
	}
}

static void the_name_of_another_network_is_like_one_that_is_nowhere(void)
{
	size_t compared = 0;
	for (uint32_t own = 1; own < 3; own++) {
		const struct view *other = &views[3 - own];
		for (size_t i = 0; i < other->count; i++) {
			struct name nowhere = other->names[i].name;
			if (is_apex(nowhere.wire) || sees(own, &nowhere))
				continue;
			forge(&nowhere);
			CHECK(!sees(other->network, &nowhere));
			assert_alike(own, &other->names[i].name, &nowhere);
			compared++;
		}
	}
	CHECK(seed || compared > 200);
}

/* ------------------------------------------------------------------------------------------------ pictures */

static const struct rule {
	const char *name;
	void (*holds)(void);
} rules[] = {
    {"every listed record is answered", every_listed_record_is_answered},
    {"no ancestor of a name is NXDOMAIN", no_ancestor_of_a_name_is_nxdomain},
    {"the rcode is the same for every type", the_rcode_is_the_same_for_every_type},
    {"the name of another network is like one that is nowhere",
     the_name_of_another_network_is_like_one_that_is_nowhere},
};
enum { RULES = sizeof rules / sizeof *rules };

static void in_every_picture(void **state)
{
	static struct random_picture picture;
	const struct rule *rule = *state;
	for (seed = 0; seed < PICTURES; seed++) {
		open_views(&picture);
		rule->holds();
		close_views();
	}
}

int main(void)
{
	struct CMUnitTest tests[RULES];
	for (size_t i = 0; i < RULES; i++) {
		void *rule = (void *)(uintptr_t)&rules[i]; /* only read, but cmocka's states are not const */
		tests[i] = (struct CMUnitTest){
		    .name = rules[i].name, .test_func = in_every_picture, .initial_state = rule};
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
