/* shortcut: which requests are taken for one another, and which never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "http1.h"
#include "port_options.h"
#include "shortcut.h"

static struct http1_head head;
static char text[8192];
static struct port_options options;

#define REQUEST(path, more) "GET " path " HTTP/1.1\r\nHost: a.example:80\r\n" more "\r\n"

static struct shortcut_ask ask_of(const char *request)
{
	snprintf(text, sizeof text, "%s", request);
	http1_head_init(&head);
	assert_int_equal(http1_request_parse(&head, text, strlen(text)), HTTP1_DONE);
	return (struct shortcut_ask){.network = 7, .port = 80, .options = &options, .head = &head, .in = text};
}

/* Is it found for this request what was remembered under the key? */
static bool leads_to(const struct shortcut_ask *ask, const struct shortcut_key *key)
{
	struct shortcut_walk walk;
	struct shortcut_key found;
	shortcut_walk_init(&walk, ask);
	for (int i = 0; shortcut_next(&walk, &found); i++) {
		assert_true(i < PORT_REPLAY_CACHES_MOST + SHORTCUT_DEPTH);
		if (found.len == key->len && memcmp(found.bytes, key->bytes, key->len) == 0)
			return true;
	}
	return false;
}

static void a_pattern_is_for_what_begins_with_it(void **state)
{
	static const struct {
		const char *pattern;
		const char *request;
		bool fits;
	} rows[] = {
	    {"/a/*", REQUEST("/a/x", ""), true},
	    {"/a/*", REQUEST("/a/", ""), true},
	    {"/a/*", REQUEST("/a/x?y=/b/", ""), true},
	    {"/a/*", REQUEST("/a", ""), false},
	    {"/a/*", REQUEST("/b/a/x", ""), false},
	    {"/a/*", REQUEST("/A/x", ""), false},
	    {"/a/*", REQUEST("/?/a/x", ""), false},
	    {"/*", REQUEST("/", ""), true},
	    {"/*", REQUEST("http://a.example", ""), true},
	    {"/*", REQUEST("http://a.example?x", ""), true},
	    {"/*", "OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", false},
	    {"a.example/*", REQUEST("/x", ""), true},
	    {"A.Example/*", REQUEST("/x", ""), true},
	    {"b.example/*", REQUEST("/x", ""), false},
	    {"a.example:80/*", REQUEST("/x", ""), false},
	    {"[fdaa::1]/*", "GET / HTTP/1.1\r\nHost: [FDAA::1]:80\r\n\r\n", true},
	    {"/*", "GET / HTTP/1.0\r\n\r\n", false},
	    {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/*", REQUEST("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/x", ""), true},
	    {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/*", REQUEST("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/x", ""),
	     false},
	};
	(void)state;
	options = (struct port_options){0};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct shortcut_key key;
		struct shortcut_ask ask = ask_of(rows[i].request);
		if (shortcut_pattern(&key, &ask, bytes_of(rows[i].pattern)) != rows[i].fits)
			fail_msg("%s: %s", rows[i].pattern, rows[i].request);
		if (rows[i].fits)
			assert_true(leads_to(&ask, &key));
	}
}

static void host_port_and_network_are_part_of_it(void **state)
{
	struct shortcut_key key;
	(void)state;
	options = (struct port_options){0};
	struct shortcut_ask ask = ask_of(REQUEST("/a/x", ""));
	assert_true(shortcut_pattern(&key, &ask, BYTES("/a/*")));
	ask = ask_of("GET /a/y HTTP/1.1\r\nHost: A.EXAMPLE\r\n\r\n");
	assert_true(leads_to(&ask, &key));
	ask.network++;
	assert_false(leads_to(&ask, &key));
	ask.network--;
	ask.port++;
	assert_false(leads_to(&ask, &key));
	ask = ask_of("GET /a/y HTTP/1.1\r\nHost: b.example\r\n\r\n");
	assert_false(leads_to(&ask, &key));
}

static void paths_come_the_longest_first(void **state)
{
	struct shortcut_walk walk;
	struct shortcut_key key;
	(void)state;
	options = (struct port_options){0};
	struct shortcut_ask ask = ask_of(REQUEST("/a//bc/d", ""));
	static const size_t lengths[] = {7, 4, 3, 1};
	size_t i = 0;
	shortcut_walk_init(&walk, &ask);
	for (; shortcut_next(&walk, &key); i++) {
		assert_true(i < sizeof lengths / sizeof *lengths);
		assert_int_equal(walk.prefix, lengths[i]);
	}
	assert_int_equal(i, 4);
}

static void sessions_are_told_apart_by_value_rule_and_host(void **state)
{
	static struct port_replay_cache rules[] = {
	    {.path_prefix = (char *)"/s", .name = (char *)"sid", .ttl_seconds = 10, .by_cookie = true},
	    {.path_prefix = (char *)"/s", .name = (char *)"sid", .ttl_seconds = 10},
	    {.path_prefix = (char *)"/all/", .ttl_seconds = 10},
	};
	static const struct {
		const char *first;
		const char *second;
		bool same;
	} rows[] = {
	    {REQUEST("/s", "Cookie: sid=a\r\n"), REQUEST("/s/x", "cookie: x=y;sid=a; z=\r\n"), true},
	    {REQUEST("/s", "Cookie: sid=a\r\n"), REQUEST("/s", "Cookie: x=y\r\nCookie: sid=a\r\n"), true},
	    {REQUEST("/s", "Cookie: sid=a\r\n"), REQUEST("/s", "Cookie: sid=b\r\n"), false},
	    {REQUEST("/s", "Cookie: sid=a\r\n"), REQUEST("/s", "Cookie: sid=aa\r\n"), false},
	    {REQUEST("/s", "Cookie: sid=a\r\n"), REQUEST("/s", "Cookie: sid=b; sid=a\r\n"), false},
	    {REQUEST("/s", "Cookie: sid=a\r\n"), REQUEST("/s", "Cookie: Sid=a; asid=a\r\n"), false},
	    {REQUEST("/s", "Cookie: sid=a\r\n"), REQUEST("/s", "Sid: a\r\n"), false},
	    {REQUEST("/s", "Cookie: sid=a\r\n"), "GET /s HTTP/1.1\r\nHost: b\r\nCookie: sid=a\r\n\r\n", false},
	    {REQUEST("/s", "Sid: a b\r\n"), REQUEST("/sx", "sID:  a b \r\n"), true},
	    {REQUEST("/s", "Sid: a\r\n"), REQUEST("/s", "Sid: A\r\n"), false},
	    {REQUEST("/s", "Sid: a\r\n"), REQUEST("/s", "Sid: b\r\nSid: a\r\n"), false},
	    {REQUEST("/s", "Sid: a\r\n"), REQUEST("/s", "Connection: sid\r\nSid: a\r\n"), false},
	    {REQUEST("/all/1", ""), REQUEST("/all/2", "Sid: x\r\n"), true},
	    {REQUEST("/all/1", ""), REQUEST("/all", ""), false},
	};
	(void)state;
	options = (struct port_options){.replay_caches = rules, .replay_cache_count = 3};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct shortcut_walk walk;
		struct shortcut_key key;
		struct shortcut_ask ask = ask_of(rows[i].first);
		shortcut_walk_init(&walk, &ask);
		assert_true(shortcut_next(&walk, &key));
		assert_non_null(walk.from);
		ask = ask_of(rows[i].second);
		if (leads_to(&ask, &key) != rows[i].same)
			fail_msg("%s and %s", rows[i].first, rows[i].second);
	}
	struct shortcut_key key;
	struct shortcut_walk walk;
	struct shortcut_ask ask = ask_of(REQUEST("/s", "Cookie: sid=; sid=a\r\n"));
	shortcut_walk_init(&walk, &ask);
	while (shortcut_next(&walk, &key))
		assert_null(walk.from); /* an empty value is no session */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pattern_is_for_what_begins_with_it),
	    cmocka_unit_test(host_port_and_network_are_part_of_it),
	    cmocka_unit_test(paths_come_the_longest_first),
	    cmocka_unit_test(sessions_are_told_apart_by_value_rule_and_host),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
