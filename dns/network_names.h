/* network_names.h - the names every network has of its own: _peer, _apps, _instances, _networks, _api and _dns
 * below internal.
 * Pure: makes nodes; the texts come from the caller. */
#ifndef DNS_NETWORK_NAMES_H
#define DNS_NETWORK_NAMES_H

#include "node.h"
#include "catalog.h"

#define NETWORK_NAMES_SERVER "_dns.internal." /* this server; no app can be called that */

/* fdaa:<net>::3, where this server and the Machines API are; of network 0: fdaa::3, which is in every network. */
struct in6_addr network_names_server_ip(uint32_t network);
struct node *network_names_server(struct node_maker *maker, struct encoder *encoder, uint32_t network,
                                  struct bytes label);

/* Peers of flyctl's own sessions come and go; nobody means them, and they have no names. */
bool network_names_peer(const struct catalog_peer *peer);
struct node *network_names_peers(struct node_maker *maker, struct encoder *encoder,
                                 const struct catalog_network *network);

/* "network=default,org=personal,prefix=fdaa:0:1::/48": where the asker is, and nothing of any other network. */
struct node *network_names_networks(struct node_maker *maker, struct encoder *encoder,
                                    const struct catalog_network *network);
struct node *network_names_apps(struct node_maker *maker, struct encoder *encoder, uint32_t network,
                                const struct text *apps);
struct node *network_names_instances(struct node_maker *maker, struct encoder *encoder, uint32_t network,
                                     const struct text texts[2]); /* started, deployed */

#endif
