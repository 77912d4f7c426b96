/* dns_ask.h - for unit tests: ask a responder over the sample's zone and show its answer (dns_show.h). Include it after
 * cmocka.h. */
#ifndef TESTS_DNS_ASK_H
#define TESTS_DNS_ASK_H

#include "base/rcu.h"
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
	return (struct responder_client){.source = sample_ip(source),
	                                 .destination = sample_ip(destination),
	                                 .port = 4711,
	                                 .transport = RESPONDER_UDP};
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

/* Octets of hex digits; blanks are for people. */
static inline size_t unhex(uint8_t *to, const char *hex)
{
	size_t len = 0;
	for (; *hex; hex++) {
		unsigned value;
		if (*hex == ' ')
			continue;
		if (sscanf(hex, "%2x", &value) != 1)
			abort();
		to[len++] = (uint8_t)value;
		hex++;
	}
	return len;
}

/* The answer as hex digits. */
static inline const char *hex(void)
{
	static char text[2 * 512 + 1];
	text[0] = '\0';
	for (size_t i = 0; i < out_len && i < 512; i++)
		snprintf(text + 2 * i, 3, "%02x", out[i]);
	return text;
}

#endif
