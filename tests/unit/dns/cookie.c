/* cookie: RFC 9018's own examples, what is taken and for how long, and the file of secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/addr.h"
#include "cookie.h"

#define OLD "e5e973e5a6b2a43f48e7dc849e37bfcf"
#define LAST_OLD "dd3bdf9344b678b185a6f5cb60fca715"
#define LAST_NEW "445536bcd2513298075a5d379663c962"

static size_t unhex(uint8_t *to, const char *hex)
{
	size_t len = strlen(hex) / 2;
	for (size_t i = 0; i < len; i++)
		assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &to[i]), 1);
	return len;
}

static struct in6_addr ip_of(const char *text)
{
	struct sockaddr_in6 addr;
	char with_port[64];
	snprintf(with_port, sizeof with_port, strchr(text, ':') ? "[%s]:1" : "%s:1", text);
	assert_true(addr_parse(&addr, with_port));
	return addr.sin6_addr;
}

static struct cookie_secrets secrets_of(const char *file)
{
	struct cookie_secrets secrets;
	struct text why = {0};
	assert_int_equal(cookie_secrets_read(&secrets, bytes_of(file), &why), 0);
	assert_int_equal(why.len, 0);
	return secrets;
}

enum { COOKIE_TEXT = 2 * COOKIE_WHOLE + 1 };

/* What comes back, as hex digits, in one of two buffers by turns; *state is the judgement. */
static const char *judged(const struct cookie_secrets *secrets, const char *ip, uint32_t now, const char *came,
                          enum cookie_state *state)
{
	static char texts[2][COOKIE_TEXT];
	static unsigned turn;
	char *text = texts[turn++ % 2];
	uint8_t octets[40], back[COOKIE_WHOLE];
	struct in6_addr from = ip_of(ip);
	size_t len = unhex(octets, came);
	*state = cookie_judge(secrets, &from, now, (struct bytes){(char *)octets, len}, back);
	for (size_t i = 0; i < sizeof back; i++)
		snprintf(text + 2 * i, 3, "%02x", back[i]);
	return text;
}

/* Appendix A; what an example takes as given and we judge more strictly (its cookie was two hours old) says so. */
static void the_examples_of_the_standard(void **state)
{
	static const struct {
		const char *file, *ip, *came, *back;
		uint32_t now;
		enum cookie_state judgement;
	} rows[] = {
	    {OLD, "198.51.100.100", "2464c4abcf10c957", "2464c4abcf10c957010000005cf79f111f8130c3eee29480", 1559731985,
	     COOKIE_NEW},
	    {OLD, "198.51.100.100", "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
	     "2464c4abcf10c957010000005cf7a871d4a564a1442aca77", 1559734385, COOKIE_VALID},
	    {OLD, "203.0.113.203", "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
	     "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e", 1559734700, COOKIE_WRONG},
	    {OLD, "203.0.113.203", "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
	     "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", 0x5cf78f71, COOKIE_VALID},
	    {LAST_NEW "\n" LAST_OLD, "2001:db8:220:1:59de:d0f4:8769:82b8",
	     "22681ab97d52c298010000005cf7c57926556bd0934c72f8", "22681ab97d52c298010000005cf7c609a6bb79d16625507a",
	     1559741961, COOKIE_VALID},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cookie_secrets secrets = secrets_of(rows[i].file);
		enum cookie_state judgement;
		assert_string_equal(judged(&secrets, rows[i].ip, rows[i].now, rows[i].came, &judgement), rows[i].back);
		assert_int_equal(judgement, rows[i].judgement);
	}
}

static void a_cookie_lives_for_an_hour_and_is_renewed_after_half_of_one(void **state)
{
	static const struct {
		int32_t later;
		enum cookie_state judgement;
		bool same;
	} rows[] = {
	    {0, COOKIE_VALID, true},     {1800, COOKIE_VALID, true},       {1801, COOKIE_VALID, false},
	    {3600, COOKIE_VALID, false}, {3601, COOKIE_WRONG, false},      {-300, COOKIE_VALID, true},
	    {-301, COOKIE_WRONG, false}, {INT32_MIN, COOKIE_WRONG, false},
	};
	static const uint32_t starts[] = {1700000000, 100, UINT32_MAX - 100, 0x7fffff00};
	struct cookie_secrets secrets = secrets_of(OLD);
	(void)state;
	for (size_t s = 0; s < sizeof starts / sizeof *starts; s++) {
		char first[COOKIE_TEXT];
		enum cookie_state judgement;
		snprintf(first, sizeof first, "%s",
		         judged(&secrets, "fdaa::2", starts[s], "0001020304050607", &judgement));
		assert_int_equal(judgement, COOKIE_NEW);
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			uint32_t now = starts[s] + (uint32_t)rows[i].later;
			const char *back = judged(&secrets, "fdaa::2", now, first, &judgement);
			assert_int_equal(judgement, rows[i].judgement);
			assert_int_equal(strcmp(back, first) == 0, rows[i].same);
			/* whatever it was, what went back is good now */
			judged(&secrets, "fdaa::2", now, back, &judgement);
			assert_int_equal(judgement, COOKIE_VALID);
		}
	}
}

static void every_octet_of_a_cookie_matters(void **state)
{
	struct cookie_secrets secrets = secrets_of(OLD);
	enum cookie_state judgement;
	char good[COOKIE_TEXT];
	(void)state;
	snprintf(good, sizeof good, "%s", judged(&secrets, "192.0.2.1", 1000000, "0001020304050607", &judgement));
	for (size_t i = 0; i < 2 * (size_t)COOKIE_WHOLE; i++) {
		char bad[sizeof good];
		memcpy(bad, good, sizeof good);
		bad[i] = bad[i] == '0' ? '1' : '0';
		judged(&secrets, "192.0.2.1", 1000000, bad, &judgement);
		assert_int_equal(judgement, COOKIE_WRONG);
	}
	judged(&secrets, "192.0.2.2", 1000000, good, &judgement);
	assert_int_equal(judgement, COOKIE_WRONG);
	for (size_t len = 16; len <= 40; len++) {
		char other[81] = "";
		for (size_t i = 0; i < len; i++)
			snprintf(other + 2 * i, 3, "%.2s", good + 2 * (i % COOKIE_WHOLE));
		judged(&secrets, "192.0.2.1", 1000000, other, &judgement);
		assert_int_equal(judgement, len == COOKIE_WHOLE ? COOKIE_VALID : COOKIE_WRONG);
	}
}

/* The three steps of a roll-over, with two servers that take them one after the other, in any order. */
static void secrets_roll_over_without_a_wrong_cookie(void **state)
{
	static const char *const steps[] = {OLD, OLD "\n" LAST_NEW, LAST_NEW "\n" OLD, LAST_NEW};
	(void)state;
	for (size_t step = 0; step < 3; step++) {
		struct cookie_secrets behind = secrets_of(steps[step]), ahead = secrets_of(steps[step + 1]);
		struct cookie_secrets *servers[] = {&behind, &ahead};
		for (int maker = 0; maker < 2; maker++) {
			enum cookie_state judgement;
			char cookie[COOKIE_TEXT];
			snprintf(cookie, sizeof cookie, "%s",
			         judged(servers[maker], "fdaa::2", 5000, "0001020304050607", &judgement));
			for (int taker = 0; taker < 2; taker++) {
				judged(servers[taker], "fdaa::2", 5001, cookie, &judgement);
				assert_int_equal(judgement, COOKIE_VALID);
			}
		}
	}
}

static void without_a_secret_there_are_no_cookies(void **state)
{
	const struct cookie_secrets none = {0};
	enum cookie_state judgement;
	(void)state;
	judged(&none, "fdaa::2", 5000, "0001020304050607", &judgement);
	assert_int_equal(judgement, COOKIE_NONE);
}

static void a_file_of_secrets_is_read_or_refused_whole(void **state)
{
	static const struct {
		const char *file, *sentence; /* NULL: it is read */
		size_t count;
	} rows[] = {
	    {OLD, NULL, 1},
	    {OLD "\n", NULL, 1},
	    {"# active\n  " OLD "\t\r\n\n# staged\n" LAST_NEW "\n", NULL, 2},
	    {"E5E973E5A6B2A43F48E7DC849E37BFCF\n", NULL, 1},
	    {OLD "\n" LAST_NEW "\n" LAST_OLD, NULL, 3},
	    {"", "no secret", 0},
	    {"\n#\n", "no secret", 0},
	    {OLD "\n" OLD "\n" OLD "\n" OLD, "line 4: more than 3", 0},
	    {"\n" OLD "0", "line 2: not 32 hex", 0},
	    {OLD "\n" OLD " " OLD, "line 2: not 32 hex", 0},
	    {"g5e973e5a6b2a43f48e7dc849e37bfcf", "line 1: not 32 hex", 0},
	    {"e5e973e5a6b2a43f48e7dc849e37bfc", "line 1: not 32 hex", 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cookie_secrets secrets = {.count = 77};
		struct text why = {0};
		int rc = cookie_secrets_read(&secrets, bytes_of(rows[i].file), &why);
		assert_int_equal(rc, rows[i].sentence ? -1 : 0);
		assert_int_equal(secrets.count, rows[i].sentence ? 77 : rows[i].count);
		if (rows[i].sentence)
			assert_non_null(strstr(why.at, rows[i].sentence));
		text_free(&why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_examples_of_the_standard),
	    cmocka_unit_test(a_cookie_lives_for_an_hour_and_is_renewed_after_half_of_one),
	    cmocka_unit_test(every_octet_of_a_cookie_matters),
	    cmocka_unit_test(secrets_roll_over_without_a_wrong_cookie),
	    cmocka_unit_test(without_a_secret_there_are_no_cookies),
	    cmocka_unit_test(a_file_of_secrets_is_read_or_refused_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
