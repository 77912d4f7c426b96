/* question: any octets at the responder's door, over a zone that has something of everything. What comes back must be
 * an answer: not longer than there is room for, marked as one, with the id that was sent. */
#include <stdlib.h>

#include "../lib/dns_sample.h"

static void check(const struct responder_client *client, const uint8_t *in, size_t len, const uint8_t *out, size_t got)
{
	if (got == 0)
		return;
	if (got < WIRE_HEADER || !(out[2] & 0x80) || out[0] != in[0] || out[1] != in[1] || len < WIRE_HEADER)
		abort();
	if ((in[2] ^ out[2]) & 0x78) /* opcode */
		abort();
	if (client->transport == RESPONDER_UDP && got > 1232)
		abort();
	if ((out[3] & 15) == RCODE_FORMERR && got > len)
		abort();
	if (in[2] & 0x80)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct zone *zone;
	static struct responder_settings settings;
	static struct responder responder;
	static uint8_t out[WIRE_MESSAGE_MAX];
	struct responder_client client = {.source = sample_ip("fdaa:0:1:1:1:0:1:2"),
	                                  .destination = sample_ip("fdaa::3"),
	                                  .port = 53,
	                                  .transport = RESPONDER_UDP};
	if (!zone) {
		zone = sample_zone(); /* once; it lives as long as the process */
		settings = (struct responder_settings){
		    .zone = zone, .network_of = sample_network_of, .identity = BYTES("fuzz"), .udp_size = 1232};
		responder_init(&responder, &settings);
	}
	/* A buffer of exactly this size, so that reading one octet too many is seen. */
	uint8_t *in = mem_copy(data, size);
	struct bytes question = {(const char *)in, size};
	check(&client, in, size, out, responder_respond(&responder, &client, question, out, RESPONDER_ROOM_MIN));
	client.transport = RESPONDER_TCP;
	check(&client, in, size, out, responder_respond(&responder, &client, question, out, sizeof out));
	client.source = sample_ip("fdaa:0:2:1:1:0:1:2");
	check(&client, in, size, out, responder_respond(&responder, &client, question, out, sizeof out));
	free(in);
	return 0;
}
