/* steer: what the fields of a request say about where it goes, and how Machines rank by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "http1.h"
#include "steer.h"

enum { NEVER = STEER_NEVER };

static const struct steer_place fra = {"00000000000001", "fra", STEER_EU};
static const struct steer_place iad = {"00000000000002", "iad", STEER_NA | STEER_US};
static const struct steer_place yyz = {"00000000000003", "yyz", STEER_NA};
static const struct steer_place syd = {"00000000000004", "syd", STEER_APAC};

static bool read_fields(struct steer *steer, const char *fields)
{
	static char text[HTTP1_HEAD_MAX];
	struct http1_head head;
	int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", fields);
	http1_head_init(&head);
	assert_int_equal(http1_request_parse(&head, text, (size_t)len), HTTP1_DONE);
	return steer_read(steer, &head, text);
}

/* -1: not there. Otherwise the order counts, not the number. */
static const struct {
	const char *rule;
	const char *fields;
	int order[4]; /* of fra, iad, yyz, syd */
	bool forces;
} rows[] = {
    {"nothing said", "A: b", {0, 0, 0, 0}, false},
    {"a region preferred", "Fly-Prefer-Region: iad", {1, 0, 1, 1}, false},
    {"a list is in its order", "Fly-Prefer-Region: yyz, fra", {1, 2, 0, 2}, false},
    {"case says nothing, empty ones are none", "fly-prefer-region: ,IAD,,", {1, 0, 1, 1}, false},
    {"a region insisted on", "Fly-Force-Region: syd", {-1, -1, -1, 0}, true},
    {"a forced list is in its order, too", "Fly-Force-Region: iad,fra", {1, 0, -1, -1}, true},
    {"unknown regions match nothing", "Fly-Force-Region: xyz", {-1, -1, -1, -1}, true},
    {"nor do codes that only begin so", "Fly-Force-Region: frankfurt, fr", {-1, -1, -1, -1}, true},
    {"us", "Fly-Force-Region: us", {-1, 0, -1, -1}, true},
    {"usa", "Fly-Force-Region: USA", {-1, 0, -1, -1}, true},
    {"na", "Fly-Force-Region: na", {-1, 0, 0, -1}, true},
    {"eu", "Fly-Force-Region: eu", {0, -1, -1, -1}, true},
    {"apac", "Fly-Force-Region: apac", {-1, -1, -1, 0}, true},
    {"sa", "Fly-Force-Region: sa", {-1, -1, -1, -1}, true},
    {"any behind a preferred one", "Fly-Force-Region: syd, any", {1, 1, 1, 0}, true},
    {"an alias in front of any", "Fly-Prefer-Region: na,any", {1, 0, 0, 1}, false},
    {"a Machine preferred", "Fly-Prefer-Instance-Id: 00000000000003", {1, 1, 0, 1}, false},
    {"a Machine insisted on", "Fly-Force-Instance-Id: 00000000000004", {-1, -1, -1, 0}, true},
    {"a name that is too long is no Machine",
     "Fly-Force-Instance-Id: 000000000000040000000000",
     {-1, -1, -1, -1},
     true},
    {"the Machine comes before the region",
     "Fly-Prefer-Instance-Id: 00000000000003\r\nFly-Prefer-Region: fra",
     {1, 2, 0, 2},
     false},
    {"both are insisted on", "Fly-Force-Instance-Id: 00000000000003\r\nFly-Force-Region: fra", {-1, -1, -1, -1}, true},
    {"force and prefer", "Fly-Force-Region: na\r\nFly-Prefer-Region: yyz", {-1, 1, 0, -1}, true},
    {"the last one counts", "Fly-Force-Region: fra\r\nFly-Force-Region: syd", {-1, -1, -1, 0}, true},
    {"what Connection names is not there",
     "Connection: fly-force-region\r\nFly-Force-Region: syd",
     {0, 0, 0, 0},
     false},
    {"another spelling is not ours", "Fly_Force_Region: syd", {0, 0, 0, 0}, false},
};

static void fields_rank_machines(void **state)
{
	const struct steer_place *places[] = {&fra, &iad, &yyz, &syd};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct steer steer;
		int rank[4];
		read_fields(&steer, rows[i].fields);
		for (size_t p = 0; p < 4; p++)
			rank[p] = steer_rank(&steer, places[p]);
		for (size_t p = 0; p < 4; p++) {
			if ((rank[p] == NEVER) != (rows[i].order[p] < 0))
				fail_msg("%s: %s has rank %d", rows[i].rule, places[p]->region, rank[p]);
			for (size_t q = 0; q < 4; q++)
				if (rank[p] != NEVER && rank[q] != NEVER &&
				    (rank[p] < rank[q]) != (rows[i].order[p] < rows[i].order[q]))
					fail_msg("%s: %s and %s", rows[i].rule, places[p]->region, places[q]->region);
		}
		assert_int_equal(steer_forces(&steer), rows[i].forces);
	}
}

static void a_head_that_says_nothing_is_no_steer(void **state)
{
	struct steer steer, none = {0};
	(void)state;
	assert_false(read_fields(&steer, "A: b"));
	assert_memory_equal(&steer, &none, sizeof none);
	assert_false(read_fields(&steer, "Fly-Prefer-Region: ,"));
	assert_true(read_fields(&steer, "Fly-Prefer-Region: any"));
}

static void more_regions_than_are_looked_at(void **state)
{
	struct steer_regions regions;
	(void)state;
	steer_regions_read(&regions, BYTES("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,fra"));
	assert_int_equal(regions.count, STEER_REGIONS);
	assert_string_equal(regions.codes[STEER_REGIONS - 1], "p");
}

static void the_machine_that_is_not_meant(void **state)
{
	struct steer steer = {.not_id = "00000000000001"};
	(void)state;
	assert_int_equal(steer_rank(&steer, &fra), NEVER);
	assert_int_equal(steer_rank(&steer, &iad), 0);
	assert_true(steer_forces(&steer));
}

static void areas_are_those_of_the_globe(void **state)
{
	static const struct {
		const char *code;
		double latitude, longitude;
		uint8_t areas;
	} regions[] = {
	    {"ams", 52.4, 4.9, STEER_EU},
	    {"arn", 59.7, 17.9, STEER_EU},
	    {"bom", 19.1, 72.9, STEER_APAC},
	    {"dfw", 32.8, -96.8, STEER_NA | STEER_US},
	    {"iad", 39, -77.5, STEER_NA | STEER_US},
	    {"jnb", -26.1, 28.2, 0},
	    {"gru", -23.5, -46.7, STEER_SA},
	    {"bog", 4.7, -74.1, STEER_SA},
	    {"lhr", 51.5, -0.1, STEER_EU},
	    {"nrt", 35.6, 139.7, STEER_APAC},
	    {"qro", 20.6, -100.4, STEER_NA},
	    {"sin", 1.3, 103.8, STEER_APAC},
	    {"syd", -33.9, 151.2, STEER_APAC},
	    {"yyz", 43.6, -79.4, STEER_NA},
	    {"fw ", 0, 0, 0},
	    {"", 50, 8, STEER_EU},
	};
	(void)state;
	for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
		if (steer_areas(regions[i].code, regions[i].latitude, regions[i].longitude) != regions[i].areas)
			fail_msg("%s", regions[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_rank_machines),
	    cmocka_unit_test(a_head_that_says_nothing_is_no_steer),
	    cmocka_unit_test(more_regions_than_are_looked_at),
	    cmocka_unit_test(the_machine_that_is_not_meant),
	    cmocka_unit_test(areas_are_those_of_the_globe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
