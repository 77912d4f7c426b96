/* reply.c - see reply.h. */
#include "reply.h"

#include <assert.h>

enum {
	OPTION = 4, /* octets before an option's data: its code and length */
	EDE_DATA = 2,
	KEEPALIVE_DATA = 2,
	ZONE_VERSION_DATA = 6,
	/* over UDP */
	OPTIONS_MAX = 5 * OPTION + REPLY_OPTION_MAX + REPLY_COOKIE + EDE_DATA + ZONE_VERSION_DATA + SUBNET_DATA,
};
_Static_assert(WIRE_HEADER + NAME_WIRE + 4 + WIRE_OPT + OPTIONS_MAX <= WIRE_UDP_PLAIN,
               "question and OPT fit into every answer");

static size_t options_size(const struct reply_edns *edns)
{
	unsigned options = edns->options;
	return (options & HAS_NSID ? OPTION + edns->identity.len : 0) + (options & HAS_EDE ? OPTION + EDE_DATA : 0) +
	       (options & HAS_COOKIE ? OPTION + REPLY_COOKIE : 0) +
	       (options & HAS_KEEPALIVE ? OPTION + KEEPALIVE_DATA : 0) +
	       (options & HAS_ZONE_VERSION ? OPTION + ZONE_VERSION_DATA : 0) +
	       (options & HAS_SUBNET ? OPTION + edns->subnet->data.len : 0) + (options & HAS_PADDING ? OPTION : 0);
}

static size_t opt_size(const struct reply_edns *edns)
{
	if (!edns)
		return 0;
	return WIRE_OPT + (edns->options ? options_size(edns) : 0);
}

size_t reply_least(const struct query *query, const struct reply_edns *edns)
{
	return (size_t)WIRE_HEADER + query->question_len + opt_size(edns);
}

void reply_start(struct reply *reply, const struct query *query, uint8_t *out, size_t room,
                 const struct reply_edns *edns)
{
	*reply = (struct reply){.out = out, .len = WIRE_HEADER, .opt_len = opt_size(edns)};
	reply->room = room - reply->opt_len;
	reply->flags = (uint16_t)(0x8000 | query->opcode << 11);
}

void reply_question(struct reply *reply, const struct query *query)
{
	if (query->question_len == 0)
		return;
	memcpy(reply->out + WIRE_HEADER, query->packet + WIRE_HEADER, query->question_len);
	reply->len += query->question_len;
	reply->counts[0] = 1;
}

void reply_rcode(struct reply *reply, enum wire_rcode rcode)
{
	reply->flags |= rcode & 15;
	reply->rcode_high = (uint8_t)(rcode >> 4);
}

static void add(struct reply *reply, const uint8_t *records, size_t len)
{
	memcpy(reply->out + reply->len, records, len);
	reply->len += len;
}

bool reply_record(struct reply *reply, unsigned section, struct bytes record)
{
	if (record.len > reply->room - reply->len)
		return false;
	add(reply, (const uint8_t *)record.at, record.len);
	reply->counts[section]++;
	return true;
}

/* An answer being copied: out of all its records those at one distance, as if they stood together. */
struct picking {
	struct reply *reply;
	const struct zone_answer *answer;
	size_t each;
	uint64_t away;
};

/* Makes the nearest distance that is not below `from` the one to pick at; returns how many records are there. */
static uint32_t nearest_from(struct picking *p, uint64_t from)
{
	const struct zone_answer *a = p->answer;
	uint32_t there = 0;
	p->away = UINT64_MAX;
	for (uint32_t i = 0; i < a->run_count; i++) {
		uint32_t away = a->away[a->runs[i].region];
		if (away < from || away > p->away)
			continue;
		there = away < p->away ? a->runs[i].count : there + a->runs[i].count;
		p->away = away;
	}
	return there;
}

/* Copies the records from..to-1 of those. */
static void pick(const struct picking *p, uint32_t from, uint32_t to)
{
	const struct zone_answer *a = p->answer;
	const uint8_t *records = a->records;
	if (a->run_count == 0)
		add(p->reply, records + from * p->each, (to - from) * p->each);
	for (uint32_t i = 0, passed = 0; i < a->run_count && passed < to; i++) {
		uint32_t count = a->runs[i].count;
		if (a->away[a->runs[i].region] == p->away) {
			uint32_t low = from > passed ? from - passed : 0,
			         high = to - passed < count ? to - passed : count;
			if (low < high)
				add(p->reply, records + low * p->each, (high - low) * p->each);
			passed += count;
		}
		records += count * p->each;
	}
}

/* The first one is turn golden sections on: all are first equally often, also to somebody who asks for several names in
 * turns, which would be in step with a plain counter. */
static void pick_turned(const struct picking *p, uint32_t count, uint32_t take, uint32_t turn)
{
	uint32_t first = (uint32_t)((uint64_t)(turn * 2654435769u) * count >> 32);
	uint32_t straight = count - first < take ? count - first : take;
	pick(p, first, first + straight);
	if (take > straight)
		pick(p, 0, take - straight);
}

void reply_answer(struct reply *reply, const struct zone_answer *answer, uint32_t turn, bool truncate)
{
	if (answer->count == 0)
		return;
	if (answer->count == 1 && reply_record(reply, 1, (struct bytes){(const char *)answer->records, answer->len}))
		return; /* most names have one */
	struct picking p = {.reply = reply, .answer = answer, .each = answer->len / answer->count};
	size_t fit = (reply->room - reply->len) / p.each;
	uint32_t wanted = answer->most < answer->count ? answer->most : answer->count;
	uint32_t left = wanted < fit ? wanted : (uint32_t)fit;

	if (left < wanted && truncate)
		reply->flags |= REPLY_TC;
	reply->counts[1] = (uint16_t)(reply->counts[1] + left);
	if (answer->run_count == 0) {
		pick_turned(&p, answer->count, left, turn);
		return;
	}
	for (uint64_t from = 0; left; from = p.away + 1) {
		uint32_t there = nearest_from(&p, from);
		uint32_t take = left < there ? left : there;
		assert(there > 0); /* the runs hold all that is wanted */
		pick_turned(&p, there, take, turn);
		left -= take;
	}
}

void reply_own(struct reply *reply, size_t len, size_t offset)
{
	wire_put16(reply->out + reply->len - len, (unsigned)(0xc000 | offset));
}

static uint8_t *put_option(uint8_t *at, enum wire_option code, const void *data, size_t len)
{
	at = wire_put16(at, code);
	at = wire_put16(at, (unsigned)len);
	memcpy(at, data, len);
	return at + len;
}

/* How much padding makes the message a whole number of blocks, or fill the room. */
static size_t padding(const struct reply *reply)
{
	size_t over = (reply->len + reply->opt_len) % REPLY_BLOCK, left = reply->room - reply->len;
	size_t lacking = over ? REPLY_BLOCK - over : 0;
	return lacking < left ? lacking : left;
}

/* Apart, so that answers without options, which are most, do not pay for the frame and the registers this needs. */
static __attribute__((noinline)) void put_options(struct reply *reply, uint8_t *at, const struct reply_edns *edns)
{
	uint8_t data[ZONE_VERSION_DATA];
	if (edns->options & HAS_COOKIE)
		at = put_option(at, OPTION_COOKIE, edns->cookie, REPLY_COOKIE);
	if (edns->options & HAS_EDE) {
		wire_put16(data, edns->error);
		at = put_option(at, OPTION_EDE, data, EDE_DATA);
	}
	if (edns->options & HAS_NSID)
		at = put_option(at, OPTION_NSID, edns->identity.at, edns->identity.len);
	if (edns->options & HAS_KEEPALIVE) {
		wire_put16(data, edns->keepalive);
		at = put_option(at, OPTION_KEEPALIVE, data, KEEPALIVE_DATA);
	}
	if (edns->options & HAS_ZONE_VERSION) {
		data[0] = edns->zone_labels;
		data[1] = 0; /* the type of version: a SOA's serial */
		wire_put32(data + 2, edns->zone_serial);
		at = put_option(at, OPTION_ZONE_VERSION, data, ZONE_VERSION_DATA);
	}
	if (edns->options & HAS_SUBNET) {
		uint8_t subnet[SUBNET_DATA];
		size_t len = subnet_write(subnet, edns->subnet, edns->scope);
		at = put_option(at, OPTION_SUBNET, subnet, len);
	}
	if (edns->options & HAS_PADDING) {
		size_t len = padding(reply);
		at = wire_put16(at, OPTION_PADDING);
		at = wire_put16(at, (unsigned)len);
		memset(at, 0, len);
		reply->opt_len += len;
	}
}

size_t reply_end(struct reply *reply, const struct query *query, const struct reply_edns *edns)
{
	uint8_t *at = reply->out;
	if (edns) {
		at += reply->len;
		*at++ = 0;
		at = wire_put16(at, TYPE_OPT);
		at = wire_put16(at, edns->size);
		*at++ = reply->rcode_high;
		*at++ = 0; /* version */
		at = wire_put16(at, query->dnssec_ok ? 0x8000 : 0);
		if (edns->options)
			put_options(reply, at + 2, edns);
		wire_put16(at, (unsigned)(reply->opt_len - WIRE_OPT));
		reply->len += reply->opt_len;
		reply->counts[3]++;
		at = reply->out;
	}
	at[0] = query->packet[0];
	at[1] = query->packet[1];
	at = wire_put16(at + 2, reply->flags);
	at = wire_put16(at, reply->counts[0]);
	at = wire_put16(at, reply->counts[1]);
	at = wire_put16(at, reply->counts[2]);
	wire_put16(at, reply->counts[3]);
	return reply->len;
}
