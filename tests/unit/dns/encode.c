/* encode: records as the wire has them, octet by octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "encode.h"

#define HEAD(type) "\xc0\x0c\0" type "\0\1\0\0\0\5"

static void assert_record(struct text *record, const char *want, size_t len)
{
	assert_int_equal(record->len, len);
	assert_memory_equal(record->at, want, len);
	text_clear(record);
}

static void every_kind_is_written(void **state)
{
	static const char aaaa[] = HEAD("\x1c") "\0\x10\xfd\xaa\0\0\0\1\0\0\0\1\0\0\0\0\0\2";
	static const char ptr[] = HEAD("\x0c") "\0\x0d\3web\7flycast";
	static const char ns[] = HEAD("\2") "\0\x0f\4_dns\x8internal";
	static const char soa[] = HEAD("\6") "\0\x1d\1s\0\4mail\0"
	                                     "\0\0\0\0\0\0\0\x3c\0\0\0\x0a\0\0\x0e\x10\0\0\0\5";
	const struct in6_addr ip = {.s6_addr = {0xfd, 0xaa, 0, 0, 0, 1, [9] = 1, [15] = 2}};
	static const char srv[] = HEAD("\x21") "\0\x13\0\0\0\1\x1f\x90\3web\7flycast";
	static const char https[] = HEAD("\x41") "\0\x30\0\1\0\0\1\0\x0b\2h3\7http/1.\0\2\0\0\0\3\0\2\1\xbb\0\6\0\x10"
	                                         "\xfd\xaa\0\0\0\1\0\0\0\1\0\0\0\0\0\2";
	struct encoder *e = encoder_new();
	struct text record = {0};
	(void)state;
	encode_srv(&record, 1, 8080, (struct bytes){"\3web\7flycast", 13});
	assert_record(&record, srv, sizeof srv);
	encode_https(&record, &(struct encode_https){BYTES("\0"), BYTES("\2h3\7http/1."), 443, ip});
	assert_record(&record, https, sizeof https - 1);
	encode_aaaa(e, &record, &ip);
	assert_record(&record, aaaa, sizeof aaaa - 1);
	encode_ptr(e, &record, "web.flycast.");
	assert_record(&record, ptr, sizeof ptr); /* the literal's own NUL is the root */
	encode_ns(e, &record, "_dns.internal.");
	assert_record(&record, ns, sizeof ns);
	encode_soa(e, &record, "s.", "mail.");
	assert_int_equal(record.len - ENCODE_SOA_SERIAL, 12 + 3 + 6);
	assert_record(&record, soa, sizeof soa - 1);
	text_free(&record);
	encoder_free(e);
}

static void a_text_is_cut_into_strings_of_255(void **state)
{
	static const size_t lens[] = {1, 254, 255, 256, 510, 511, ENCODE_TEXT_MAX};
	static char value[ENCODE_TEXT_MAX];
	struct encoder *e = encoder_new();
	struct text record = {0};
	(void)state;
	for (size_t i = 0; i < sizeof value; i++)
		value[i] = (char)('a' + i % 26);
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		size_t strings = (lens[i] + 254) / 255, at = 12;
		encode_txt(e, &record, (struct bytes){value, lens[i]});
		assert_int_equal(wire_get16((const uint8_t *)record.at + 10), lens[i] + strings);
		assert_int_equal(record.len, 12 + lens[i] + strings);
		for (size_t done = 0, len; done < lens[i]; done += len, at += 1 + len) {
			len = (uint8_t)record.at[at];
			assert_int_equal(len, lens[i] - done < 255 ? lens[i] - done : 255);
			assert_memory_equal(record.at + at + 1, value + done, len);
		}
		text_clear(&record);
	}
	text_free(&record);
	encoder_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_is_written),
	    cmocka_unit_test(a_text_is_cut_into_strings_of_255),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
