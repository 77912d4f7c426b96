/* subnet: the option client subnet. Of any octets none is read that is not there; what is read is written back as it came
 * but for its scope; and a resolver that asks in somebody's name is told what that one would be told, or refused where the
 * subnet is too wide to be one network's. */
#include <assert.h>

#include "../lib/dns_sample.h"

static struct responder responder;
static uint8_t by_resolver[WIRE_MESSAGE_MAX], by_asker[WIRE_MESSAGE_MAX];

static uint8_t block_of(const void *owner, const struct in6_addr *source)
{
	(void)owner;
	return source->s6_addr[0] == 0xfd && source->s6_addr[1] == 0xaa ? 48 : IN6_IS_ADDR_LOOPBACK(source) ? 128 : 97;
}

static void check_option(const uint8_t *data, size_t size)
{
	struct subnet subnet;
	uint8_t out[SUBNET_DATA];
	char *exact = malloc(size ? size : 1); /* ends where the bytes end */
	if (size)
		memcpy(exact, data, size);
	if (subnet_read(&subnet, (struct bytes){exact, size})) {
		assert(size <= SUBNET_DATA && subnet_write(out, &subnet, 48) == size);
		assert(memcmp(out, exact, 3) == 0 && memcmp(out + 4, exact + 4, size - 4) == 0);
		assert(subnet.nobody == (exact[2] == 0));
		assert(subnet.nobody ? out[3] == 0 : prefix_has(&subnet.prefix, &subnet.prefix.ip));
	}
	free(exact);
}

/* web.flycast AAAA with the option. */
static size_t question(uint8_t *in, const uint8_t *data, size_t size)
{
	size_t len = sample_question(in, "web.flycast", TYPE_AAAA);
	uint8_t *at = in + len;
	in[11] = 1;
	*at++ = 0;
	at = wire_put16(at, TYPE_OPT);
	at = wire_put16(at, 1232);
	at = wire_put32(at, 0);
	at = wire_put16(at, (unsigned)(4 + size));
	at = wire_put16(at, OPTION_SUBNET);
	at = wire_put16(at, (unsigned)size);
	if (size)
		memcpy(at, data, size);
	return (size_t)(at - in) + size;
}

static void check_answer(const uint8_t *data, size_t size)
{
	uint8_t in[1024];
	struct subnet subnet;
	struct responder_client client = {.source = sample_ip("2001:db8::53"),
	                                  .destination = sample_ip("fdaa::3"),
	                                  .port = 53,
	                                  .transport = RESPONDER_TCP};
	size_t len = question(in, data, size);
	const struct bytes asked = {(const char *)in, len}, plain = {(const char *)in, len - WIRE_OPT - 4 - size};
	size_t got = responder_respond(&responder, &client, asked, by_resolver, sizeof by_resolver);
	assert(got >= WIRE_HEADER);
	unsigned rcode = by_resolver[3] & 15;
	if (!subnet_read(&subnet, (struct bytes){(const char *)data, size})) {
		assert(rcode == RCODE_FORMERR);
		return;
	}
	assert(got > size && memcmp(by_resolver + got - size, data, 3) == 0);
	if (!subnet.nobody)
		client.source = subnet.prefix.ip;
	in[11] = 0; /* without OPT */
	size_t want = responder_respond(&responder, &client, plain, by_asker, sizeof by_asker);
	bool wide = !subnet.nobody && block_of(NULL, &client.source) > subnet.prefix.len;
	assert(wide ? rcode == RCODE_REFUSED : memcmp(by_resolver + 12, by_asker + 12, want - 12) == 0);
	assert(wide || (by_resolver[2] == by_asker[2] && by_resolver[3] == by_asker[3]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct responder_settings settings;
	static struct prefix_list believed;
	if (!settings.zone) { /* once; it lives as long as the process */
		prefix_list_add(&believed, "2001:db8::53");
		settings = (struct responder_settings){.zone = sample_zone(),
		                                       .network_of = sample_network_of,
		                                       .block_of = block_of,
		                                       .resolvers = &believed,
		                                       .udp_size = 1232};
		responder_init(&responder, &settings);
	}
	check_option(data, size);
	if (size <= 512)
		check_answer(data, size);
	return 0;
}
