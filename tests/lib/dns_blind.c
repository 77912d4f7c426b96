/* dns_blind.c - asks as a member of network 1 for names of network 2, then for as many that are nowhere, and prints how
 * many; all of them got NXDOMAIN. Callgrind counts what each half costs (integration/dns-blind.sh). */
#include "dns_sample.h"

enum { APPS = 1500 };

static char names[2][APPS][16];
static struct catalog_machine machines[2][APPS];
static struct catalog_address addresses[2][APPS];
static struct catalog_app apps[2][APPS];

/* a00000 ... in network 1, b00000 ... in network 2: a Machine and an address each. */
static void fill(struct zone *zone)
{
	const struct catalog_network *const networks[] = {&sample_network_1, &sample_network_2};
	for (unsigned n = 0; n < 2; n++) {
		zone_network(zone, NULL, networks[n]);
		for (unsigned i = 0; i < APPS; i++) {
			struct catalog_machine *m = &machines[n][i];
			struct catalog_address *a = &addresses[n][i];
			snprintf(names[n][i], sizeof names[n][i], "%c%05u", n ? 'b' : 'a', i);
			*m = sample_machines[0];
			m->metadata_count = 0;
			m->address.s6_addr[5] = (uint8_t)(n + 1);
			m->address.s6_addr[12] = (uint8_t)(i >> 8);
			m->address.s6_addr[13] = (uint8_t)i;
			*a = (struct catalog_address){sample_addresses[n].ip, n + 1, i};
			a->ip.s6_addr[10] = (uint8_t)(i >> 8);
			a->ip.s6_addr[11] = (uint8_t)i;
			apps[n][i] = (struct catalog_app){.name = names[n][i],
			                                  .network = n + 1,
			                                  .address_count = 1,
			                                  .machine_count = 1,
			                                  .addresses = a,
			                                  .machines = m};
			zone_app(zone, NULL, &apps[n][i]);
		}
	}
	zone_settle(zone, 1);
	zone_reclaim(zone);
}

static unsigned ask(struct responder *responder, const char *name, uint16_t type)
{
	const struct responder_client client = {.source = sample_ip("fdaa:0:1:ffff:0:1:0:2"),
	                                        .destination = sample_ip("fdaa::3"),
	                                        .port = 4711,
	                                        .transport = RESPONDER_UDP};
	uint8_t in[512], out[1232];
	size_t len = sample_question(in, name, type);
	responder_respond(responder, &client, (struct bytes){(char *)in, len}, out, sizeof out);
	if ((out[3] & 15) != RCODE_NXDOMAIN) {
		fprintf(stderr, "dns_blind: %s is there\n", name);
		exit(1);
	}
	return 1;
}

/* A function of its own, for callgrind writes down what was spent whenever it returns. */
__attribute__((noinline)) static unsigned ask_all(struct responder *responder, char first)
{
	static const char *const shapes[] = {"%c%05u.internal", "vms.%c%05u.internal", "x.vm.%c%05u.internal",
	                                     "%c%05u.flycast"};
	unsigned asked = 0;
	for (unsigned i = 0; i < APPS; i++) {
		for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
			char name[64];
			snprintf(name, sizeof name, shapes[s], first, i);
			asked += ask(responder, name, TYPE_AAAA);
		}
	}
	return asked;
}

int main(void)
{
	struct zone *zone = zone_new(sample_distance, NULL);
	const struct responder_settings settings = {.zone = zone, .network_of = sample_network_of, .udp_size = 1232};
	struct responder responder;
	responder_init(&responder, &settings);
	fill(zone);
	unsigned others = ask_all(&responder, 'b'), nowhere = ask_all(&responder, 'c');
	if (others != nowhere)
		return 1;
	printf("%u\n", others);
	zone_free(zone);
	return 0;
}
