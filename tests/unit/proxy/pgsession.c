/* pgsession: a session is found by the key its server said, in its own app, as long as it lasts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "pgsession.h"

enum { SESSIONS = 5000 };

static struct pgsessions all;

static struct live_service *service_new(const char *name)
{
	struct live_app *app = live_app_new(name);
	struct live_machine *machine = live_machine_new(app, "148e2573b21968", (struct in_addr){0});
	struct live_service *service = live_service_new(machine, 5432, 1);
	live_machine_drop(machine);
	live_app_drop(app);
	return service;
}

/* What a server says, with this number as its process id. */
static void key_of(char out[8], uint32_t number)
{
	memcpy(out, &number, 4);
	memcpy(out + 4, "\xde\xad\xbe\xef", 4);
}

static void hear(struct pgsession *session, uint32_t number)
{
	char message[13] = "K\0\0\0\x0c";
	key_of(message + 5, number);
	pgsession_heard(session, "R\0\0\0\x08\0\0\0\0", 9);
	pgsession_heard(session, message, 7);
	pgsession_heard(session, message + 7, 6);
	pgsession_heard(session, "Z\0\0\0\x05I", 6);
}

static struct live_service *find(const struct live_service *in, uint32_t number)
{
	char key[8];
	key_of(key, number);
	struct live_service *found = pgsessions_find(&all, in->machine->app, (struct bytes){key, sizeof key});
	live_service_drop(found); /* in holds it too */
	return found;
}

static void a_session_is_found_by_its_key_until_it_ends(void **state)
{
	struct live_service *one = service_new("one"), *two = service_new("two");
	(void)state;
	struct pgsession *a = pgsession_new(&all, one), *b = pgsession_new(&all, two);
	assert_null(find(one, 7));
	hear(a, 7);
	hear(b, 7);
	assert_ptr_equal(find(one, 7), one);
	assert_ptr_equal(find(two, 7), two);
	assert_null(find(one, 8));
	pgsession_free(a);
	assert_null(find(one, 7));
	assert_ptr_equal(find(two, 7), two);
	pgsession_free(b);
	assert_null(find(two, 7));
	live_service_drop(one);
	live_service_drop(two);
}

static void a_part_of_a_key_finds_nothing(void **state)
{
	struct live_service *one = service_new("one");
	struct pgsession *a = pgsession_new(&all, one);
	char key[8];
	(void)state;
	hear(a, 7);
	key_of(key, 7);
	for (size_t len = 0; len < sizeof key; len++)
		assert_null(pgsessions_find(&all, one->machine->app, (struct bytes){key, len}));
	pgsession_free(a);
	live_service_drop(one);
}

static void a_session_that_never_began_is_not_found(void **state)
{
	struct live_service *one = service_new("one");
	struct pgsession *a = pgsession_new(&all, one);
	(void)state;
	pgsession_heard(a, "E\0\0\0\x06xx", 7);
	hear(a, 7);
	assert_null(find(one, 7));
	pgsession_free(a);
	pgsession_free(NULL);
	live_service_drop(one);
}

static void many_come_and_go_in_any_order(void **state)
{
	static struct pgsession *sessions[SESSIONS];
	struct live_service *one = service_new("one");
	(void)state;
	for (uint32_t i = 0; i < SESSIONS; i++)
		hear(sessions[i] = pgsession_new(&all, one), i);
	for (uint32_t i = 0; i < SESSIONS; i += 3)
		pgsession_free(sessions[i]);
	for (uint32_t i = 0; i < SESSIONS; i++)
		assert_true((find(one, i) != NULL) == (i % 3 != 0));
	for (uint32_t i = SESSIONS; i-- > 0;)
		if (i % 3)
			pgsession_free(sessions[i]);
	for (size_t i = 0; i < PGSESSION_BUCKETS; i++)
		assert_null(all.buckets[i]);
	live_service_drop(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_session_is_found_by_its_key_until_it_ends),
	    cmocka_unit_test(a_part_of_a_key_finds_nothing),
	    cmocka_unit_test(a_session_that_never_began_is_not_found),
	    cmocka_unit_test(many_come_and_go_in_any_order),
	};
	pgsessions_init(&all);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	pgsessions_fini(&all);
	return failed;
}
