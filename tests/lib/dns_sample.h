/* dns_sample.h - a small registry's picture made by hand, as the catalog would hand it to the responder.
 * Network 1 (fdaa:0:1) has web with Machines in three regions, idle without any, big with many, and peers; network 2
 * (fdaa:0:2) has other, and an address of web. */
#ifndef TESTS_DNS_SAMPLE_H
#define TESTS_DNS_SAMPLE_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "responder.h"
#include "zone_change.h"

enum { SAMPLE_BIG = 120 };

static inline struct in6_addr sample_ip(const char *text)
{
	struct in6_addr ip;
	if (inet_pton(AF_INET6, text, &ip) != 1)
		abort();
	return ip;
}

static const struct catalog_pair sample_primary[] = {{"role", "Primary"}, {"ROLE", "primary"}};
static const struct catalog_pair sample_replica[] = {
    {"role", "replica"},
    {"mesh_node", "a@b.c"},
    {"empty", ""},
    {"long", "0123456789012345678901234567890123456789012345678901234567890123"}};

static const struct catalog_machine sample_machines[] = {
    {.id = "148e21dad76789",
     .name = "a",
     .region = "fra",
     .group = "app",
     .slot = 1,
     .state = MACHINE_STARTED,
     .metadata = sample_primary,
     .metadata_count = 2,
     .address = {.s6_addr = {0xfd, 0xaa, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 2}}},
    {.id = "4d89699c030518",
     .name = "b",
     .region = "ams",
     .group = "app",
     .slot = 2,
     .state = MACHINE_STARTED,
     .cordoned = true,
     .address = {.s6_addr = {0xfd, 0xaa, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 2, 0, 2}}},
    {.id = "6e82de14c35038",
     .name = "c",
     .region = "sin",
     .group = "Worker",
     .slot = 3,
     .state = MACHINE_STOPPED,
     .metadata = sample_replica,
     .metadata_count = 4,
     .address = {.s6_addr = {0xfd, 0xaa, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 3, 0, 2}}},
    {.id = "7f00000000000d",
     .name = "d",
     .region = "syd",
     .group = "app",
     .slot = 4,
     .state = MACHINE_STARTED,
     .skip_dns = true,
     .address = {.s6_addr = {0xfd, 0xaa, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 4, 0, 2}}},
    {.id = "8f00000000000e",
     .name = "e",
     .region = "ams",
     .group = "worker",
     .slot = 5,
     .state = MACHINE_STARTED,
     .address = {.s6_addr = {0xfd, 0xaa, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 5, 0, 2}}},
};

static const struct catalog_address sample_addresses[] = {
    {{.s6_addr = {0xfd, 0xaa, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2}}, 1, 2},
    {{.s6_addr = {0xfd, 0xaa, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 5}}, 2, 5},
};

static const struct catalog_app sample_web = {.name = "web",
                                              .org = "personal",
                                              .network = 1,
                                              .address_count = 2,
                                              .machine_count = 5,
                                              .addresses = sample_addresses,
                                              .machines = sample_machines};
static const struct catalog_app sample_idle = {.name = "idle", .org = "personal", .network = 1};
static const struct catalog_app sample_other = {.name = "other", .org = "acme", .network = 2};

static const struct catalog_peer sample_peers[] = {
    {"Laptop", {.s6_addr = {0xfd, 0xaa, 0, 0, 0, 1, 0x0a, 0x7b, 0, 1, 0, 0, 0, 0x0a, 0, 2}}},
    {"interactive-x", {.s6_addr = {0xfd, 0xaa, 0, 0, 0, 1, 0x0a, 0x7b, 0, 1, 0, 0, 0, 0x0a, 1, 2}}},
};
static const struct catalog_network sample_network_1 = {1, "personal", "default", sample_peers, 2, true, true};
static const struct catalog_network sample_network_2 = {2, "acme", "default", NULL, 0, true, false};

/* From Frankfurt. */
static inline uint32_t sample_distance(void *owner, const char *region)
{
	(void)owner;
	return strcmp(region, "fra") == 0 ? 0 : strcmp(region, "ams") == 0 ? 364000 : 10000000;
}

static inline uint32_t sample_network_of(const void *owner, const struct in6_addr *source)
{
	(void)owner;
	return IN6_IS_ADDR_LOOPBACK(source) ? 1 : 0;
}

static struct {
	char ids[SAMPLE_BIG][16];
	struct catalog_machine machines[SAMPLE_BIG];
	struct catalog_app app;
} sample_big;

static inline const struct catalog_app *sample_make_big(void)
{
	for (int i = 0; i < SAMPLE_BIG; i++) {
		snprintf(sample_big.ids[i], sizeof sample_big.ids[i], "%014x", 0xb000 + i);
		sample_big.machines[i] = (struct catalog_machine){
		    .id = sample_big.ids[i],
		    .name = sample_big.ids[i],
		    .region = i % 2 ? "fra" : "ams",
		    .group = "app",
		    .state = MACHINE_STARTED,
		    .address = {
		        .s6_addr = {0xfd, 0xaa, 0, 0, 0, 1, 0, 2, 0, 1, 0, 0, (uint8_t)(i >> 8), (uint8_t)i, 0, 2}}};
	}
	sample_big.app = (struct catalog_app){.name = "big",
	                                      .org = "personal",
	                                      .network = 1,
	                                      .machine_count = SAMPLE_BIG,
	                                      .machines = sample_big.machines};
	return &sample_big.app;
}

static inline struct zone *sample_zone(void)
{
	struct zone *zone = zone_new(sample_distance, NULL);
	zone_network(zone, NULL, &sample_network_1);
	zone_app(zone, NULL, &sample_web);
	zone_app(zone, NULL, &sample_other);
	zone_app(zone, NULL, sample_make_big());
	zone_app(zone, NULL, &sample_idle);
	zone_network(zone, NULL, &sample_network_2);
	zone_settle(zone, 77);
	zone_reclaim(zone);
	return zone;
}

/* A plain question, RD set; returns its length. */
static inline size_t sample_question(uint8_t *out, const char *name, uint16_t type)
{
	struct name n;
	uint8_t *at = out;
	if (!name_parse(&n, name))
		abort();
	at = wire_put16(at, 0xbeef);
	at = wire_put16(at, 0x0100);
	at = wire_put16(at, 1);
	at = wire_put16(at, 0);
	at = wire_put32(at, 0);
	memcpy(at, n.wire, n.len);
	at = wire_put16(at + n.len, type);
	at = wire_put16(at, CLASS_IN);
	return (size_t)(at - out);
}

#endif
