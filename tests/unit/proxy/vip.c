/* vip with sk_lookup: whatever apps do with their ports and addresses, the kernel leads exactly there. The kernel and the
 * routes are played here. */
#include <errno.h>
#include <ev.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/log.h"
#include "lookup.h"
#include "proxy.h"
#include "route.h"
#include "vip.h"
#include "worker.h"

enum { APPS = 3, ADDRESSES = 4, PORTS_MAX = 4, DOORS_MAX = 4096, LAST_PORT = 70 };

struct lookup {
	struct {
		struct in6_addr address;
		struct port_prefix ports;
	} doors[DOORS_MAX];
	unsigned count;
	int closed[3]; /* by network */
	unsigned updates;
	int failures; /* of 100 updates */
};

struct app { /* as the registry has it, and the picture the proxy has of it */
	bool has[ADDRESSES];
	struct site *site;
	struct live_app *live;
};

static struct lookup kernel;
static struct proxy proxy;
static struct worker worker;
static struct reclaim reclaim;
static struct vip *vip;
static struct app apps[APPS];
static int routes[3];
static struct { /* doors that must stay open whatever is done, as long as the kernel refuses nothing */
	struct in6_addr address;
	uint16_t port;
} lasting[ADDRESSES * LAST_PORT];
static unsigned lasting_count;

static struct in6_addr address_of(unsigned index)
{
	struct in6_addr ip = {
	    .s6_addr = {0xfd, 0xaa, [5] = (uint8_t)(1 + index % 2), [9] = 1, [15] = (uint8_t)(2 + index)}};
	return ip;
}

static bool leads(const struct in6_addr *address, uint16_t port)
{
	for (unsigned i = 0; i < kernel.count; i++) {
		uint32_t size = 1U << (16 - kernel.doors[i].ports.bits);
		if (IN6_ARE_ADDR_EQUAL(&kernel.doors[i].address, address) && port >= kernel.doors[i].ports.port &&
		    port < kernel.doors[i].ports.port + size)
			return true;
	}
	return false;
}

static void check_lasting(void)
{
	for (unsigned i = 0; i < lasting_count && kernel.failures == 0; i++)
		assert_true(leads(&lasting[i].address, lasting[i].port));
}

static unsigned find_door(const struct in6_addr *address, struct port_prefix ports)
{
	unsigned i = 0;
	while (i < kernel.count &&
	       !(IN6_ARE_ADDR_EQUAL(&kernel.doors[i].address, address) && kernel.doors[i].ports.port == ports.port &&
	         kernel.doors[i].ports.bits == ports.bits))
		i++;
	return i;
}

int lookup_open(struct lookup *lookup, const struct in6_addr *address, struct port_prefix ports)
{
	lookup->updates++;
	errno = ENOSPC;
	if (rand() % 100 < lookup->failures)
		return -1;
	unsigned i = find_door(address, ports);
	if (i == lookup->count) {
		assert_true(i < DOORS_MAX);
		lookup->doors[lookup->count++].address = *address;
		lookup->doors[i].ports = ports;
	}
	return 0;
}

int lookup_shut(struct lookup *lookup, const struct in6_addr *address, struct port_prefix ports)
{
	unsigned i = find_door(address, ports);
	lookup->updates++;
	if (i < lookup->count)
		lookup->doors[i] = lookup->doors[--lookup->count];
	check_lasting();
	return 0;
}

int lookup_close_network(struct lookup *lookup, uint32_t network, bool closed)
{
	assert_in_range(network, 1, 2);
	errno = ENOMEM;
	if (closed && rand() % 100 < lookup->failures)
		return -1;
	lookup->closed[network] = closed;
	return 0;
}

struct lookup *lookup_attach(void)
{
	return &kernel;
}

int lookup_listener(struct lookup *lookup, int fd)
{
	(void)lookup, (void)fd;
	return 0;
}

void lookup_detach(struct lookup *lookup)
{
	(void)lookup;
}

void lookup_free(struct lookup *lookup)
{
	(void)lookup;
}

struct routes *routes_open(void)
{
	return NULL;
}

void routes_close(struct routes *unused)
{
	(void)unused;
}

int route_add(struct routes *unused, uint32_t network)
{
	(void)unused;
	return routes[network]++;
}

void route_remove(struct routes *unused, uint32_t network)
{
	(void)unused;
	routes[network]--;
}

/* ------------------------------------------------------------------------------------------------------------ changes */

static struct site *picture(const struct app *app)
{
	struct site *site = calloc(1, sizeof *site);
	uint32_t port = 1;
	site->app = app->live;
	site->ports = calloc(PORTS_MAX, sizeof *site->ports);
	site->addresses = calloc(ADDRESSES, sizeof *site->addresses);
	while (site->port_count < PORTS_MAX && rand() % 5) {
		uint32_t start = port + (uint32_t)rand() % 8, end = start + (uint32_t)rand() % 12;
		if (end >= LAST_PORT)
			break;
		site->ports[site->port_count++] = (struct site_port){.start = (uint16_t)start, .end = (uint16_t)end};
		port = end + 1;
	}
	for (unsigned i = 0; i < ADDRESSES; i++)
		if (app->has[i])
			site->addresses[site->address_count++] = (struct site_address){address_of(i), 1 + i % 2, site};
	return site;
}

static void site_drop(struct site *site)
{
	if (site) {
		free(site->ports);
		free(site->addresses);
	}
	free(site);
}

static bool has_address(const struct site *site, const struct in6_addr *ip)
{
	for (uint32_t i = 0; site && i < site->address_count; i++)
		if (IN6_ARE_ADDR_EQUAL(&site->addresses[i].ip, ip))
			return true;
	return false;
}

/* The proxy hears of this app's rows, as fleet.c does it. */
static void publish(struct app *app, bool exists)
{
	struct table *by_address = &proxy.fleet.by_address;
	struct site *old = app->site, *now = exists ? picture(app) : NULL;
	lasting_count = 0;
	for (uint32_t i = 0; now && i < now->address_count; i++) {
		struct site_address *address = &now->addresses[i];
		const struct site_address *before = fleet_address(&proxy.fleet, &address->ip);
		for (unsigned n = 0; before && n < LAST_PORT; n++) {
			uint16_t port = (uint16_t)n;
			if (site_port(before->site, port) && site_port(now, port) && leads(&address->ip, port)) {
				lasting[lasting_count].address = address->ip;
				lasting[lasting_count++].port = port;
			}
		}
		table_put(by_address, hash_bytes(&address->ip, sizeof address->ip, 0), fleet_address_match,
		          &address->ip, address);
	}
	for (uint32_t i = 0; old && i < old->address_count; i++) {
		const struct in6_addr *ip = &old->addresses[i].ip;
		if (fleet_address(&proxy.fleet, ip)->site == old)
			table_remove(by_address, hash_bytes(ip, sizeof *ip, 0), fleet_address_match, ip);
	}
	vip_app(vip, old, now);
	check_lasting();
	app->site = now;
	site_drop(old);
}

static void check_all(void)
{
	int held[3] = {0};
	for (unsigned a = 0; a < ADDRESSES; a++) {
		struct in6_addr ip = address_of(a);
		const struct site *owner = NULL;
		for (unsigned i = 0; i < APPS; i++)
			if (has_address(apps[i].site, &ip))
				owner = apps[i].site;
		held[1 + a % 2] |= owner != NULL;
		for (unsigned port = 0; port < LAST_PORT; port++)
			assert_int_equal(leads(&ip, (uint16_t)port), owner && site_port(owner, (uint16_t)port));
	}
	for (int network = 1; network <= 2; network++) {
		assert_int_equal(routes[network], held[network]);
		assert_int_equal(kernel.closed[network], held[network]);
	}
}

/* An address goes to another app or to none; the two apps' changes come in either order. */
static void step(void)
{
	unsigned a = (unsigned)rand() % ADDRESSES, to = (unsigned)rand() % (APPS + 1), from = APPS;
	struct app *heard[2] = {&apps[(unsigned)rand() % APPS], NULL};
	if (rand() % 2) {
		for (unsigned i = 0; i < APPS; i++)
			if (apps[i].has[a])
				from = i;
		for (unsigned i = 0; i < APPS; i++)
			apps[i].has[a] = i == to;
		bool swap = rand() % 2;
		heard[swap] = from < APPS ? &apps[from] : NULL;
		heard[!swap] = to < APPS ? &apps[to] : NULL;
	}
	for (int i = 0; i < 2; i++)
		if (heard[i] && (i == 0 || heard[i] != heard[0]))
			publish(heard[i], rand() % 8 > 0);
	/* An app that was destroyed is made again before anything is compared, if it still has an address. */
	for (unsigned i = 0; i < APPS; i++)
		for (unsigned j = 0; j < ADDRESSES; j++)
			if (apps[i].has[j] && !apps[i].site)
				publish(&apps[i], true);
}

static int start(void **state)
{
	(void)state;
	srand(7);
	log_open("vip", LOG_ERROR, false);
	memset(&kernel, 0, sizeof kernel);
	memset(apps, 0, sizeof apps);
	memset(routes, 0, sizeof routes);
	worker = (struct worker){.proxy = &proxy, .loop = ev_loop_new(0)};
	inbox_start(&worker.inbox, worker.loop, &worker);
	proxy = (struct proxy){.workers = &worker, .worker_count = 1};
	table_init(&proxy.fleet.by_address, &reclaim);
	for (unsigned i = 0; i < APPS; i++)
		apps[i].live = live_app_new("app");
	assert_int_equal(vip_prepare(&proxy, VIP_AUTO), 0);
	vip = vip_new(&proxy, &reclaim);
	return vip ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	for (unsigned i = 0; i < APPS; i++) {
		publish(&apps[i], false);
		live_app_drop(apps[i].live);
	}
	assert_int_equal(kernel.count, 0);
	vip_free(vip);
	table_fini(&proxy.fleet.by_address);
	reclaim_free(&reclaim);
	ev_loop_destroy(worker.loop);
	return 0;
}

static void the_kernel_leads_where_the_registry_says(void **state)
{
	(void)state;
	for (int i = 0; i < 5000; i++) {
		step();
		check_all();
		assert_int_equal(vip_missing(vip), 0);
	}
}

static void what_fails_is_tried_again_until_it_is_there(void **state)
{
	unsigned missed = 0;
	(void)state;
	for (int i = 0; i < 2000; i++) {
		kernel.failures = 20;
		for (int changes = 0; changes < 3; changes++)
			step();
		missed += vip_missing(vip) > 0;
		kernel.failures = 0;
		vip_retry(vip);
		assert_int_equal(vip_missing(vip), 0);
		check_all();
	}
	assert_in_range(missed, 500, 2000);
}

static void what_is_open_already_is_not_opened_again(void **state)
{
	struct app *app = &apps[0];
	(void)state;
	app->has[0] = app->has[1] = true;
	unsigned seed = 0;
	do { /* which makes the same ports each time */
		srand(++seed);
		publish(app, true);
	} while (app->site->port_count < 2);
	unsigned before = kernel.updates;
	srand(seed);
	publish(app, true);
	assert_int_equal(kernel.updates, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_kernel_leads_where_the_registry_says, start, stop),
	    cmocka_unit_test_setup_teardown(what_fails_is_tried_again_until_it_is_there, start, stop),
	    cmocka_unit_test_setup_teardown(what_is_open_already_is_not_opened_again, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
