/* encode.c - see encode.h. Here and in zone_file.c ldns is called, nowhere else; SRV is written without it for every
 * Machine has some, HTTPS because ldns 1.8 does not know its parameters. */
#include "encode.h"

#include <assert.h>
#include <ldns/ldns.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

struct encoder {
	ldns_buffer *buffer;
	uint8_t aaaa[WIRE_AAAA]; /* an AAAA record of ::, encoded once; only the last sixteen octets differ */
};

/* ldns fails only for want of memory: what goes in is checked before. */
static void *must(void *object)
{
	if (!object) {
		log_error("record not encoded: ldns has no memory");
		abort();
	}
	return object;
}

/* Appends `rr`, whose owner is the root, with the pointer as its owner instead; frees it. */
static void add_record(struct encoder *e, struct text *out, ldns_rr *rr)
{
	ldns_buffer_clear(e->buffer);
	ldns_status status = ldns_rr2buffer_wire(e->buffer, rr, LDNS_SECTION_ANSWER);
	assert(status == LDNS_STATUS_OK);
	(void)status;
	text_add(out, "\xc0\x0c", 2);
	text_add(out, (const char *)ldns_buffer_begin(e->buffer) + 1, ldns_buffer_position(e->buffer) - 1);
	ldns_rr_free(rr);
}

static ldns_rr *record_new(ldns_rr_type type)
{
	ldns_rr *rr = must(ldns_rr_new());
	ldns_rr_set_owner(rr, must(ldns_dname_new_frm_str(".")));
	ldns_rr_set_type(rr, type);
	ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
	ldns_rr_set_ttl(rr, WIRE_TTL);
	return rr;
}

static void push(ldns_rr *rr, ldns_rdf *rdf)
{
	if (!ldns_rr_push_rdf(rr, must(rdf)))
		must(NULL);
}

struct encoder *encoder_new(void)
{
	struct encoder *e = mem_new(sizeof *e);
	struct text record = {0};
	e->buffer = must(ldns_buffer_new(LDNS_MAX_PACKETLEN));
	ldns_rr *rr = record_new(LDNS_RR_TYPE_AAAA);
	push(rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_AAAA, sizeof in6addr_any, &in6addr_any));
	add_record(e, &record, rr);
	assert(record.len == sizeof e->aaaa);
	memcpy(e->aaaa, record.at, sizeof e->aaaa);
	text_free(&record);
	return e;
}

void encoder_free(struct encoder *encoder)
{
	if (!encoder)
		return;
	ldns_buffer_free(encoder->buffer);
	free(encoder);
}

void encode_aaaa(const struct encoder *encoder, struct text *out, const struct in6_addr *ip)
{
	text_add(out, (const char *)encoder->aaaa, sizeof encoder->aaaa - sizeof *ip);
	text_add(out, (const char *)ip, sizeof *ip);
}

void encode_txt(struct encoder *encoder, struct text *out, struct bytes text)
{
	ldns_rr *rr = record_new(LDNS_RR_TYPE_TXT);
	assert(text.len > 0 && text.len <= ENCODE_TEXT_MAX);
	while (text.len) {
		uint8_t string[256];
		size_t len = text.len < 255 ? text.len : 255;
		string[0] = (uint8_t)len;
		memcpy(string + 1, text.at, len);
		push(rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, len + 1, string));
		text.at += len;
		text.len -= len;
	}
	add_record(encoder, out, rr);
}

static void add_name_record(struct encoder *encoder, struct text *out, ldns_rr_type type, const char *target)
{
	ldns_rr *rr = record_new(type);
	push(rr, ldns_dname_new_frm_str(target));
	add_record(encoder, out, rr);
}

void encode_ptr(struct encoder *encoder, struct text *out, const char *target)
{
	add_name_record(encoder, out, LDNS_RR_TYPE_PTR, target);
}

void encode_ns(struct encoder *encoder, struct text *out, const char *target)
{
	add_name_record(encoder, out, LDNS_RR_TYPE_NS, target);
}

static void add16(struct text *out, unsigned value)
{
	uint8_t octets[2];
	wire_put16(octets, value);
	text_add(out, (const char *)octets, sizeof octets);
}

static void add_head(struct text *out, enum wire_type type, size_t data_len)
{
	uint8_t head[12], *at = wire_put16(head, 0xc000 | WIRE_HEADER);
	at = wire_put16(at, type);
	at = wire_put16(at, CLASS_IN);
	at = wire_put32(at, WIRE_TTL);
	wire_put16(at, (unsigned)data_len);
	text_add(out, (const char *)head, sizeof head);
}

void encode_srv(struct text *out, uint16_t weight, uint16_t port, struct bytes target)
{
	add_head(out, TYPE_SRV, 6 + target.len);
	add16(out, 0);
	add16(out, weight);
	add16(out, port);
	text_add(out, target.at, target.len);
}

enum svc_param { SVC_ALPN = 1, SVC_NO_DEFAULT_ALPN = 2, SVC_PORT = 3, SVC_IPV6HINT = 6 };

static void add_param(struct text *out, enum svc_param key, size_t len)
{
	add16(out, key);
	add16(out, (unsigned)len);
}

static bool has_http1(struct bytes alpn)
{
	for (size_t at = 0; at < alpn.len; at += 1u + (uint8_t)alpn.at[at])
		if (alpn.at[at] == 8 && memcmp(alpn.at + at, "\10http/1.1", 9) == 0)
			return true;
	return false;
}

void encode_https(struct text *out, const struct encode_https *https)
{
	bool http1 = has_http1(https->alpn);
	size_t params = 4 + https->alpn.len + (http1 ? 0 : 4) + 4 + 2 + 4 + sizeof https->ip;
	add_head(out, TYPE_HTTPS, 2 + https->target.len + params);
	add16(out, 1);
	text_add(out, https->target.at, https->target.len);
	add_param(out, SVC_ALPN, https->alpn.len);
	text_add(out, https->alpn.at, https->alpn.len);
	if (!http1)
		add_param(out, SVC_NO_DEFAULT_ALPN, 0);
	add_param(out, SVC_PORT, 2);
	add16(out, https->port);
	add_param(out, SVC_IPV6HINT, sizeof https->ip);
	text_add(out, (const char *)&https->ip, sizeof https->ip);
}

void encode_soa(struct encoder *encoder, struct text *out, const char *server, const char *mailbox)
{
	/* serial, refresh, retry, expire, minimum; nobody transfers the zones on a timer, so the middle ones mean little */
	static const uint32_t numbers[] = {0, 60, 10, 3600, WIRE_TTL};
	static const ldns_rdf_type types[] = {LDNS_RDF_TYPE_INT32, LDNS_RDF_TYPE_PERIOD, LDNS_RDF_TYPE_PERIOD,
	                                      LDNS_RDF_TYPE_PERIOD, LDNS_RDF_TYPE_PERIOD};
	ldns_rr *rr = record_new(LDNS_RR_TYPE_SOA);
	push(rr, ldns_dname_new_frm_str(server));
	push(rr, ldns_dname_new_frm_str(mailbox));
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		push(rr, ldns_native2rdf_int32(types[i], numbers[i]));
	add_record(encoder, out, rr);
}
