/* reply.c - see reply.h. */
#include "reply.h"

static size_t opt_size(const struct reply_edns *edns)
{
	if (!edns)
		return 0;
	return WIRE_OPT + (edns->error ? 4u + 2u : 0) + (edns->identity.len ? 4 + edns->identity.len : 0);
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

void reply_answer(struct reply *reply, const struct zone_answer *answer, uint32_t turn, bool truncate)
{
	if (answer->count == 0)
		return;
	size_t each = answer->len / answer->count;
	size_t fit = (reply->room - reply->len) / each;
	uint32_t wanted = answer->most < answer->count ? answer->most : answer->count;
	uint32_t left = wanted < fit ? wanted : (uint32_t)fit;
	const struct node_run all = {answer->count};
	const struct node_run *run = answer->run_count ? answer->runs : &all;
	const struct node_run *end = answer->run_count ? run + answer->run_count : run + 1;
	const uint8_t *records = answer->records;

	if (left < wanted && truncate)
		reply->flags |= REPLY_TC;
	reply->counts[1] = (uint16_t)(reply->counts[1] + left);
	for (; run < end && left; records += run->count * each, run++) {
		uint32_t take = left < run->count ? left : run->count;
		uint32_t first = run->count > 1 ? turn % run->count : 0;
		uint32_t straight = run->count - first < take ? run->count - first : take;
		add(reply, records + first * each, straight * each);
		add(reply, records, (take - straight) * each);
		left -= take;
	}
}

bool reply_record(struct reply *reply, unsigned section, struct bytes record)
{
	if (record.len > reply->room - reply->len)
		return false;
	add(reply, (const uint8_t *)record.at, record.len);
	reply->counts[section]++;
	return true;
}

void reply_own(struct reply *reply, size_t len, size_t offset)
{
	wire_put16(reply->out + reply->len - len, (unsigned)(0xc000 | offset));
}

static uint8_t *put_options(uint8_t *at, const struct reply_edns *edns)
{
	if (edns->error) {
		at = wire_put16(at, OPTION_EDE);
		at = wire_put16(at, 2);
		at = wire_put16(at, edns->error);
	}
	if (edns->identity.len) {
		at = wire_put16(at, OPTION_NSID);
		at = wire_put16(at, (unsigned)edns->identity.len);
		memcpy(at, edns->identity.at, edns->identity.len);
		at += edns->identity.len;
	}
	return at;
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
		at = wire_put16(at, (unsigned)(reply->opt_len - WIRE_OPT));
		put_options(at, edns);
		reply->len += reply->opt_len;
		reply->counts[3]++;
		at = reply->out;
	}
	at[0] = query->packet[0];
	at[1] = query->packet[1];
	at = wire_put16(at + 2, reply->flags);
	for (int i = 0; i < 4; i++)
		at = wire_put16(at, reply->counts[i]);
	return reply->len;
}
