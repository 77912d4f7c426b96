/* port_options: what the JSON of a port may say, and that nothing else is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "port_options.h"

static struct port_options *read_good(const char *json)
{
	struct text why = {0};
	struct port_options *o = port_options_parse(json, &why);
	if (!o)
		fail_msg("%s: %s", json, text_string(&why));
	text_free(&why);
	return o;
}

static void nothing_said_means_the_defaults(void **state)
{
	static const char *const rows[] = {"{}", " { } ",
	                                   "{\"tls_options\": {}, \"http_options\": {\"response\": {}}}"};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct port_options *o = read_good(rows[i]);
		assert_int_equal(o->tls_versions, PORT_TLS_1_2 | PORT_TLS_1_3);
		assert_int_equal(o->proxy_version, 1);
		assert_null(o->alpn);
		assert_false(o->h2_backend || o->pristine || o->default_self_signed || o->compress);
		assert_int_equal(o->idle_timeout + o->headers_read_timeout + o->header_count + o->replay_cache_count,
		                 0);
		port_options_free(o);
	}
}

static void every_option_is_read(void **state)
{
	struct port_options *o = read_good("{\"tls_options\": {\"alpn\": [\"h2\", \"http/1.1\"], \"versions\": "
	                                   "[\"TLSv1.3\"], \"default_self_signed\": true},"
	                                   " \"http_options\": {\"compress\": true, \"h2_backend\": true, "
	                                   "\"idle_timeout\": 60, \"headers_read_timeout\": 5,"
	                                   "  \"response\": {\"pristine\": true, \"headers\": {\"X-A\": \"1\", "
	                                   "\"X-B\": [\"2\", \"\"], \"Server\": false}},"
	                                   "  \"replay_cache\": [{\"path_prefix\": \"/a\", \"ttl_seconds\": 20, "
	                                   "\"type\": \"cookie\", \"name\": \"sid\","
	                                   "   \"allow_bypass\": true}, {\"path_prefix\": \"/\"}]},"
	                                   " \"proxy_proto_options\": {\"version\": \"v2\"}}");
	(void)state;
	assert_int_equal(o->alpn_len, 12);
	assert_memory_equal(o->alpn, "\2h2\10http/1.1", 12);
	assert_int_equal(o->tls_versions, PORT_TLS_1_3);
	assert_true(o->default_self_signed && o->compress && o->h2_backend && o->pristine);
	assert_int_equal(o->idle_timeout, 60);
	assert_int_equal(o->headers_read_timeout, 5);
	assert_int_equal(o->proxy_version, 2);
	assert_int_equal(o->header_count, 4);
	assert_string_equal(o->headers[0].name, "X-A");
	assert_string_equal(o->headers[0].value, "1");
	assert_string_equal(o->headers[2].name, "X-B");
	assert_string_equal(o->headers[2].value, "");
	assert_string_equal(o->headers[3].name, "Server");
	assert_null(o->headers[3].value);
	assert_int_equal(o->replay_cache_count, 2);
	assert_string_equal(o->replay_caches[0].name, "sid");
	assert_true(o->replay_caches[0].by_cookie && o->replay_caches[0].allow_bypass);
	assert_int_equal(o->replay_caches[0].ttl_seconds, 20);
	assert_null(o->replay_caches[1].name);
	assert_int_equal(o->replay_caches[1].ttl_seconds, 10);
	port_options_free(o);
}

static void what_is_wrong_is_refused_with_its_name(void **state)
{
	static const struct {
		const char *json, *word; /* the sentence has the word in it */
	} rows[] = {
	    {"", "JSON"},
	    {"[]", "object"},
	    {"{\"a\": 1}", "\"a\""},
	    {"{\"tls_options\": 1}", "tls_options"},
	    {"{\"tls_options\": {\"alpn\": [\"\"]}}", "alpn"},
	    {"{\"tls_options\": {\"alpn\": \"h2\"}}", "alpn"},
	    {"{\"tls_options\": {\"versions\": []}}", "versions"},
	    {"{\"tls_options\": {\"versions\": [\"SSLv3\"]}}", "versions"},
	    {"{\"http_options\": {\"idle_timeout\": -1}}", "idle_timeout"},
	    {"{\"http_options\": {\"idle_timeout\": 86401}}", "idle_timeout"},
	    {"{\"http_options\": {\"h2_backend\": 1}}", "h2_backend"},
	    {"{\"http_options\": {\"response\": {\"headers\": {\"X Y\": \"1\"}}}}", "headers"},
	    {"{\"http_options\": {\"response\": {\"headers\": {\"Content-Length\": \"1\"}}}}", "headers"},
	    {"{\"http_options\": {\"response\": {\"headers\": {\"X\": \"a\\r\\nb\"}}}}", "headers"},
	    {"{\"http_options\": {\"response\": {\"headers\": {\"X\": \"a\\u0000b\"}}}}", ""},
	    {"{\"http_options\": {\"response\": {\"headers\": {\"X\": []}}}}", "headers"},
	    {"{\"http_options\": {\"response\": {\"headers\": {\"X\": true}}}}", "headers"},
	    {"{\"http_options\": {\"replay_cache\": [{\"path_prefix\": \"a\"}]}}", "replay_cache"},
	    {"{\"http_options\": {\"replay_cache\": [{\"path_prefix\": \"/\", \"ttl_seconds\": 9}]}}", "ttl_seconds"},
	    {"{\"http_options\": {\"replay_cache\": [{\"path_prefix\": \"/\", \"type\": \"cookie\"}]}}", "name"},
	    {"{\"proxy_proto_options\": {\"version\": \"v3\"}}", "version"},
	    {"{\"proxy_proto_options\": {\"version\": \"v1\", \"version\": \"v2\"}}", "JSON"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct text why = {0};
		if (port_options_parse(rows[i].json, &why))
			fail_msg("taken: %s", rows[i].json);
		if (!why.len || !strstr(why.at, rows[i].word))
			fail_msg("%s: %s", rows[i].json, text_string(&why));
		text_free(&why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_said_means_the_defaults),
	    cmocka_unit_test(every_option_is_read),
	    cmocka_unit_test(what_is_wrong_is_refused_with_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
