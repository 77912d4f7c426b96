/* choose: which live Machine is taken, woken or waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "choose.h"

enum { FIRST, SECOND, MACHINES };

static const struct catalog_machine machines[MACHINES] = {
    {.id = "00000000000001", .region = "fra", .group = "app", .service_first = 0, .service_count = 1},
    {.id = "00000000000002", .region = "fra", .group = "app", .service_first = 1, .service_count = 1},
};
static const struct catalog_service services[MACHINES] = {
    {.protocol = PROTOCOL_TCP, .internal_port = 8080, .autostart = true, .soft_limit = 2, .hard_limit = 3},
    {.protocol = PROTOCOL_TCP, .internal_port = 8080, .autostart = true, .soft_limit = 2, .hard_limit = 3},
};
static const struct catalog_port ports[MACHINES] = {
    {.start = 80, .end = 80, .machine = FIRST, .service = FIRST},
    {.start = 80, .end = 80, .machine = SECOND, .service = SECOND},
};
static const struct catalog_app app = {.name = "web",
                                       .org = "acme",
                                       .machine_count = MACHINES,
                                       .service_count = MACHINES,
                                       .port_count = MACHINES,
                                       .machines = machines,
                                       .services = services,
                                       .ports = ports};

struct scene {
	struct chooser chooser;
	struct site *site;
	const struct site_port *port;
	struct live_machine *first;
	struct live_machine *second;
	struct tried tried;
};

static int set_up(void **state)
{
	static struct scene scene;
	scene = (struct scene){0};
	chooser_init(&scene.chooser);
	scene.site = site_new(&app, NULL, &(struct site_context){.threads = 1});
	scene.port = site_port(scene.site, 80);
	scene.first = scene.site->machines[FIRST].live;
	scene.second = scene.site->machines[SECOND].live;
	live_machine_become(scene.first, MACHINE_STARTED);
	live_machine_become(scene.second, MACHINE_STOPPED);
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	chooser_fini(&scene->chooser);
	site_free(scene->site);
	return 0;
}

/* The Machine that is taken, NULL for none. */
static const struct live_machine *take(struct scene *scene)
{
	struct live_service *service;
	if (choose_service(&scene->chooser, scene->site, scene->port, &scene->tried, &service) != BALANCE_PICKED)
		return NULL;
	const struct live_machine *machine = service->machine;
	live_service_drop(service); /* the site holds it; the slot stays taken */
	return machine;
}

static const struct live_machine *sleeper(struct scene *scene, uint32_t waiting)
{
	const struct live_service *service = choose_sleeper(&scene->chooser, scene->site, scene->port,
	                                                    &(struct choose_need){waiting, scene->tried.steer});
	return service ? service->machine : NULL;
}

static bool hopeful(const struct scene *scene)
{
	return choose_hopeful(scene->site, scene->port, &scene->tried);
}

static void slots_end_at_the_hard_limit_and_soft_is_told(void **state)
{
	struct scene *scene = *state;
	static const bool over_soft[] = {false, false, true};
	for (size_t i = 0; i < sizeof over_soft / sizeof *over_soft; i++) {
		assert_ptr_equal(take(scene), scene->first);
		assert_int_equal(scene->chooser.over_soft, over_soft[i]);
	}
	assert_null(take(scene));
	assert_true(hopeful(scene)); /* a slot will come free */
}

static void a_machine_that_somebody_else_starts_is_waited_for(void **state)
{
	struct scene *scene = *state;
	live_machine_become(scene->first, MACHINE_FAILED);
	assert_false(hopeful(scene));
	static const enum machine_state coming[] = {MACHINE_STARTING, MACHINE_RESTARTING};
	for (size_t i = 0; i < sizeof coming / sizeof *coming; i++) {
		live_machine_become(scene->second, coming[i]);
		assert_true(hopeful(scene));
		assert_null(sleeper(scene, 1));
	}
	live_machine_become(scene->second, MACHINE_STOPPED);
	assert_false(hopeful(scene));
	assert_ptr_equal(sleeper(scene, 1), scene->second);
	atomic_store(&scene->second->waking, true);
	assert_true(hopeful(scene));
	scene->site->machines[SECOND].cordoned = true;
	assert_false(hopeful(scene));
}

static void refuse(const struct scene *scene, size_t index)
{
	struct live_service *service = scene->site->services[index].live;
	assert_true(standing_harm(&service->standing, atomic_load(&service->machine->epoch), clock_mono_ms(),
	                          STANDING_REFUSED) > 0);
}

static void a_machine_that_refused_is_no_room(void **state)
{
	struct scene *scene = *state;
	assert_null(sleeper(scene, 1)); /* the first one has room */
	refuse(scene, FIRST);
	assert_ptr_equal(sleeper(scene, 1), scene->second);
	assert_ptr_equal(take(scene), scene->first); /* but better than nothing */
}

static void a_machine_that_refused_is_out_until_one_has_tried_it(void **state)
{
	struct scene *scene = *state;
	struct live_service *first = scene->site->services[FIRST].live;
	uint32_t epoch = atomic_load(&scene->first->epoch);
	live_machine_become(scene->second, MACHINE_STARTED);
	refuse(scene, FIRST);
	for (int i = 0; i < 3; i++) /* over its soft limit too, but not over its hard one */
		assert_ptr_equal(take(scene), scene->second);
	assert_ptr_equal(take(scene), scene->first); /* nothing else is left */
	live_service_leave(first);
	/* Its time is over: of two who look, one goes there, the other has to wait for a slot. */
	atomic_store(&first->standing.word, 0);
	standing_harm(&first->standing, epoch, clock_mono_ms() - STANDING_PAUSE_MIN_MS, STANDING_REFUSED);
	live_service_leave(scene->site->services[SECOND].live);
	assert_int_equal(live_service_place(first), STANDING_DUE);
	assert_ptr_equal(take(scene), scene->first);
	assert_int_equal(live_service_place(first), STANDING_OUT);
	assert_ptr_equal(take(scene), scene->second);
	assert_true(standing_good(&first->standing, epoch, false));
	assert_ptr_equal(take(scene), scene->first);
}

static void a_machine_that_was_stopped_by_hand_is_left_alone(void **state)
{
	struct scene *scene = *state;
	live_machine_become(scene->first, MACHINE_STOPPING);
	live_machine_become(scene->first, MACHINE_STOPPED);
	assert_ptr_equal(sleeper(scene, 1), scene->second);
	atomic_store(&scene->second->waking, true);
	assert_null(sleeper(scene, 1));
	assert_ptr_equal(sleeper(scene, 3), scene->first); /* two is all that the second one can take */
	atomic_store(&scene->second->waking, false);
	live_machine_become(scene->second, MACHINE_FAILED);
	assert_ptr_equal(sleeper(scene, 1), scene->first);
	atomic_fetch_sub(&scene->first->stopped_ms, 5LL * 60 * 1000);
	live_machine_become(scene->second, MACHINE_STOPPED);
	assert_ptr_equal(sleeper(scene, 1), scene->first); /* it is long ago */
	/* Who put itself to rest for want of work comes first again. */
	live_machine_become(scene->first, MACHINE_STARTED);
	assert_int_equal(atomic_load(&scene->first->stopped_ms), 0);
	atomic_store(&scene->first->resting, true);
	live_machine_become(scene->first, MACHINE_STOPPING);
	live_machine_become(scene->first, MACHINE_STOPPED);
	atomic_store(&scene->first->resting, false);
	assert_ptr_equal(sleeper(scene, 1), scene->first);
}

static void a_service_whose_check_fails_gets_no_work(void **state)
{
	struct scene *scene = *state;
	struct catalog_service *rule = &scene->site->services[FIRST].rule;
	rule->health = HEALTH_BAD;
	assert_null(take(scene));
	assert_false(hopeful(scene));
	assert_ptr_equal(sleeper(scene, 1), scene->second); /* it is no room either */
	live_machine_become(scene->second, MACHINE_STARTED);
	assert_ptr_equal(take(scene), scene->second);
	rule->health = HEALTH_GOOD;
	scene->site->services[SECOND].rule.health = HEALTH_BAD;
	assert_ptr_equal(take(scene), scene->first);
}

static void a_check_that_has_not_passed_yet_is_waited_for(void **state)
{
	struct scene *scene = *state;
	scene->site->services[FIRST].rule.health = HEALTH_UNKNOWN;
	assert_null(take(scene));
	assert_true(hopeful(scene));
	assert_null(sleeper(scene, 1)); /* it will be room soon */
}

static void what_was_tried_is_tried_again_in_another_life(void **state)
{
	struct scene *scene = *state;
	tried_add(&scene->tried, scene->first);
	tried_add(&scene->tried, scene->first);
	assert_int_equal(scene->tried.count, 1);
	assert_null(take(scene));
	assert_false(hopeful(scene));
	live_machine_become(scene->first, MACHINE_STOPPED);
	live_machine_become(scene->first, MACHINE_STARTED);
	assert_true(hopeful(scene));
	assert_ptr_equal(take(scene), scene->first);
	for (int i = 0; i < 2 * TRIED_MAX; i++) {
		live_machine_become(scene->first, i % 2 ? MACHINE_STARTED : MACHINE_STOPPED);
		tried_add(&scene->tried, scene->first);
	}
	assert_int_equal(scene->tried.count, TRIED_MAX);
}

static void a_request_goes_where_it_wants(void **state)
{
	struct scene *scene = *state;
	struct steer steer = {.force_id = "00000000000002"};
	scene->tried.steer = &steer;
	assert_null(take(scene)); /* the first one has room, but is not meant */
	assert_false(hopeful(scene));
	assert_ptr_equal(sleeper(scene, 1), scene->second);
	steer = (struct steer){.prefer_id = "00000000000002"};
	assert_ptr_equal(take(scene), scene->first); /* not woken for a preference */
	live_machine_become(scene->second, MACHINE_STARTED);
	for (int i = 0; i < 3; i++) /* over its soft limit, but not over its hard one */
		assert_ptr_equal(take(scene), scene->second);
	assert_ptr_equal(take(scene), scene->first);
	live_machine_become(scene->first, MACHINE_STOPPED);
	live_machine_become(scene->second, MACHINE_STOPPED);
	assert_ptr_equal(sleeper(scene, 1), scene->second);
	steer = (struct steer){.not_id = "00000000000002"};
	assert_ptr_equal(sleeper(scene, 1), scene->first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(slots_end_at_the_hard_limit_and_soft_is_told, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_machine_that_somebody_else_starts_is_waited_for, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_machine_that_refused_is_no_room, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_machine_that_refused_is_out_until_one_has_tried_it, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_machine_that_was_stopped_by_hand_is_left_alone, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_service_whose_check_fails_gets_no_work, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_check_that_has_not_passed_yet_is_waited_for, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_was_tried_is_tried_again_in_another_life, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_request_goes_where_it_wants, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
