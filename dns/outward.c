/* outward.c - see outward.h. */
#include "outward.h"

#include <string.h>

#include "base/hash.h"

enum {
	FLAG_QR = 0x8000,
	FLAG_OPCODE = 0x7800,
	FLAG_TC = 0x0200,
	FLAG_RD = 0x0100,
	FLAG_RA = 0x0080,
	FLAG_CD = 0x0010,
	FLAG_RCODE = 0x000f,
	ERROR_MOST = 128, /* octets of an extended error that are passed on */
};

/* ------------------------------------------------------------------------------------------------ what was asked */

void outward_read(struct outward *out, const uint8_t *packet, uint16_t question_len)
{
	out->id = wire_get16(packet);
	out->flags = wire_get16(packet + 2);
	out->question_len = question_len;
	memcpy(out->question, packet + WIRE_HEADER, question_len);
}

/* Length octets are below 'A', so a whole question may be folded; type and class are compared as they are. */
static bool same_question(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t name = len - 4;
	for (size_t i = 0; i < name; i++) {
		uint8_t x = a[i], y = b[i];
		if (x != y && (((x ^ y) != 0x20) || (uint8_t)((x | 0x20) - 'a') >= 26))
			return false;
	}
	return memcmp(a + name, b + name, 4) == 0;
}

bool outward_same_question(const struct outward *a, const struct outward *b)
{
	return a->question_len == b->question_len && same_question(a->question, b->question, a->question_len);
}

bool outward_same(const struct outward *a, const struct outward *b)
{
	return a->dnssec_ok == b->dnssec_ok && (a->flags & FLAG_CD) == (b->flags & FLAG_CD) &&
	       outward_same_question(a, b);
}

uint64_t outward_hash(const struct outward *outward)
{
	uint8_t folded[OUTWARD_QUESTION];
	for (size_t i = 0; i < outward->question_len; i++)
		folded[i] = outward->question[i] | 0x20; /* more are equal than are the same: no matter here */
	return hash_bytes(folded, outward->question_len, 6);
}

static uint8_t *put_opt(uint8_t *at, const struct outward *outward, uint8_t rcode_high, struct bytes errors)
{
	*at++ = 0;
	at = wire_put16(at, TYPE_OPT);
	at = wire_put16(at, OUTWARD_UDP);
	*at++ = rcode_high;
	*at++ = 0; /* version */
	at = wire_put16(at, outward->dnssec_ok ? 0x8000 : 0);
	at = wire_put16(at, (unsigned)errors.len);
	if (errors.len)
		memcpy(at, errors.at, errors.len);
	return at + errors.len;
}

static uint8_t *put_head(uint8_t *out, const struct outward *outward, uint16_t id, unsigned flags)
{
	uint8_t *at = wire_put16(out, id);
	at = wire_put16(at, flags);
	at = wire_put16(at, 1);
	memset(at, 0, 6);
	at += 6;
	memcpy(at, outward->question, outward->question_len);
	return at + outward->question_len;
}

size_t outward_ask(uint8_t *out, const struct outward *outward, uint16_t id)
{
	uint8_t *at = put_head(out, outward, id, FLAG_RD | (outward->flags & FLAG_CD));
	wire_put16(out + 10, 1);
	at = put_opt(at, outward, 0, (struct bytes){NULL, 0});
	return (size_t)(at - out);
}

/* ------------------------------------------------------------------------------------------------ what came */

/* A message behind its question. Offsets; where it ends early, `bad`. */
struct reading {
	const uint8_t *packet;
	size_t len;
	size_t at;
	bool bad;
};

static void skip_name(struct reading *r)
{
	while (!r->bad) {
		uint8_t octet = r->at < r->len ? r->packet[r->at] : 0xff;
		if (r->at >= r->len || (octet > NAME_LABEL && octet < 0xc0)) {
			r->bad = true;
		} else if (octet >= 0xc0) {
			r->at += 2;
			break;
		} else {
			r->at += 1u + octet;
			if (octet == 0)
				break;
		}
	}
	r->bad |= r->at > r->len;
}

/* One record; returns where its type is. */
static const uint8_t *skip_record(struct reading *r)
{
	skip_name(r);
	size_t fixed = r->at;
	if (r->bad || r->len - fixed < 10) {
		r->bad = true;
		return NULL;
	}
	r->at += 10u + wire_get16(r->packet + fixed + 8);
	r->bad |= r->at > r->len;
	return r->packet + fixed;
}

struct message {
	size_t answers_at;
	size_t additional_at;
	size_t end; /* of what may be passed on */
	uint16_t counts[4];
	const uint8_t *opt; /* its type, NULL: none */
};

/* Nothing that stands before OPT points behind it. So what stands behind it can be left out and nothing else changes;
 * where that is something, all of the additional section is left out. */
static bool read_message(struct message *out, const struct outward *outward, const uint8_t *packet, size_t len)
{
	struct reading r = {.packet = packet, .len = len, .at = (size_t)WIRE_HEADER + outward->question_len};
	*out = (struct message){.answers_at = r.at};
	for (size_t i = 0; i < 4; i++)
		out->counts[i] = wire_get16(packet + 4 + 2 * i);
	for (unsigned i = 0; i < (unsigned)out->counts[1] + out->counts[2] && !r.bad; i++)
		skip_record(&r);
	out->additional_at = out->end = r.at;
	for (unsigned i = 0; i < out->counts[3] && !r.bad; i++) {
		size_t from = r.at;
		const uint8_t *type = skip_record(&r);
		if (r.bad || wire_get16(type) != TYPE_OPT) {
			out->end = r.at;
			continue;
		}
		out->opt = type;
		out->end = i + 1u == out->counts[3] ? from : out->additional_at;
		out->counts[3] = i + 1u == out->counts[3] ? (uint16_t)i : 0;
		break;
	}
	return !r.bad;
}

enum outward_verdict outward_judge(const struct outward *outward, uint16_t id, const uint8_t *packet, size_t len)
{
	struct message message;
	if (len < WIRE_HEADER || wire_get16(packet) != id)
		return OUTWARD_FOREIGN;
	unsigned flags = wire_get16(packet + 2), rcode = flags & FLAG_RCODE;
	if (!(flags & FLAG_QR) || flags & FLAG_OPCODE)
		return OUTWARD_FOREIGN;
	if (rcode == RCODE_FORMERR && len == WIRE_HEADER)
		return OUTWARD_USELESS; /* the header alone: it could not read the question */
	if (wire_get16(packet + 4) != 1 || len < (size_t)WIRE_HEADER + outward->question_len ||
	    !same_question(packet + WIRE_HEADER, outward->question, outward->question_len))
		return OUTWARD_FOREIGN;
	if (!read_message(&message, outward, packet, len))
		return OUTWARD_USELESS;
	return rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN ? OUTWARD_ANSWER : OUTWARD_USELESS;
}

/* ------------------------------------------------------------------------------------------------ what is told */

static size_t finish(uint8_t *out, uint8_t *at, const struct outward *outward, uint8_t rcode_high, struct bytes errors)
{
	if (outward->has_edns) {
		at = put_opt(at, outward, rcode_high, errors);
		wire_put16(out + 10, wire_get16(out + 10) + 1u);
	}
	return (size_t)(at - out);
}

/* The extended errors among the options of an OPT record, in `room`. */
static struct bytes errors_of(const uint8_t *opt, uint8_t room[ERROR_MOST])
{
	size_t len = 0;
	const uint8_t *at = opt ? opt + 10 : NULL, *end = opt ? at + wire_get16(opt + 8) : NULL;
	while (at && end - at >= 4) {
		size_t size = 4u + wire_get16(at + 2);
		if (size > (size_t)(end - at))
			break;
		if (wire_get16(at) == OPTION_EDE && size <= ERROR_MOST - len) {
			memcpy(room + len, at, size);
			len += size;
		}
		at += size;
	}
	return (struct bytes){(const char *)room, len};
}

static unsigned flags_of(const struct outward *outward, unsigned more)
{
	return FLAG_QR | FLAG_RA | (outward->flags & (FLAG_RD | FLAG_CD)) | more;
}

size_t outward_fail(uint8_t *out, const struct outward *outward, enum wire_rcode rcode, enum wire_ede why)
{
	uint8_t error[6], *at = wire_put16(error, OPTION_EDE);
	at = wire_put16(at, 2);
	wire_put16(at, why);
	at = put_head(out, outward, outward->id, flags_of(outward, rcode));
	return finish(out, at, outward, 0, (struct bytes){(const char *)error, sizeof error});
}

size_t outward_reply(uint8_t *out, const struct outward *outward, const uint8_t *packet, size_t len)
{
	struct message message;
	uint8_t room[ERROR_MOST];
	if (len == WIRE_HEADER || !read_message(&message, outward, packet, len))
		return outward_fail(out, outward, RCODE_SERVFAIL, EDE_NETWORK_ERROR);
	unsigned flags = wire_get16(packet + 2), rcode = flags & FLAG_RCODE;
	uint8_t high = message.opt ? message.opt[4] : 0;
	struct bytes errors = errors_of(message.opt, room);
	if (high && !outward->has_edns) {
		rcode = RCODE_SERVFAIL; /* it cannot be told */
		high = 0;
	}
	size_t records = message.end - message.answers_at, opt = outward->has_edns ? WIRE_OPT + errors.len : 0;
	bool fits = message.answers_at + records + opt <= outward->room;
	uint8_t *at = put_head(out, outward, outward->id,
	                       flags_of(outward, rcode | (flags & FLAG_TC) | (fits ? 0 : (unsigned)FLAG_TC)));
	if (fits) {
		memcpy(at, packet + message.answers_at, records);
		at += records;
		for (size_t i = 1; i < 4; i++)
			wire_put16(out + 4 + 2 * i, message.counts[i]);
	}
	return finish(out, at, outward, high, errors);
}
