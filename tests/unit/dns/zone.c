/* zone: after any sequence of changes it answers like one built from scratch; every name above one that exists exists;
 * and a reader never sees less than what is there before and after a change. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/rcu.h"
#include "dns_sample.h"

enum { APPS = 6, MACHINES = 5, NETWORKS = 3, ROUNDS = 400 };

static const char *const names[APPS] = {"a", "b", "c", "d", "e", "vms"};
static const char *const regions[] = {"fra", "ams", "sin"};
static const char *const groups[] = {"app", "worker", "App"};

/* An app with everything it points to. */
struct made {
	struct catalog_app app;
	struct catalog_machine machines[MACHINES];
	struct catalog_pair pairs[MACHINES];
	struct catalog_address addresses[NETWORKS];
	char ids[MACHINES][16];
};

static struct in6_addr ip_in(uint32_t network, unsigned host, unsigned slot)
{
	return (struct in6_addr){
	    .s6_addr = {0xfd, 0xaa, 0, 0, 0, (uint8_t)network, 0, (uint8_t)host, 0, 1, 0, 0, 0, (uint8_t)slot, 0, 2}};
}

static struct made *make(int index, unsigned *seed)
{
	struct made *m = mem_new(sizeof *m);
	uint32_t network = 1 + (uint32_t)(rand_r(seed) % 2);
	m->app = (struct catalog_app){
	    .name = names[index], .org = "o", .network = network, .machines = m->machines, .addresses = m->addresses};
	for (unsigned i = 0; i < MACHINES; i++) {
		if (rand_r(seed) % 3 == 0)
			continue;
		struct catalog_machine *machine = &m->machines[m->app.machine_count++];
		snprintf(m->ids[i], sizeof m->ids[i], "%07x%07x", (unsigned)index, i);
		m->pairs[i] = (struct catalog_pair){"role", rand_r(seed) % 2 ? "x" : "Y"};
		*machine = (struct catalog_machine){.id = m->ids[i],
		                                    .name = m->ids[i],
		                                    .region = regions[rand_r(seed) % 3],
		                                    .group = groups[rand_r(seed) % 3],
		                                    .address = ip_in(network, (unsigned)index + 1, i + 1),
		                                    .state = rand_r(seed) % 2 ? MACHINE_STARTED : MACHINE_STOPPED,
		                                    .skip_dns = rand_r(seed) % 8 == 0,
		                                    .metadata = &m->pairs[i],
		                                    .metadata_count = (uint32_t)(rand_r(seed) % 2)};
	}
	for (uint32_t n = 1; n <= NETWORKS; n++)
		if (rand_r(seed) % 2)
			m->addresses[m->app.address_count++] = (struct catalog_address){
			    {.s6_addr = {0xfd, 0xaa, 0, 0, 0, (uint8_t)n, 0, 0, 0, 1, [15] = (uint8_t)(index + 2)}},
			    n,
			    (uint32_t)index + 2};
	return m;
}

static struct zone *zone_from(struct made *const apps[APPS], const bool known[NETWORKS + 1])
{
	struct zone *z = zone_new(sample_distance, NULL);
	for (uint32_t n = 1; n <= NETWORKS; n++) {
		struct catalog_network network = {.id = n, .org = "o", .name = "n", .instances = true};
		if (known[n])
			zone_network(z, NULL, &network);
	}
	for (int i = 0; i < APPS; i++)
		if (apps[i])
			zone_app(z, NULL, &apps[i]->app);
	zone_settle(z, 1);
	return z;
}

/* Rotation aside, an answer is its kind, type and records in the order they are stored. */
static void assert_same_type(const struct zone *a, const struct zone *b, uint32_t network, const char *text,
                             uint16_t type)
{
	struct name n;
	struct zone_answer x, y;
	assert_true(name_parse(&n, text));
	zone_find(a, &(struct zone_question){network, zone_of(&n), &n, type}, &x);
	zone_find(b, &(struct zone_question){network, zone_of(&n), &n, type}, &y);
	if (x.result != y.result || x.type != y.type || x.count != y.count || x.len != y.len || x.most != y.most ||
	    x.run_count != y.run_count || (x.len && memcmp(x.records, y.records, x.len) != 0))
		fail_msg("%s in network %u: result %d %d, type %d %d, count %d %d", text, network, (int)x.result,
		         (int)y.result, x.type, y.type, x.count, y.count);
}

static void assert_same(const struct zone *a, const struct zone *b, uint32_t network, const char *text)
{
	static const uint16_t types[] = {TYPE_AAAA, TYPE_TXT, TYPE_SRV, TYPE_HTTPS, TYPE_ANY};
	struct name n;
	struct zone_answer x;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		assert_same_type(a, b, network, text, types[i]);
	assert_true(name_parse(&n, text));
	zone_find(a, &(struct zone_question){network, zone_of(&n), &n, TYPE_ANY}, &x);
	if (x.result != ZONE_NAME)
		return;
	for (const char *above = strchr(text, '.'); above && strchr(above + 1, '.'); above = strchr(above + 1, '.')) {
		assert_true(name_parse(&n, above + 1));
		if (zone_of(&n) == ZONE_NONE)
			return;
		zone_find(a, &(struct zone_question){network, zone_of(&n), &n, TYPE_ANY}, &x);
		if (x.result != ZONE_NAME && x.result != ZONE_APEX)
			fail_msg("%s exists and %s does not", text, above + 1);
	}
}

static void assert_same_everywhere(const struct zone *a, const struct zone *b)
{
	static const char *const below[] = {"%s.internal",
	                                    "%s.flycast",
	                                    "x.%s.flycast",
	                                    "global.%s.internal",
	                                    "vms.%s.internal",
	                                    "all.vms.%s.internal",
	                                    "regions.%s.internal",
	                                    "all.regions.%s.internal",
	                                    "fra.%s.internal",
	                                    "ams.%s.internal",
	                                    "sin.%s.internal",
	                                    "process.%s.internal",
	                                    "app.process.%s.internal",
	                                    "worker.process.%s.internal",
	                                    "vm.%s.internal",
	                                    "of.%s.internal",
	                                    "nearest.of.%s.internal",
	                                    "top2.nearest.of.%s.internal",
	                                    "_metadata.%s.internal",
	                                    "kv._metadata.%s.internal",
	                                    "role.kv._metadata.%s.internal",
	                                    "x.role.kv._metadata.%s.internal",
	                                    "y.role.kv._metadata.%s.internal",
	                                    "00000020000001.vm.%s.internal",
	                                    "00000000000003.vm.%s.internal"};
	static const char *const fixed[] = {
	    "internal",       "_apps.internal", "_instances.internal", "all._instances.internal",
	    "_peer.internal", "_api.internal",  "_dns.internal",       "_networks.internal",
	    "flycast"};
	char text[256];
	for (uint32_t network = 1; network <= NETWORKS; network++) {
		for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
			assert_same(a, b, network, fixed[i]);
		for (int app = 0; app < APPS; app++) {
			for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
				snprintf(text, sizeof text, below[i], names[app]);
				assert_same(a, b, network, text);
			}
			for (unsigned slot = 1; slot <= MACHINES; slot++) {
				snprintf(text, sizeof text,
				         "2.0.0.0.%u.0.0.0.0.0.0.0.1.0.0.0.%d.0.0.0.%u.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa",
				         slot, app + 1, network);
				assert_same(a, b, network, text);
			}
			snprintf(text, sizeof text,
			         "%d.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.%u.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", app + 2,
			         network);
			assert_same(a, b, network, text);
		}
	}
}

static void a_changed_zone_is_like_a_new_one(void **state)
{
	struct made *apps[APPS] = {NULL};
	bool known[NETWORKS + 1] = {false};
	struct zone *zone = zone_from(apps, known);
	unsigned seed = 20261123;
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct made *dead[4] = {NULL};
		for (int change = 0; change < 4; change++) { /* some settle together */
			int i = rand_r(&seed) % APPS;
			uint32_t n = 1 + (uint32_t)(rand_r(&seed) % NETWORKS);
			struct catalog_network network = {.id = n, .org = "o", .name = "n", .instances = true};
			if (rand_r(&seed) % 8 == 0) {
				zone_network(zone, known[n] ? &network : NULL, known[n] ? NULL : &network);
				known[n] = !known[n];
				continue;
			}
			dead[change] = apps[i];
			apps[i] = rand_r(&seed) % 4 ? make(i, &seed) : NULL;
			if (dead[change] || apps[i])
				zone_app(zone, dead[change] ? &dead[change]->app : NULL,
				         apps[i] ? &apps[i]->app : NULL);
		}
		zone_settle(zone, (uint32_t)round);
		zone_reclaim(zone);
		for (int change = 0; change < 4; change++)
			free(dead[change]);
		struct zone *fresh = zone_from(apps, known);
		assert_same_everywhere(zone, fresh);
		assert_int_equal(zone_stats(zone).nodes, zone_stats(fresh).nodes);
		assert_int_equal(zone_stats(zone).pointers, zone_stats(fresh).pointers);
		assert_int_equal(zone_stats(zone).networks, zone_stats(fresh).networks);
		assert_int_equal(zone_stats(zone).octets, zone_stats(fresh).octets);
		zone_free(fresh);
	}
	zone_free(zone);
	for (int i = 0; i < APPS; i++)
		free(apps[i]);
}

/* Apps may come before their network and stay behind it. */
static void a_network_is_answered_while_it_is_known(void **state)
{
	struct zone *zone = zone_new(sample_distance, NULL);
	(void)state;
	zone_app(zone, NULL, &sample_web);
	zone_settle(zone, 1);
	for (int known = 0; known < 3; known++) {
		static const char *const texts[] = {"nobody.internal", "internal", "nobody.flycast",
		                                    "1.a.a.d.f.ip6.arpa"};
		if (known)
			zone_network(zone, known == 2 ? &sample_network_1 : NULL,
			             known == 1 ? &sample_network_1 : NULL);
		zone_settle(zone, 2);
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
			struct zone_answer answer;
			struct name n;
			assert_true(name_parse(&n, texts[i]));
			zone_find(zone, &(struct zone_question){1, zone_of(&n), &n, TYPE_ANY}, &answer);
			assert_int_equal(answer.result != ZONE_NO_NETWORK, known == 1);
		}
	}
	zone_free(zone);
}

/* An app without a Machine and its network, which says what it said, in one batch: _apps knows the app. */
static void a_network_read_again_hides_no_app(void **state)
{
	struct zone *zone = zone_new(sample_distance, NULL);
	struct zone_answer answer;
	struct name n;
	(void)state;
	zone_network(zone, NULL, &sample_network_1);
	zone_settle(zone, 1);
	zone_app(zone, NULL, &sample_idle);
	zone_network(zone, &sample_network_1, &sample_network_1);
	zone_settle(zone, 2);
	assert_true(name_parse(&n, "_apps.internal"));
	zone_find(zone, &(struct zone_question){1, ZONE_INTERNAL, &n, TYPE_ANY}, &answer);
	assert_int_equal(answer.count, 1);
	zone_free(zone);
}

static int result_of(const struct zone *zone, uint32_t network, const char *text)
{
	struct zone_answer answer;
	struct name n;
	assert_true(name_parse(&n, text));
	zone_find(zone, &(struct zone_question){network, zone_of(&n), &n, TYPE_TXT}, &answer);
	return (int)answer.result;
}

/* Off, on, off: whatever else changes meanwhile. */
static void a_network_may_keep_its_instances_to_itself(void **state)
{
	struct catalog_network off = sample_network_1, on = sample_network_1;
	const struct catalog_network *last = NULL;
	struct zone *zone = zone_new(sample_distance, NULL);
	(void)state;
	off.instances = false;
	zone_network(zone, NULL, &sample_network_2);
	for (uint32_t round = 0; round < 5; round++) {
		const struct catalog_network *now = round % 2 ? &on : &off;
		zone_network(zone, last, now);
		if (round != 1)
			zone_app(zone, round ? &sample_web : NULL, &sample_web);
		zone_settle(zone, round);
		zone_reclaim(zone);
		assert_int_equal(result_of(zone, 1, "_instances.internal"), now->instances ? ZONE_NAME : ZONE_NO_NAME);
		assert_int_equal(result_of(zone, 1, "all._instances.internal"),
		                 now->instances ? ZONE_NAME : ZONE_NO_NAME);
		assert_int_equal(result_of(zone, 1, "_apps.internal"), ZONE_NAME);
		assert_int_equal(result_of(zone, 2, "_instances.internal"), ZONE_NAME);
		last = now;
	}
	zone_free(zone);
}

static uint32_t elsewhere(void *owner, const char *region)
{
	return *(bool *)owner ? UINT32_MAX - sample_distance(NULL, region) : sample_distance(NULL, region);
}

static void nearest_follows_the_places(void **state)
{
	bool turned = false;
	struct zone *zone = zone_new(elsewhere, &turned);
	struct zone_answer answer;
	struct name n;
	(void)state;
	zone_network(zone, NULL, &sample_network_1);
	zone_app(zone, NULL, &sample_web);
	zone_settle(zone, 1);
	assert_true(name_parse(&n, "top1.nearest.of.web.internal"));
	for (int place = 0; place < 2; place++) {
		turned = place;
		zone_places(zone);
		zone_settle(zone, 2);
		zone_reclaim(zone);
		zone_find(zone, &(struct zone_question){1, ZONE_INTERNAL, &n, TYPE_ANY}, &answer);
		assert_int_equal(answer.count, 3);
		assert_int_equal(answer.run_count, 2); /* ams, fra */
		assert_int_equal(answer.runs[0].count, 2);
		assert_int_equal(answer.away[answer.runs[0].region], place ? UINT32_MAX - 364000 : 364000);
		assert_int_equal(answer.away[answer.runs[1].region], place ? UINT32_MAX : 0);
		assert_int_equal(answer.records[3 * WIRE_AAAA - 3], 1); /* Frankfurt's slot */
	}
	zone_free(zone);
}

static struct {
	struct zone *zone;
	atomic_bool stop;
	atomic_int finds;
	atomic_int misses;
} shared;

static void *reader(void *nothing)
{
	static const char *const always[] = {"a.internal",
	                                     "a.flycast",
	                                     "00000000000000.vm.a.internal",
	                                     "vms.a.internal",
	                                     "2.0.0.0.1.0.0.0.0.0.0.0.1.0.0.0.1.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa",
	                                     "0.0.0.1.0.0.0.0.0.0.0.1.0.0.0.1.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa",
	                                     "_instances.internal"};
	rcu_register();
	while (!atomic_load(&shared.stop)) {
		for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
			struct name n;
			struct zone_answer answer;
			name_parse(&n, always[i]);
			zone_find(shared.zone, &(struct zone_question){1, zone_of(&n), &n, TYPE_ANY}, &answer);
			if (answer.result != ZONE_NAME || (i < 4 && answer.count == 0))
				atomic_fetch_add(&shared.misses, 1);
			atomic_fetch_add(&shared.finds, 1);
		}
		rcu_quiescent();
	}
	rcu_unregister();
	return nothing;
}

static void a_reader_misses_nothing_while_apps_change(void **state)
{
	struct made *apps[APPS] = {NULL}, *old;
	bool known[NETWORKS + 1] = {[1] = true, [2] = true};
	unsigned seed = 3;
	pthread_t threads[2];
	(void)state;
	for (int i = 0; i < APPS; i++)
		apps[i] = make(i, &seed);
	shared.zone = zone_from(apps, known);
	for (int round = 0; round < 600; round++) {
		int i = round % 2 ? 0 : 1 + rand_r(&seed) % (APPS - 1);
		old = apps[i];
		apps[i] = make(i, &seed);
		if (i == 0) { /* this one keeps its first Machine and its address, whatever else changes */
			struct made *m = apps[i];
			m->app.network = 1;
			m->app.machine_count = 1;
			snprintf(m->ids[0], sizeof m->ids[0], "%014x", 0);
			m->machines[0] = (struct catalog_machine){.id = m->ids[0],
			                                          .name = "m",
			                                          .region = regions[round % 3],
			                                          .group = "app",
			                                          .address = ip_in(1, 1, 1),
			                                          .state = MACHINE_STARTED};
			m->app.address_count = 1;
			m->addresses[0] = (struct catalog_address){
			    {.s6_addr = {0xfd, 0xaa, 0, 0, 0, 1, 0, 0, 0, 1, [15] = 2}}, 1, 2};
		}
		zone_app(shared.zone, &old->app, &apps[i]->app);
		zone_settle(shared.zone, (uint32_t)round);
		zone_reclaim(shared.zone);
		free(old);
		if (round == 1)
			for (int t = 0; t < 2; t++)
				assert_int_equal(pthread_create(&threads[t], NULL, reader, NULL), 0);
	}
	while (atomic_load(&shared.finds) < 100)
		;
	atomic_store(&shared.stop, true);
	for (int t = 0; t < 2; t++)
		pthread_join(threads[t], NULL);
	assert_int_equal(atomic_load(&shared.misses), 0);
	zone_free(shared.zone);
	for (int i = 0; i < APPS; i++)
		free(apps[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_changed_zone_is_like_a_new_one),
	    cmocka_unit_test(a_network_is_answered_while_it_is_known),
	    cmocka_unit_test(a_network_read_again_hides_no_app),
	    cmocka_unit_test(a_network_may_keep_its_instances_to_itself),
	    cmocka_unit_test(nearest_follows_the_places),
	    cmocka_unit_test(a_reader_misses_nothing_while_apps_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
