/* ixfr: questions for a copy, with any octets where the asker's serial is to be, from one who may copy. What comes is a
 * refusal, or a transfer that holds together: whole messages with the id and the question that were sent, one SOA that says
 * nothing changed, or one at both ends, or the four of a difference from just the serial that was asked. */
#include <stdlib.h>

#include "../lib/dns_sample.h"
#include "transfer.h"
#include "zone_change.h"

static const char *const zones[] = {"\7flycast", "\10internal", "\1a\1a\1d\1f\3ip6\4arpa", "\7catalog\7invalid",
                                    "\3web\7flycast"};
static struct responder responder;

static void need(bool so)
{
	if (!so)
		abort();
}

static size_t record_end(const uint8_t *out, size_t at, size_t got)
{
	while (at < got && out[at] && out[at] < 0xc0)
		at += out[at] + 1u;
	at += (at < got && out[at] ? 2u : 1u) + 8;
	need(at + 2 <= got);
	at += 2 + wire_get16(out + at);
	need(at <= got);
	return at;
}

static bool is_soa(const uint8_t *out, size_t at)
{
	return wire_get16(out + at) == 0xc00c && wire_get16(out + at + 2) == TYPE_SOA;
}

static void drain(struct stream *stream, const uint8_t *in, size_t question_len, const uint32_t *from)
{
	static uint8_t out[WIRE_MESSAGE_MAX];
	size_t got, soas = 0, records = 0, last = 0;
	uint32_t serials[4] = {0};
	while ((got = stream->next(stream, out, sizeof out)) > 0) {
		need(got <= sizeof out && memcmp(out, in, 2) == 0 && wire_get16(out + 4) == 1 && (out[3] & 15) == 0);
		need(memcmp(out + WIRE_HEADER, in + WIRE_HEADER, question_len) == 0);
		size_t at = WIRE_HEADER + question_len;
		for (unsigned left = wire_get16(out + 6); left; left--, records++) {
			size_t end = record_end(out, at, got);
			last = is_soa(out, at);
			need(records || last);
			if (last) {
				need(soas < 4);
				const uint8_t *serial = out + end - ENCODE_SOA_SERIAL;
				serials[soas++] = (uint32_t)wire_get16(serial) << 16 | wire_get16(serial + 2);
			}
			at = end;
		}
		for (unsigned left = wire_get16(out + 10); left; left--)
			at = record_end(out, at, got);
		need(at == got && records > 0);
	}
	need(last && soas != 3 && (soas > 1 || records == 1));
	if (soas == 4)
		need(from && serials[1] == *from && serials[0] == serials[2] && serials[0] == serials[3]);
	if (soas == 1)
		need(from && serials[0] == *from);
	stream->free(stream);
}

static void setup(void)
{
	static struct responder_settings settings;
	static const uint32_t networks[] = {1};
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = 53};
	struct grants *grants = grants_new();
	struct zone *zone = sample_zone();
	address.sin6_addr = sample_ip("2001:db8::53");
	grants_add_secondary(grants, 1, &address, NULL);
	grants_settle(grants);
	zone_follow(zone, networks, 1);
	zone_settle(zone, zone_serial(zone) + 1); /* 78 */
	zone_app(zone, &sample_idle, NULL);
	zone_settle(zone, zone_serial(zone) + 1);
	settings = (struct responder_settings){
	    .zone = zone, .network_of = sample_network_of, .udp_size = 1232, .grants = grants};
	responder_init(&responder, &settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[WIRE_MESSAGE_MAX];
	struct responder_client client = {.source = sample_ip("2001:db8::53"), .port = 53, .transport = RESPONDER_TCP};
	if (!responder.settings)
		setup();
	if (size < 2 || size > 1024)
		return 0;
	const char *zone = zones[data[0] % (sizeof zones / sizeof *zones)];
	size_t zone_len = strlen(zone) + 1, question_len = zone_len + 4, len = WIRE_HEADER + question_len + size - 2;
	uint8_t *in = calloc(1, len), *at = in + WIRE_HEADER;
	in[0] = data[1];
	in[5] = 1;
	in[9] = data[1] & 1; /* authorities */
	in[11] = data[1] >> 1 & 1;
	memcpy(at, zone, zone_len);
	wire_put16(wire_put16(at + zone_len, data[1] & 4 ? TYPE_AXFR : TYPE_IXFR), CLASS_IN);
	memcpy(at + question_len, data + 2, size - 2);
	client.transport = data[1] & 8 ? RESPONDER_UDP : RESPONDER_TCP;
	struct query q;
	uint32_t from = 0;
	bool has_from = query_read(&q, in, len) == QUERY_READ && transfer_serial(&from, &q);
	size_t got = responder_respond(&responder, &client, (struct bytes){(const char *)in, len}, out, sizeof out);
	struct stream *stream = responder.stream;
	responder.stream = NULL;
	if (stream) {
		need(got == 0 && client.transport == RESPONDER_TCP);
		drain(stream, in, question_len, has_from ? &from : NULL);
	} else {
		need(got == 0 || got >= WIRE_HEADER);
	}
	free(in);
	return 0;
}
