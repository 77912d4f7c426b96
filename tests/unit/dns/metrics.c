/* metrics: the threads' counters are added up, and every number has its name and its help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>

#include "metrics.h"

static void threads_are_added_up(void **state)
{
	struct metrics m = {0};
	struct responder_counts answers = {.truncated = 2, .silent = 3};
	const struct udp_counts udp = {
	    .batches = 4, .unsent = 5, .seq = 76, .lapse = {.counts = {[1] = 14, [LAPSE_BOUNDS] = 15}, .sum_ns = 16}};
	struct metrics_thread each[2] = {{0}};
	struct metrics_view views[METRICS_VIEWS + 3] = {{.name = "acme/lab", .counts = {30, 31, 32}}};
	const struct tcp_counts tcp = {6, 7, 8, 9, 10, 11, 33, 34, 35, 36};
	(void)state;
	m.threads = each;
	m.thread_count = 2;
	m.views = views;
	m.view_count = METRICS_VIEWS + 3;
	for (size_t i = 1; i < m.view_count; i++)
		views[i] = (struct metrics_view){.name = "some/network", .counts = {1, 2, 3}};
	views[m.view_count - 1].name[0] = '\0';
	m.overflowed = 17;
	answers.types[TYPE_AAAA] = 18;
	answers.types[0] = 19;
	answers.types[200] = 20;
	answers.cookies[COOKIE_NEW] = 40;
	answers.cookies[COOKIE_WRONG] = 41;
	answers.cookies[COOKIE_VALID] = 42;
	answers.answered[RESPONDER_UDP][RCODE_NXDOMAIN] = 12;
	answers.answered[RESPONDER_TCP][RCODE_REFUSED] = 13;
	for (int thread = 0; thread < 2; thread++) {
		metrics_add_answers(&m, &answers);
		metrics_add_udp(&m, &udp);
		metrics_add_tcp(&m, &tcp);
		metrics_add_thread(&m, (size_t)thread, &udp);
	}
	m.catalog.seq = 77;
	m.zone.octets = 1000;
	struct text out = {0};
	metrics_write(&m, &out);
	static const char *const lines[] = {
	    "\nflycast_dns_answers_total{transport=\"udp\",rcode=\"NXDOMAIN\"} 24\n",
	    "\nflycast_dns_answers_total{transport=\"tcp\",rcode=\"REFUSED\"} 26\n",
	    "\nflycast_dns_answers_total{transport=\"udp\",rcode=\"NOERROR\"} 0\n",
	    "\nflycast_dns_truncated_total 4\n",
	    "\nflycast_dns_cookies_total{state=\"new\"} 80\n",
	    "\nflycast_dns_cookies_total{state=\"wrong\"} 82\n",
	    "\nflycast_dns_cookies_total{state=\"valid\"} 84\n",
	    "\nflycast_dns_questions_total{type=\"AAAA\"} 36\n",
	    "\nflycast_dns_questions_total{type=\"TXT\"} 0\n",
	    "\nflycast_dns_questions_total{type=\"other\"} 78\n",
	    "\nflycast_dns_view_answers_total{network=\"acme/lab\",kind=\"answer\"} 30\n",
	    "\nflycast_dns_view_answers_total{network=\"acme/lab\",kind=\"nodata\"} 31\n",
	    "\nflycast_dns_view_answers_total{network=\"acme/lab\",kind=\"nxdomain\"} 32\n",
	    "\nflycast_dns_view_answers_total{network=\"other\",kind=\"nxdomain\"} 9\n",
	    "\nflycast_dns_dropped_total{reason=\"no-question\"} 6\n",
	    "\nflycast_dns_dropped_total{reason=\"not-sent\"} 10\n",
	    "\nflycast_dns_dropped_total{reason=\"socket-full\"} 17\n",
	    "\nflycast_dns_udp_answer_seconds_bucket{le=\"0.000001024\"} 0\n",
	    "\nflycast_dns_udp_answer_seconds_bucket{le=\"0.000002048\"} 28\n",
	    "\nflycast_dns_udp_answer_seconds_bucket{le=\"0.033554432\"} 28\n",
	    "\nflycast_dns_udp_answer_seconds_bucket{le=\"+Inf\"} 58\n",
	    "\nflycast_dns_udp_answer_seconds_sum 0.000000032\n",
	    "\nflycast_dns_udp_answer_seconds_count 58\n",
	    "\nflycast_dns_thread_batches_total{thread=\"1\"} 4\n",
	    "\nflycast_dns_thread_seq{thread=\"0\"} 76\n",
	    "\nflycast_dns_udp_batches_total 8\n",
	    "\nflycast_dns_tcp_accepted_total 12\n",
	    "\nflycast_dns_tcp_open 14\n",
	    "\nflycast_dns_tcp_refused_total 16\n",
	    "\nflycast_dns_tcp_evicted_total 18\n",
	    "\nflycast_dns_tcp_expired_total 20\n",
	    "\nflycast_dns_tcp_broken_total 22\n",
	    "\nflycast_dns_tcp_exhausted_total 66\n",
	    "\nflycast_dns_tls_handshakes_total 68\n",
	    "\nflycast_dns_tls_resumed_total 70\n",
	    "\nflycast_dns_tls_failed_total 72\n",
	    "\nflycast_dns_registry_seq 77\n",
	    "\nflycast_dns_node_bytes 1000\n",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_non_null(strstr(out.at, lines[i]));
	text_free(&out);
}

/* What Prometheus' parser asks for: HELP and TYPE right before the first line of each name, and each name once. */
static void every_number_is_explained(void **state)
{
	struct metrics m = {0};
	struct text out = {0};
	char name[64] = "", type[16], of[64];
	(void)state;
	metrics_write(&m, &out);
	assert_int_equal(out.at[out.len - 1], '\n');
	for (char *line = strtok(out.at, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "# HELP %63s", name) == 1) {
			line = strtok(NULL, "\n");
			assert_int_equal(sscanf(line, "# TYPE %63s %15s", of, type), 2);
			assert_string_equal(of, name);
			size_t len = strlen(name);
			bool total = len > 6 && strcmp(name + len - 6, "_total") == 0;
			bool seconds = len > 8 && strcmp(name + len - 8, "_seconds") == 0;
			assert_string_equal(type, total ? "counter" : seconds ? "histogram" : "gauge");
		} else {
			assert_memory_equal(line, name, strlen(name));
		}
	}
	text_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(threads_are_added_up),
	    cmocka_unit_test(every_number_is_explained),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
