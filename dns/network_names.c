/* network_names.c - see network_names.h. */
#include "network_names.h"

static struct answer add_text(struct node_maker *maker, struct encoder *encoder, const struct text *value)
{
	struct answer a = {.type = TYPE_TXT, .at = (uint32_t)maker->records.len};
	if (value->len) {
		encode_txt(encoder, &maker->records, (struct bytes){value->at, value->len});
		a.len = (uint32_t)maker->records.len - a.at;
		a.count = 1;
	}
	return a;
}

static struct answer add_address(struct node_maker *maker, struct encoder *encoder, const struct in6_addr *ip)
{
	struct answer a = {.type = TYPE_AAAA, .at = (uint32_t)maker->records.len, .len = WIRE_AAAA, .count = 1};
	encode_aaaa(encoder, &maker->records, ip);
	return a;
}

static struct node *build(struct node_maker *maker, uint32_t network, struct bytes label)
{
	return node_build(maker, &(struct node_key){network, NODE_INTERNAL, label});
}

struct in6_addr network_names_server_ip(uint32_t network)
{
	return (struct in6_addr){.s6_addr = {0xfd, 0xaa, (uint8_t)(network >> 24), (uint8_t)(network >> 16),
	                                     (uint8_t)(network >> 8), (uint8_t)network, [15] = 3}};
}

struct node *network_names_server(struct node_maker *maker, struct encoder *encoder, uint32_t network,
                                  struct bytes label)
{
	struct in6_addr ip = network_names_server_ip(network);
	maker->own = add_address(maker, encoder, &ip);
	return build(maker, network, label);
}

bool network_names_peer(const struct catalog_peer *peer)
{
	return strncmp(peer->name, "interactive-", strlen("interactive-")) != 0;
}

struct node *network_names_peers(struct node_maker *maker, struct encoder *encoder,
                                 const struct catalog_network *network)
{
	struct text names = {0}, label = {0};
	for (uint32_t i = 0; i < network->peer_count; i++) {
		const struct catalog_peer *p = &network->peers[i];
		if (!network_names_peer(p))
			continue;
		if (names.len + 1 + strlen(p->name) <= ENCODE_TEXT_MAX)
			text_format(&names, "%s%s", names.len ? "," : "", p->name);
		text_clear(&label);
		if (name_add_label(&label, bytes_of(p->name)))
			node_add(maker, (struct bytes){label.at, label.len}, add_address(maker, encoder, &p->address));
	}
	maker->own = add_text(maker, encoder, &names);
	text_free(&names);
	text_free(&label);
	return build(maker, network->id, BYTES("_peer"));
}

struct node *network_names_networks(struct node_maker *maker, struct encoder *encoder,
                                    const struct catalog_network *network)
{
	struct text value = {0};
	text_format(&value, "network=%s,org=%s,prefix=fdaa:%x:%x::/48", network->name, network->org, network->id >> 16,
	            network->id & 0xffff);
	maker->own = add_text(maker, encoder, &value);
	text_free(&value);
	return build(maker, network->id, BYTES("_networks"));
}

struct node *network_names_apps(struct node_maker *maker, struct encoder *encoder, uint32_t network,
                                const struct text *apps)
{
	maker->own = add_text(maker, encoder, apps);
	return build(maker, network, BYTES("_apps"));
}

struct node *network_names_instances(struct node_maker *maker, struct encoder *encoder, uint32_t network,
                                     const struct text texts[2])
{
	maker->own = add_text(maker, encoder, &texts[0]);
	node_add(maker, BYTES("\3all"), add_text(maker, encoder, &texts[1]));
	return build(maker, network, BYTES("_instances"));
}
