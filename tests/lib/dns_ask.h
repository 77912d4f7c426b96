/* dns_ask.h - for unit tests: ask a responder over the sample's zone and show its answer the way people write answers.
 * Answers are read back with ldns, a second opinion. Include it after cmocka.h. */
#ifndef TESTS_DNS_ASK_H
#define TESTS_DNS_ASK_H

#include <ldns/ldns.h>

#include "dns_sample.h"

static struct zone *zone;
static struct responder_settings settings;
static struct responder responder;
static uint8_t out[WIRE_MESSAGE_MAX];
static size_t out_len;

static inline int open_zone(void **state)
{
	(void)state;
	zone = sample_zone();
	settings = (struct responder_settings){
	    .zone = zone, .network_of = sample_network_of, .identity = BYTES("edge-1"), .udp_size = 1232};
	responder_init(&responder, &settings);
	return 0;
}

static inline int close_zone(void **state)
{
	(void)state;
	zone_free(zone);
	return 0;
}

static inline struct responder_client client_of(const char *source, const char *destination)
{
	return (struct responder_client){sample_ip(source), sample_ip(destination), 4711, RESPONDER_UDP};
}

static inline void add_section(struct text *to, const char *title, ldns_rr_list *list, bool soa_short)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		ldns_rr *rr = ldns_rr_list_rr(list, i);
		char *text = ldns_rr2str(rr);
		if (soa_short && ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA)
			text_format(to, "%sSOA %s", title, strtok(text, "\t"));
		else
			text_format(to, "%s%s", title, strtok(text, "\n"));
		free(text);
	}
}

/* "NOERROR aa rd | name 5 IN AAAA ... ; SOA zone": what a person would want to see of an answer. */
static inline const char *show(void)
{
	static struct text shown;
	ldns_pkt *p;
	text_clear(&shown);
	if (out_len == 0)
		return "silence";
	assert_int_equal(ldns_wire2pkt(&p, out, out_len), LDNS_STATUS_OK);
	assert_int_equal(ldns_pkt_id(p), 0xbeef);
	assert_true(ldns_pkt_qr(p));
	assert_false(ldns_pkt_ra(p) || ldns_pkt_ad(p) || ldns_pkt_cd(p));
	char *rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(p));
	text_format(&shown, "%s%s%s%s", rcode, ldns_pkt_aa(p) ? " aa" : "", ldns_pkt_tc(p) ? " tc" : "",
	            ldns_pkt_rd(p) ? " rd" : "");
	free(rcode);
	add_section(&shown, " | ", ldns_pkt_answer(p), false);
	add_section(&shown, " ; ", ldns_pkt_authority(p), true);
	add_section(&shown, " + ", ldns_pkt_additional(p), false);
	for (char *c = shown.at; *c; c++)
		if (*c == '\t')
			*c = ' ';
	ldns_pkt_free(p);
	return text_string(&shown);
}

static inline const char *ask_from(const struct responder_client *client, const char *name, uint16_t type)
{
	uint8_t in[512];
	size_t len = sample_question(in, name, type);
	out_len = responder_respond(&responder, client, (struct bytes){(char *)in, len}, out, sizeof out);
	return show();
}

static inline const char *ask(const char *name, uint16_t type)
{
	struct responder_client client = client_of("fdaa:0:1:1:1:0:1:2", "fdaa::3");
	return ask_from(&client, name, type);
}

static inline const char *ask_tcp(const char *name, uint16_t type)
{
	struct responder_client client = client_of("fdaa:0:1:1:1:0:1:2", "fdaa::3");
	client.transport = RESPONDER_TCP;
	return ask_from(&client, name, type);
}

#endif
