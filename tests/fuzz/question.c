/* question: any octets at the responder's door, over a zone that has something of everything. What comes back must be
 * an answer: not longer than there is room for, marked as one, with the id that was sent, its counts as its contents. And
 * what it says must hold: as much in capitals, and the name above one that exists exists. */
#include <stdlib.h>

#include "../lib/dns_sample.h"

static struct responder responder;

/* The records of an answer, one by one; names in it are labels and then a pointer or the root. */
static size_t skip_name(const uint8_t *out, size_t at, size_t got)
{
	while (at < got && out[at] > 0 && out[at] < 0xc0)
		at += out[at] + 1u;
	return at + (at < got && out[at] >= 0xc0 ? 2 : 1);
}

static void check_counts(const uint8_t *out, size_t got)
{
	size_t at = WIRE_HEADER;
	for (size_t section = 0; section < 4; section++) {
		for (unsigned left = wire_get16(out + 4 + 2 * section); left; left--) {
			at = skip_name(out, at, got) + 4;
			if (section) {
				at += 6;
				if (at > got)
					abort();
				at += wire_get16(out + at - 2);
			}
			if (at > got)
				abort();
		}
	}
	if (at != got)
		abort();
}

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
	if (client->transport == RESPONDER_TCP && out[2] & 2) /* TC */
		abort();
	if ((out[3] & 15) == RCODE_FORMERR && got > len)
		abort();
	if (in[2] & 0x80)
		abort();
	check_counts(out, got);
}

static unsigned rcode_of(const struct responder_client *client, const uint8_t *in, size_t len, uint8_t *out)
{
	size_t got = responder_respond(&responder, client, (struct bytes){(const char *)in, len}, out,
	                               WIRE_MESSAGE_MAX);
	if (got == 0)
		abort();
	return out[3] & 15;
}

/* The same question in capitals, then without its first label: `in` was answered, and `rcode` is what it got. */
static void check_neighbours(const struct responder_client *client, const uint8_t *in, const uint8_t *out)
{
	static uint8_t other[WIRE_MESSAGE_MAX];
	uint8_t question[WIRE_HEADER + NAME_WIRE + 4] = {1, 2, 0, 0, 0, 1};
	struct name name;
	unsigned rcode = out[3] & 15;
	size_t len = name_read(&name, in + WIRE_HEADER, NAME_WIRE);
	if (len == 0)
		abort();
	if (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN)
		return;
	memcpy(question + WIRE_HEADER, in + WIRE_HEADER, len + 4);
	for (size_t i = WIRE_HEADER; i < WIRE_HEADER + len; i++)
		if (question[i] >= 'a' && question[i] <= 'z')
			question[i] = (uint8_t)(question[i] - 'a' + 'A');
	if (rcode_of(client, question, WIRE_HEADER + len + 4, other) != rcode ||
	    memcmp(other + 6, out + 6, 4) != 0) /* answers, authorities */
		abort();
	if (rcode == RCODE_NXDOMAIN || zone_apex_at(zone_of(&name), &name) == 0)
		return;
	size_t first = in[WIRE_HEADER] + 1u;
	memcpy(question + WIRE_HEADER, in + WIRE_HEADER + first, len - first + 4);
	if (rcode_of(client, question, WIRE_HEADER + len - first + 4, other) != RCODE_NOERROR)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct zone *zone;
	static struct responder_settings settings;
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
	size_t got = responder_respond(&responder, &client, question, out, sizeof out);
	check(&client, in, size, out, got);
	if (got && out[2] & 4) /* AA: this server's own word */
		check_neighbours(&client, in, out);
	client.source = sample_ip("fdaa:0:2:1:1:0:1:2");
	check(&client, in, size, out, responder_respond(&responder, &client, question, out, sizeof out));
	free(in);
	return 0;
}
