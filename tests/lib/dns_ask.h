/* dns_ask.h - for unit tests: ask a responder over the sample's zone and show its answer (dns_show.h). Include it after
 * cmocka.h. */
#ifndef TESTS_DNS_ASK_H
#define TESTS_DNS_ASK_H

#include "dns_sample.h"
#include "dns_show.h"

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

static inline const char *show(void)
{
	if (out_len)
		assert_int_equal(wire_get16(out), 0xbeef);
	return dns_show(out, out_len);
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
