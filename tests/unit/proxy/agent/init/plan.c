/* plan.c - reading what flycast-init is to run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/init/plan.h"

static int plan_of(struct plan *out, const char *bytes, size_t len)
{
	int fd = memfd_create("plan", MFD_CLOEXEC);
	assert_int_equal(write(fd, bytes, len), len);
	int rc = plan_read(out, fd);
	close(fd);
	return rc;
}
#define PLAN_OF(out, literal) plan_of(out, literal, sizeof(literal) - 1)

static void lists_keep_their_order_and_their_empty_texts(void **state)
{
	static struct plan plan; /* its memory lives as long as the process: kept in sight of the leak check */
	(void)state;
	assert_int_equal(PLAN_OF(&plan, "arg\0sh\0env\0A=1\0arg\0\0arg\0last\0env\0B=\0hide\0/srv\0place\0/x/hosts\0"),
	                 0);
	assert_string_equal(plan.argv[0], "sh");
	assert_string_equal(plan.argv[1], "");
	assert_string_equal(plan.argv[2], "last");
	assert_null(plan.argv[3]);
	assert_string_equal(plan.envp[0], "A=1");
	assert_string_equal(plan.envp[1], "B=");
	assert_null(plan.envp[2]);
	assert_string_equal(plan.hides[0], "/srv");
	assert_null(plan.hides[1]);
	assert_string_equal(plan.places[0], "/x/hosts");
	assert_null(plan.places[1]);
	plan_fini(&plan);
}

static void single_values_are_read(void **state)
{
	static struct plan plan;
	(void)state;
	assert_int_equal(
	    PLAN_OF(&plan, "machine\0abc\0run\0r1\0user\0 65534\0group\0007\0files\0001024\0log_bytes\0999\0arg\0x\0"),
	    0);
	assert_string_equal(plan.machine, "abc");
	assert_string_equal(plan.run, "r1");
	assert_int_equal(plan.user, 65534);
	assert_int_equal(plan.group, 7);
	assert_int_equal(plan.files, 1024);
	assert_int_equal(plan.log_bytes, 999);
	plan_fini(&plan);
}

static void an_image_needs_all_that_belongs_to_it(void **state)
{
	static struct plan plan;
	(void)state;
	assert_int_equal(
	    PLAN_OF(&plan, "arg\0x\0image\0/i\0scratch\0/s\0config\0{}\0runtime\0/r\0scratch_bytes\0007\0"), 0);
	assert_string_equal(plan.image, "/i");
	assert_string_equal(plan.runtime, "/r");
	assert_int_equal(plan.scratch_bytes, 7);
	plan_fini(&plan);
	assert_int_equal(PLAN_OF(&plan, "arg\0x\0image\0/i\0scratch\0/s\0config\0{}\0"), -1);
	assert_int_equal(PLAN_OF(&plan, "arg\0x\0image\0/i\0config\0{}\0runtime\0/r\0"), -1);
	assert_int_equal(PLAN_OF(&plan, "arg\0x\0image\0/i\0scratch\0/s\0runtime\0/r\0"), -1);
}

static void a_plan_without_a_command_is_refused(void **state)
{
	struct plan plan;
	(void)state;
	assert_int_equal(PLAN_OF(&plan, "env\0A=1\0"), -1);
	assert_int_equal(PLAN_OF(&plan, ""), -1);
	assert_int_equal(PLAN_OF(&plan, "arg"), -1);
	assert_int_equal(plan_read(&plan, -1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_keep_their_order_and_their_empty_texts),
	    cmocka_unit_test(single_values_are_read),
	    cmocka_unit_test(an_image_needs_all_that_belongs_to_it),
	    cmocka_unit_test(a_plan_without_a_command_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
