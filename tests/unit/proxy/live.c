/* live: counters are exact under any number of threads, and a closed door lets nobody in. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "live.h"

static struct live_service *service_new(void)
{
	struct live_app *app = live_app_new("web");
	struct live_machine *machine = live_machine_new(app, "0123456789abcd", (struct in_addr){0});
	struct live_service *service = live_service_new(machine, 80, 2);
	live_machine_drop(machine);
	live_app_drop(app);
	return service; /* holds both */
}

enum { THREADS = 4, TURNS = 50000, HARD = 3 };

static _Atomic int inside;
static _Atomic int most;
static _Atomic int entered;

static void *enter_and_leave(void *argument)
{
	struct live_service *service = argument;
	for (int i = 0; i < TURNS; i++) {
		if (!live_service_enter(service, HARD))
			continue;
		int now = atomic_fetch_add(&inside, 1) + 1;
		int seen = atomic_load(&most);
		while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
			;
		atomic_fetch_add(&entered, 1);
		atomic_fetch_sub(&inside, 1);
		live_service_leave(service);
	}
	return NULL;
}

static void never_more_than_the_hard_limit(void **state)
{
	(void)state;
	struct live_service *service = service_new();
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, enter_and_leave, service);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_true(atomic_load(&most) <= HARD);
	assert_true(atomic_load(&entered) > 0);
	assert_int_equal(live_service_open(service), 0);
	live_service_drop(service);
}

static void a_door_closes_only_when_nothing_is_open(void **state)
{
	(void)state;
	struct live_service *service = service_new();
	assert_true(live_service_enter(service, 0));
	assert_false(live_service_close(service));
	assert_true(live_service_enter(service, 0));
	live_service_leave(service);
	live_service_leave(service);
	assert_true(live_service_close(service));
	assert_false(live_service_enter(service, 0));
	assert_int_equal(live_service_open(service), 0);
	live_service_reopen(service);
	assert_true(live_service_enter(service, 0));
	live_service_drop(service);
}

static void an_order_is_told_from_a_crash(void **state)
{
	(void)state;
	static const struct {
		enum machine_state state;
		bool ordered;
	} ends[] = {
	    {MACHINE_STOPPING, true},    {MACHINE_SUSPENDING, true}, {MACHINE_DESTROYING, true},
	    {MACHINE_RESTARTING, false}, {MACHINE_STOPPED, false},   {MACHINE_FAILED, false},
	};
	struct live_service *service = service_new();
	struct live_machine *machine = service->machine;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		live_machine_become(machine, MACHINE_STARTED);
		uint32_t epoch = atomic_load(&machine->epoch);
		assert_false(live_machine_ordered_since(machine, epoch));
		live_machine_become(machine, ends[i].state);
		assert_int_equal(live_machine_ordered_since(machine, epoch), ends[i].ordered);
		assert_int_equal(live_machine_ordered_since(machine, atomic_load(&machine->epoch)), ends[i].ordered);
		live_machine_become(machine, MACHINE_STARTING);
		assert_int_equal(live_machine_ordered_since(machine, epoch), ends[i].ordered);
	}
	/* Who is given the epoch of a stop that was carried out connected before it; not so after a start. */
	live_machine_become(machine, MACHINE_STARTED);
	live_machine_become(machine, MACHINE_STOPPING);
	live_machine_become(machine, MACHINE_STOPPED);
	assert_true(live_machine_ordered_since(machine, atomic_load(&machine->epoch)));
	live_machine_become(machine, MACHINE_STARTING);
	assert_false(live_machine_ordered_since(machine, atomic_load(&machine->epoch)));
	live_machine_become(machine, MACHINE_STARTED);
	assert_false(live_machine_ordered_since(machine, atomic_load(&machine->epoch)));
	live_machine_become(machine, MACHINE_STOPPED);
	assert_false(live_machine_ordered_since(machine, atomic_load(&machine->epoch)));
	live_service_drop(service);
}

static void a_machine_serves_while_started_and_left_alone(void **state)
{
	(void)state;
	struct live_service *service = service_new();
	struct live_machine *machine = service->machine;
	uint32_t epoch = atomic_load(&machine->epoch);
	assert_false(live_machine_serves(machine));
	assert_true(live_machine_become(machine, MACHINE_STARTED));
	assert_false(live_machine_become(machine, MACHINE_STARTED));
	assert_int_equal(atomic_load(&machine->epoch), epoch + 1);
	assert_true(live_machine_serves(machine));
	atomic_store(&machine->waking, true);
	assert_false(live_machine_serves(machine));
	atomic_store(&machine->waking, false);
	atomic_store(&machine->resting, true);
	assert_false(live_machine_serves(machine));
	atomic_store(&machine->resting, false);
	atomic_store(&machine->deaf, true);
	assert_false(live_machine_serves(machine));
	live_machine_become(machine, MACHINE_STOPPED);
	live_machine_become(machine, MACHINE_STARTED);
	assert_true(live_machine_serves(machine)); /* a new start may listen where the last did not */
	live_service_drop(service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(never_more_than_the_hard_limit),
	    cmocka_unit_test(a_door_closes_only_when_nothing_is_open),
	    cmocka_unit_test(an_order_is_told_from_a_crash),
	    cmocka_unit_test(a_machine_serves_while_started_and_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
