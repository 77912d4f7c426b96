/* query.c - see query.h. */
#include "query.h"

/* A sticky cursor: after the first read past the end everything is zero and `bad` stays set. */
struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool bad;
};

static const uint8_t *take(struct cursor *c, size_t len)
{
	static const uint8_t nothing[8];
	if (c->bad || (size_t)(c->end - c->at) < len) {
		c->bad = true;
		return nothing;
	}
	c->at += len;
	return c->at - len;
}

static uint16_t take16(struct cursor *c)
{
	return wire_get16(take(c, 2));
}

/* The owner of a record in the additional section: it may be compressed, and it does not matter where it points. */
static void skip_name(struct cursor *c)
{
	for (size_t octets = 0; !c->bad;) {
		uint8_t len = *take(c, 1);
		if (len == 0)
			return;
		if (len >= 0xc0) {
			take(c, 1);
			return;
		}
		octets += (size_t)len + 1;
		if (len > NAME_LABEL || octets > NAME_WIRE - 1)
			c->bad = true;
		else
			take(c, len);
	}
}

/* One option; false: RFCs 7873 5.2.2 and 9660 3 want it to be another length. Others are nobody's business. */
static bool read_option(struct query *q, unsigned code, const uint8_t *data, uint16_t len)
{
	switch (code) {
	case OPTION_NSID:
		q->options |= HAS_NSID;
		return true;
	case OPTION_SUBNET:
		if (!(q->options & HAS_SUBNET))
			q->subnet = (struct bytes){(const char *)data, len};
		q->options |= HAS_SUBNET;
		return true;
	case OPTION_COOKIE:
		if (q->options & HAS_COOKIE) /* RFC 7873 5.2: of several the first one counts */
			return true;
		q->options |= HAS_COOKIE;
		q->cookie = data;
		q->cookie_len = (uint8_t)len;
		return len == 8 || (len >= 16 && len <= 40);
	case OPTION_KEEPALIVE:
		q->options |= HAS_KEEPALIVE;
		return true;
	case OPTION_PADDING:
		q->options |= HAS_PADDING;
		return true;
	case OPTION_ZONE_VERSION:
		q->options |= HAS_ZONE_VERSION;
		return len == 0;
	default:
		return true;
	}
}

static bool read_options(struct query *q, const uint8_t *rdata, size_t len)
{
	struct cursor c = {rdata, rdata + len, false};
	bool good = true;
	while (c.at < c.end && !c.bad) {
		unsigned code = take16(&c);
		uint16_t size = take16(&c);
		const uint8_t *data = take(&c, size);
		good = !c.bad && read_option(q, code, data, size) && good;
	}
	return good;
}

/* The fixed part of an OPT is in the fields of a record: class is the size, TTL is rcode, version and flags. */
static enum query_result read_opt(struct query *q, const uint8_t *fixed, const uint8_t *rdata, uint16_t rdlen)
{
	if (q->has_edns) /* RFC 6891 6.1.1: a second one */
		return QUERY_MALFORMED;
	q->has_edns = true;
	q->edns_size = wire_get16(fixed + 2);
	q->edns_version = fixed[5];
	q->dnssec_ok = fixed[6] & 0x80;
	if (q->edns_version != 0 || rdlen == 0 || read_options(q, rdata, rdlen))
		return QUERY_READ;
	return QUERY_BAD_OPTION;
}

static enum query_result read_additional(struct query *q, struct cursor *c, unsigned left)
{
	enum query_result result = QUERY_READ;
	while (left-- && !c->bad) {
		const uint8_t *owner = c->at;
		skip_name(c);
		const uint8_t *fixed = take(c, 8);
		uint16_t type = wire_get16(fixed);
		uint16_t rdlen = take16(c);
		const uint8_t *rdata = take(c, rdlen);
		if (c->bad)
			break;
		if (type == TYPE_OPT) {
			enum query_result opt = *owner ? QUERY_MALFORMED : read_opt(q, fixed, rdata, rdlen);
			result = opt > result ? opt : result;
		} else if (type == TYPE_TSIG) {
			c->bad |= left != 0; /* RFC 8945 5.1: it is the last record */
			q->tsig = owner;
			q->tsig_len = (uint16_t)(c->at - owner);
		}
	}
	return c->bad ? QUERY_MALFORMED : result;
}

static void skip_records(struct cursor *c, unsigned count)
{
	while (count-- && !c->bad) {
		skip_name(c);
		take(c, 8);
		take(c, take16(c));
	}
}

static void read_question(struct query *q, struct cursor *c)
{
	size_t left = (size_t)(c->end - c->at), len = name_read(&q->name, c->at, left);
	if (len == 0 || left - len < 4) {
		c->bad = true;
		return;
	}
	q->type = wire_get16(c->at + len);
	q->class = wire_get16(c->at + len + 2);
	q->question_len = (uint16_t)(len + 4);
	c->at += len + 4;
}

enum query_result query_read(struct query *out, const uint8_t *packet, size_t len)
{
	if (len < WIRE_HEADER || packet[2] & 0x80)
		return QUERY_SILENT;
	struct cursor c = {packet + WIRE_HEADER, packet + len, false};
	unsigned questions = wire_get16(packet + 4), answers = wire_get16(packet + 6);
	unsigned authorities = wire_get16(packet + 8), additionals = wire_get16(packet + 10);

	out->packet = packet;
	out->len = (uint16_t)len;
	out->question_len = 0;
	out->type = out->class = 0;
	out->opcode = packet[2] >> 3 & 15;
	out->has_edns = out->dnssec_ok = false;
	out->edns_version = out->options = out->cookie_len = 0;
	out->edns_size = 0;
	out->cookie = NULL;
	out->tsig = NULL;
	out->tsig_len = 0;
	if (questions > 1) /* RFC 9619 */
		return QUERY_MALFORMED;
	if (questions)
		read_question(out, &c);
	if (out->opcode == QUERY_OPCODE_QUERY) {
		/* Only IXFR says something in the authority section: the SOA it has (RFC 1995 3). */
		if (answers || authorities > (out->type == TYPE_IXFR))
			return QUERY_MALFORMED;
	}
	if (answers || authorities)
		skip_records(&c, answers + authorities);
	enum query_result result = additionals ? read_additional(out, &c, additionals) : QUERY_READ;
	if (c.bad || c.at != c.end)
		return QUERY_MALFORMED;
	return questions || result != QUERY_READ ? result : QUERY_EMPTY;
}
