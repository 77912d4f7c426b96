/* outward: any octets from a server. The first two say who asked: flags and the room it has; the question is put where it
 * must be, so that most of what comes is judged to be an answer. What is told must be a message: not longer than there is
 * room for, its counts as its contents, with one OPT at its end where the client has EDNS. */
#include <stdlib.h>
#include <string.h>

#include "outward.h"

static const uint8_t packet[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\4test\0\0\1\0\1";

/* Names inside of records that are passed on may be anything that ends. */
static size_t skip_name(const uint8_t *out, size_t at, size_t got)
{
	while (at < got && out[at] > 0 && out[at] < 0xc0)
		at += out[at] + 1u;
	return at + (at < got && out[at] >= 0xc0 ? 2 : 1);
}

static void check(const struct outward *o, const uint8_t *out, size_t got)
{
	size_t at = WIRE_HEADER + (size_t)o->question_len, last = 0;
	if (got > o->room || got < at || memcmp(out, packet, 2) != 0 || !(out[2] & 0x80) || !(out[3] & 0x80) ||
	    wire_get16(out + 4) != 1 || memcmp(out + WIRE_HEADER, packet + WIRE_HEADER, o->question_len) != 0)
		abort();
	for (unsigned left = (unsigned)wire_get16(out + 6) + wire_get16(out + 8) + wire_get16(out + 10); left; left--) {
		last = at;
		at = skip_name(out, at, got) + 10;
		if (at > got)
			abort();
		at += wire_get16(out + at - 2);
		if (at > got)
			abort();
	}
	if (at != got)
		abort();
	if (o->has_edns && (last == 0 || out[last] != 0 || wire_get16(out + last + 1) != TYPE_OPT))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t in[WIRE_MESSAGE_MAX], out[WIRE_MESSAGE_MAX];
	if (size < 2 || size - 2 > sizeof in)
		return 0;
	struct outward o = {.has_edns = data[0] & 1,
	                    .dnssec_ok = data[0] & 2,
	                    .room = data[0] & 4 ? UINT16_MAX : (uint16_t)(512 + 3 * data[1])};
	size_t len = size - 2;
	outward_read(&o, packet, sizeof packet - 1 - WIRE_HEADER);
	memcpy(in, data + 2, len);
	if (len >= sizeof packet - 1 && !(data[0] & 8))
		memcpy(in + WIRE_HEADER, packet + WIRE_HEADER, o.question_len);
	uint16_t id = len >= 2 ? wire_get16(in) : 0;
	if (outward_judge(&o, (uint16_t)(id + 1), in, len) != OUTWARD_FOREIGN)
		abort();
	if (outward_judge(&o, id, in, len) == OUTWARD_FOREIGN)
		return 0;
	check(&o, out, outward_reply(out, &o, in, len));
	check(&o, out, outward_fail(out, &o, RCODE_SERVFAIL, EDE_NO_REACHABLE));
	return 0;
}
