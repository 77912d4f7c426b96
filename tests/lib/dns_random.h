/* dns_random.h - pictures of registries made by chance, as the catalog would hand them over: for tests of what holds for
 * any of them. Networks 1 and 2 have apps with names that mean something elsewhere, Machines in every state, metadata of
 * any octets, services, and addresses in both networks. Include it after dns_sample.h. */
#ifndef TESTS_DNS_RANDOM_H
#define TESTS_DNS_RANDOM_H

#include "dns_sample.h"

enum { RANDOM_APPS = 8, RANDOM_MACHINES = 6, RANDOM_PAIRS = 3, RANDOM_PORTS = 3, RANDOM_PEERS = 4, RANDOM_TEXT = 72 };

struct random_app {
	struct catalog_app app;
	struct catalog_machine machines[RANDOM_MACHINES];
	struct catalog_service services[RANDOM_MACHINES];
	struct catalog_port ports[RANDOM_MACHINES * RANDOM_PORTS];
	struct catalog_address addresses[2];
	struct catalog_pair pairs[RANDOM_MACHINES][RANDOM_PAIRS];
	char texts[RANDOM_MACHINES][RANDOM_PAIRS][2][RANDOM_TEXT];
	char ids[RANDOM_MACHINES][16];
};

/* Everything one picture points to. */
struct random_picture {
	unsigned seed;
	struct random_app apps[RANDOM_APPS];
	struct catalog_network networks[2];
	struct catalog_peer peers[2][RANDOM_PEERS];
};

static inline unsigned random_below(struct random_picture *p, unsigned end)
{
	return (unsigned)rand_r(&p->seed) % end;
}

/* Mostly short and plain, at times long or of any octets but the one that ends it. */
static inline const char *random_text(struct random_picture *p, char to[RANDOM_TEXT])
{
	unsigned len = random_below(p, 8) ? random_below(p, 5) : random_below(p, RANDOM_TEXT);
	bool plain = random_below(p, 3) > 0;
	for (unsigned i = 0; i < len; i++)
		to[i] = (char)(plain ? 'a' + random_below(p, 3) : 1 + random_below(p, 255));
	to[len] = '\0';
	return to;
}

static inline struct in6_addr random_ip(uint32_t network, unsigned app, unsigned machine)
{
	return (struct in6_addr){.s6_addr = {0xfd, 0xaa, 0, 0, 0, (uint8_t)network, 0, (uint8_t)(app + 1), 0, 1, 0, 0,
	                                     0, (uint8_t)machine, 0, 2}};
}

static inline void random_ports(struct random_picture *p, struct random_app *a, uint32_t machine)
{
	static const uint8_t handlers[] = {0, HANDLER_HTTP, HANDLER_TLS, HANDLER_HTTP | HANDLER_TLS, HANDLER_PG_TLS};
	struct catalog_machine *m = &a->machines[machine];
	m->service_first = a->app.service_count;
	if (random_below(p, 2))
		return;
	m->service_count = 1;
	a->services[a->app.service_count] = (struct catalog_service){
	    .protocol = random_below(p, 5) ? PROTOCOL_TCP : PROTOCOL_UDP,
	    .internal_port = (uint16_t)(8080 + random_below(p, 2))};
	for (unsigned i = random_below(p, RANDOM_PORTS + 1); i; i--) {
		uint16_t start = (uint16_t)(80 + i);
		a->ports[a->app.port_count++] = (struct catalog_port){.start = start,
		                                                      .end = start,
		                                                      .handlers = handlers[random_below(p, 5)],
		                                                      .force_https = random_below(p, 2),
		                                                      .machine = machine,
		                                                      .service = a->app.service_count};
	}
	a->app.service_count++;
}

static inline void random_machine(struct random_picture *p, unsigned app)
{
	static const char *const regions[] = {"fra", "ams", "sin"}, *const groups[] = {"app",    "App", "all",
	                                                                               "worker", "vm",  "regions"};
	struct random_app *a = &p->apps[app];
	uint32_t i = a->app.machine_count++;
	struct catalog_machine *m = &a->machines[i];
	snprintf(a->ids[i], sizeof a->ids[i], "%07x%07x", app, i);
	*m = (struct catalog_machine){.id = a->ids[i],
	                              .name = a->ids[i],
	                              .region = regions[random_below(p, 3)],
	                              .group = groups[random_below(p, 6)],
	                              .address = random_ip(a->app.network, app, i + 1),
	                              .state = random_below(p, 3) ? MACHINE_STARTED : MACHINE_SUSPENDED,
	                              .skip_dns = random_below(p, 8) == 0,
	                              .metadata = a->pairs[i],
	                              .metadata_count = random_below(p, RANDOM_PAIRS + 1)};
	for (uint32_t n = 0; n < m->metadata_count; n++)
		a->pairs[i][n] = (struct catalog_pair){random_text(p, a->texts[i][n][0]),
		                                       random_text(p, a->texts[i][n][1])};
	random_ports(p, a, i);
}

static inline int random_compare_ports(const void *left, const void *right)
{
	const struct catalog_port *a = left, *b = right;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->machine < b->machine ? -1 : a->machine > b->machine;
}

static inline void random_make_app(struct random_picture *p, unsigned app)
{
	static const char *const names[RANDOM_APPS] = {
	    "a",        "vms",
	    "of",       "global",
	    "internal", "flycast",
	    "x-1",      "a63-bcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-012345"}; /* 63 octets */
	struct random_app *a = &p->apps[app];
	a->app = (struct catalog_app){.name = names[app],
	                              .org = "o",
	                              .network = 1 + random_below(p, 2),
	                              .machines = a->machines,
	                              .services = a->services,
	                              .ports = a->ports,
	                              .addresses = a->addresses};
	for (unsigned i = random_below(p, RANDOM_MACHINES + 1); i; i--)
		random_machine(p, app);
	qsort(a->ports, a->app.port_count, sizeof *a->ports, random_compare_ports);
	for (uint32_t network = 1; network < 3; network++)
		if (random_below(p, 2))
			a->addresses[a->app.address_count++] = (struct catalog_address){
			    {.s6_addr = {0xfd, 0xaa, 0, 0, 0, (uint8_t)network, 0, 0, 0, 1, [15] = (uint8_t)(app + 2)}},
			    network,
			    app + 2};
}

/* The picture must outlive the zone. */
static inline struct zone *random_zone(struct random_picture *p, unsigned seed)
{
	static const char *const peers[RANDOM_PEERS] = {"Laptop", "desk", "interactive-1", "x"};
	struct zone *made = zone_new(sample_distance, NULL);
	*p = (struct random_picture){.seed = seed};
	for (unsigned n = 0; n < 2; n++) {
		for (unsigned i = 0; i < RANDOM_PEERS; i++)
			p->peers[n][i] = (struct catalog_peer){peers[i], random_ip(n + 1, 100, i)};
		p->networks[n] = (struct catalog_network){.id = n + 1,
		                                          .org = "o",
		                                          .name = "n",
		                                          .peers = p->peers[n],
		                                          .peer_count = random_below(p, RANDOM_PEERS + 1),
		                                          .instances = random_below(p, 2)};
		zone_network(made, NULL, &p->networks[n]);
	}
	for (unsigned app = 0; app < RANDOM_APPS; app++) {
		random_make_app(p, app);
		if (random_below(p, 8))
			zone_app(made, NULL, &p->apps[app].app);
	}
	zone_settle(made, seed);
	zone_reclaim(made);
	return made;
}

#endif
