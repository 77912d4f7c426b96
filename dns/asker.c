/* asker.c - see asker.h. */
#include "asker.h"

/* The network that fdaa:<net>::3 names; 0: it is no such address. */
static uint32_t server_network(const struct in6_addr *destination)
{
	static const uint8_t tail[10] = {[9] = 3};
	return memcmp(destination->s6_addr + 6, tail, sizeof tail) == 0 ? network_of_ip(destination) : 0;
}

bool asker_agrees(const struct responder_client *client, uint32_t network)
{
	uint32_t asked = server_network(&client->destination);
	return asked == 0 || asked == network;
}

uint32_t responder_view(const struct responder_settings *settings, const struct responder_client *client)
{
	uint32_t network = network_of_ip(&client->source);
	if (network == 0)
		network = settings->network_of(settings->owner, &client->source);
	return asker_agrees(client, network) ? network : 0;
}

enum asker_result asker_subnet(struct asker *asker, const struct responder_settings *settings, struct bytes option)
{
	if (!settings->resolvers || !prefix_list_has(settings->resolvers, &asker->client->source))
		return ASKER_STRAY;
	if (!subnet_read(&asker->subnet, option))
		return ASKER_MALFORMED;
	asker->for_others = !asker->subnet.nobody;
	asker->scope = asker->for_others ? settings->block_of(settings->owner, &asker->subnet.prefix.ip) : 0;
	return ASKER_BELIEVED;
}

uint32_t asker_view(const struct asker *asker, const struct responder_settings *settings)
{
	if (!asker->for_others)
		return responder_view(settings, asker->client);
	if (asker->scope > asker->subnet.prefix.len)
		return 0; /* it has addresses of several networks; the scope tells how long it must be */
	struct responder_client other = *asker->client;
	other.source = asker->subnet.prefix.ip;
	return responder_view(settings, &other);
}
