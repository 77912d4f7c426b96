/* replay: what a Machine may say about where a request should go, in both forms, and that nothing else is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "replay.h"

/* A replay as one line, so that a row says all of it. */
static void show(char *out, size_t size, const struct replay *r)
{
	static const char *const fallbacks[] = {"", "prefer_self", "force_self"};
	int at = snprintf(out, size, "app=%s instance=%s prefer=%s regions=", r->steer.app, r->steer.force_id,
	                  r->steer.prefer_id);
	for (uint8_t i = 0; i < r->steer.force_regions.count; i++)
		at += snprintf(out + at, size - (size_t)at, "%s,", r->steer.force_regions.codes[i]);
	at += snprintf(out + at, size - (size_t)at, " state=%s%s timeout=%u fallback=%s path=%s", r->state,
	               r->elsewhere ? " elsewhere" : "", r->timeout_ms, fallbacks[r->fallback], r->path ? r->path : "");
	for (uint32_t i = 0; i < r->field_count; i++)
		at += snprintf(out + at, size - (size_t)at, " %s:%s", r->fields[i].name,
		               r->fields[i].value ? r->fields[i].value : "(deleted)");
}

#define NOTHING_ELSE " state= timeout=0 fallback= path="

static const struct row {
	const char *text;
	const char *shown; /* of those that are refused: a word of the sentence */
} fields[] = {
    {"region=fra", "app= instance= prefer= regions=fra," NOTHING_ELSE},
    {"region=\"fra, iad,any\"", "app= instance= prefer= regions=fra,iad,any," NOTHING_ELSE},
    {"REGION=FRA", "app= instance= prefer= regions=fra," NOTHING_ELSE},
    {"instance=148e2573b21968", "app= instance=148e2573b21968 prefer= regions=" NOTHING_ELSE},
    {"prefer_instance=148e2573b21968", "app= instance= prefer=148e2573b21968 regions=" NOTHING_ELSE},
    {"app=web ; region=eu;", "app=web instance= prefer= regions=eu," NOTHING_ELSE},
    {";;app=web", "app=web instance= prefer= regions=" NOTHING_ELSE},
    {"elsewhere=true", "app= instance= prefer= regions= state= elsewhere timeout=0 fallback= path="},
    {"app=a;state=a=b,c", "app=a instance= prefer= regions= state=a=b,c timeout=0 fallback= path="},
    {"app=a;state=\"a;b c\"", "app=a instance= prefer= regions= state=a;b c timeout=0 fallback= path="},
    {"app=a;state=", "app=a instance= prefer= regions=" NOTHING_ELSE},
    {"app=a;timeout=10s;fallback=force_self",
     "app=a instance= prefer= regions= state= timeout=10000 fallback=force_self path="},
    {"app=a;timeout=800ms;fallback=prefer_self",
     "app=a instance= prefer= regions= state= timeout=800 fallback=prefer_self path="},
    {"app=a;timeout=2m", "app=a instance= prefer= regions= state= timeout=120000 fallback= path="},
};
static const struct row bad_fields[] = {
    {"", "empty"},
    {" ; ", "empty"},
    {"fra", "key=value"},
    {"region", "key=value"},
    {"region=", "empty"},
    {"region=,", "empty"},
    {"instnace=148e2573b21968", "not known"},
    {"=x", "not known"},
    {"region=fra;region=iad", "twice"},
    {"region=\"fra", "quotation"},
    {"region=\"fra\" x;app=a", "quotation"},
    {"instance=a b", "Machine's id"},
    {"app=", "app's name"},
    {"instance=a;prefer_instance=b", "both"},
    {"timeout=s", "timeout"},
    {"timeout=0s", "timeout"},
    {"timeout=1.5s", "timeout"},
    {"timeout=601s", "timeout"},
    {"timeout=99999999999999999999s", "timeout"},
    {"timeout=-1s", "timeout"},
    {"fallback=self", "fallback"},
    {"elsewhere=yes", "elsewhere"},
    {"transform=x", "not known"},
};
static const struct row objects[] = {
    {"{\"region\": \"fra,any\", \"state\": \"a\\\"b\"}",
     "app= instance= prefer= regions=fra,any, state=a\"b timeout=0 fallback= path="},
    {"{\"app\": \"web\", \"elsewhere\": true, \"timeout\": \"1s\"}",
     "app=web instance= prefer= regions= state= elsewhere timeout=1000 fallback= path="},
    {"{\"elsewhere\": \"true\"}", "app= instance= prefer= regions= state= elsewhere timeout=0 fallback= path="},
    {"{\"app\": \"a\", \"transform\": {\"path\": \"/x?y\", \"delete_headers\": [\"A\", \"B\"],"
     " \"set_headers\": [{\"name\": \"C\", \"value\": \"d\"}]}}",
     "app=a instance= prefer= regions= state= timeout=0 fallback= path=/x?y A:(deleted) B:(deleted) C:d"},
    {"{\"transform\": {\"path\": \"/\"}}", "app= instance= prefer= regions= state= timeout=0 fallback= path=/"},
};
#define SET(name, value) "{\"transform\": {\"set_headers\": [{\"name\": \"" name "\", \"value\": \"" value "\"}]}}"
static const struct row bad_objects[] = {
    {"", "JSON"},
    {"[]", "JSON"},
    {"{", "JSON"},
    {"{} x", "JSON"},
    {"{}", "empty"},
    {"{\"app\": \"a\", \"app\": \"b\"}", "JSON"},
    {"{\"app\": 1}", "no text"},
    {"{\"app\": \"a\\u0000b\"}", "JSON"},
    {"{\"state\": \"a\\nb\"}", "control"},
    {"{\"state\": \"a\\r\\nX: y\"}", "control"},
    {"{\"apps\": \"a\"}", "not known"},
    {"{\"transform\": []}", "no object"},
    {"{\"transform\": {\"body\": \"\"}}", "transform has a key"},
    {"{\"transform\": {\"path\": \"x\"}}", "path"},
    {"{\"transform\": {\"path\": \"/a b\"}}", "path"},
    {"{\"transform\": {\"path\": \"/\\r\\nHost: x\"}}", "path"},
    {"{\"transform\": {\"delete_headers\": \"A\"}}", "delete_headers"},
    {"{\"transform\": {\"delete_headers\": [1]}}", "delete_headers"},
    {"{\"transform\": {\"delete_headers\": [\"Host\"]}}", "frames"},
    {"{\"transform\": {\"set_headers\": [{\"name\": \"A\"}]}}", "set_headers"},
    {SET("A", "b\\nc"), "control"},
    {SET("A b", "c"), "frames"},
    {SET("Content-Length", "1"), "frames"},
    {SET("transfer_encoding", "chunked"), "frames"},
    {SET("Connection", "close"), "frames"},
    {SET("Fly-Client-IP", "::1"), "frames"},
    {SET("Fly-Replay-Src", "x"), "frames"},
    {SET("X-Forwarded-For", "::1"), "frames"},
    {SET("Flycast-Error", "x"), "frames"},
};

typedef int reader(struct replay *out, struct bytes text, const char **why);

static void check_good(reader *read, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		static struct replay r;
		const char *why = "";
		char shown[4096];
		if (read(&r, bytes_of(rows[i].text), &why) < 0)
			fail_msg("%s: %s", rows[i].text, why);
		show(shown, sizeof shown, &r);
		if (strcmp(shown, rows[i].shown) != 0)
			fail_msg("%s:\n%s\nexpected\n%s", rows[i].text, shown, rows[i].shown);
		replay_free(&r);
	}
}

static void check_bad(reader *read, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		static struct replay r;
		const char *why = NULL;
		int rc = read(&r, bytes_of(rows[i].text), &why);
		if (rc == 0 || !strstr(why, rows[i].shown))
			fail_msg("%s: %s", rows[i].text, rc == 0 ? "taken" : why);
		replay_free(&r);
	}
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void both_forms_are_read(void **state)
{
	(void)state;
	check_good(replay_read, fields, COUNT(fields));
	check_good(replay_read_json, objects, COUNT(objects));
}

static void what_cannot_be_is_refused_with_its_reason(void **state)
{
	(void)state;
	check_bad(replay_read, bad_fields, COUNT(bad_fields));
	check_bad(replay_read_json, bad_objects, COUNT(bad_objects));
}

static void show_keep(char *out, size_t size, const struct replay *r)
{
	snprintf(out, size, "%s %u%s%s", r->keep.pattern ? r->keep.pattern : "-", r->keep.ttl_seconds,
	         r->keep.invalidate ? " invalidate" : "", r->keep.allow_bypass ? " bypass" : "");
}

/* NULL: no such field. */
static const struct keep_row {
	const char *cache;
	const char *ttl;
	const char *bypass;
	const char *json; /* the same in the other form; NULL: cannot be said */
	const char *shown;
} keeps[] = {
    {NULL, NULL, NULL, "{\"app\":\"a\"}", "- 0"},
    {"/a/*", "60", NULL, "{\"app\":\"a\",\"cache\":{\"prefix\":\"/a/*\",\"ttl\":60}}", "/a/* 60"},
    {"/*", NULL, NULL, "{\"app\":\"a\",\"cache\":{\"prefix\":\"/*\"}}", "/* 0"},
    {"example.com/a/b/*", "9", "yes",
     "{\"app\":\"a\",\"cache\":{\"prefix\":\"example.com/a/b/*\",\"ttl\":9},\"allow_bypass\":true}",
     "example.com/a/b/* 9 bypass"},
    {"/a/*", "60", "true", "{\"app\":\"a\",\"cache\":{\"prefix\":\"/a/*\",\"ttl\":60,\"allow_bypass\":true}}",
     "/a/* 60 bypass"},
    {"/a/*", NULL, "No", "{\"app\":\"a\",\"cache\":{\"prefix\":\"/a/*\"},\"allow_bypass\":false}", "/a/* 0"},
    {"Invalidate", NULL, NULL, "{\"app\":\"a\",\"cache\":{\"invalidate\":true}}", "- 0 invalidate"},
};
static const struct keep_row bad_keeps[] = {
    {"/a", NULL, NULL, "{\"cache\":{\"prefix\":\"/a\"}}", "end in /*"},
    {"", NULL, NULL, "{\"cache\":{\"prefix\":\"\"}}", "end in /*"},
    {"*", NULL, NULL, "{\"cache\":{\"prefix\":\"*\"}}", "end in /*"},
    {"/a*", NULL, NULL, "{\"cache\":{\"prefix\":\"/a*\"}}", "end in /*"},
    {"/*/a/*", NULL, NULL, "{\"cache\":{\"prefix\":\"/*/a/*\"}}", "star"},
    {"example.com", NULL, NULL, "{\"cache\":{\"prefix\":\"example.com\"}}", "end in /*"},
    {"/a b/*", NULL, NULL, "{\"cache\":{\"prefix\":\"/a b/*\"}}", "end in /*"},
    {"/*", "soon", NULL, "{\"cache\":{\"ttl\":\"10\"}}", "seconds"},
    {"/*", "0", NULL, "{\"cache\":{\"ttl\":0}}", "seconds"},
    {"/*", "-1", NULL, "{\"cache\":{\"ttl\":-1}}", "seconds"},
    {"/*", "9999999999", NULL, "{\"cache\":{\"ttl\":9999999999}}", "seconds"},
    {"/*", "60", "perhaps", "{\"allow_bypass\":\"yes\"}", "neither"},
    {"/*", "60", "", "{\"cache\":[]}", ""},
    {"/*", "", NULL, "{\"cache\":{\"path\":\"/*\"}}", ""},
};

static struct bytes maybe(const char *text)
{
	return text ? bytes_of(text) : (struct bytes){NULL, 0};
}

static int read_fields(struct replay *r, const struct keep_row *row, const char **why)
{
	struct replay_keep_fields said = {maybe(row->cache), maybe(row->ttl), maybe(row->bypass)};
	assert_int_equal(replay_read(r, BYTES("app=a"), why), 0);
	return replay_read_keep(r, &said, why);
}

static void what_is_to_be_remembered_is_read_in_both_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(keeps); i++) {
		static struct replay r;
		const char *why = "";
		char shown[1024];
		assert_int_equal(read_fields(&r, &keeps[i], &why), 0);
		show_keep(shown, sizeof shown, &r);
		assert_string_equal(shown, keeps[i].shown);
		replay_free(&r);
		assert_int_equal(replay_read_json(&r, bytes_of(keeps[i].json), &why), 0);
		show_keep(shown, sizeof shown, &r);
		assert_string_equal(shown, keeps[i].shown);
		replay_free(&r);
	}
	for (size_t i = 0; i < COUNT(bad_keeps); i++) {
		static struct replay r;
		const char *why = NULL;
		if (read_fields(&r, &bad_keeps[i], &why) == 0 || !strstr(why, bad_keeps[i].shown))
			fail_msg("row %zu: %s", i, why);
		replay_free(&r);
		why = NULL;
		if (replay_read_json(&r, bytes_of(bad_keeps[i].json), &why) == 0 || !strstr(why, bad_keeps[i].shown))
			fail_msg("%s: %s", bad_keeps[i].json, why);
		replay_free(&r);
	}
}

static void too_much_is_refused(void **state)
{
	static struct replay r;
	static char text[8192];
	const char *why;
	(void)state;
	int len = snprintf(text, sizeof text, "app=a;state=%01024d", 0);
	assert_int_equal(replay_read(&r, (struct bytes){text, (size_t)len}, &why), 0);
	len = snprintf(text, sizeof text, "app=a;state=%01025d", 0);
	assert_int_equal(replay_read(&r, (struct bytes){text, (size_t)len}, &why), -1);
	len = snprintf(text, sizeof text, "{\"transform\": {\"delete_headers\": [\"A\"");
	for (int i = 0; i < REPLAY_FIELDS; i++)
		len += snprintf(text + len, sizeof text - (size_t)len, ", \"A%d\"", i);
	snprintf(text + len, sizeof text - (size_t)len, "]}}");
	assert_int_equal(replay_read_json(&r, bytes_of(text), &why), -1);
	assert_non_null(strstr(why, "32"));
	replay_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_forms_are_read),
	    cmocka_unit_test(what_cannot_be_is_refused_with_its_reason),
	    cmocka_unit_test(what_is_to_be_remembered_is_read_in_both_forms),
	    cmocka_unit_test(too_much_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
