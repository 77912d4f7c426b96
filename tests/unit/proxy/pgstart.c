/* pgstart: the key of a session is found in what its server says first, however that arrives, and nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "pgstart.h"

#define BYTES_OF(text) (const unsigned char *)(text), sizeof(text) - 1

#define AUTH_OK "R\0\0\0\x08\0\0\0\0"
#define SASL "R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"
#define PARAMETER "S\0\0\0\x16server_version\00015\0"
#define KEY "K\0\0\0\x0c\0\0\x12\x34\xde\xad\xbe\xef"
#define READY "Z\0\0\0\x05I"

static const struct {
	const char *name;
	const unsigned char *bytes;
	size_t len;
	enum pgstart_event event;
} rows[] = {
    {"nothing", BYTES_OF(""), PGSTART_MORE},
    {"a session without a password", BYTES_OF(AUTH_OK PARAMETER KEY), PGSTART_KEY},
    {"with one", BYTES_OF(SASL SASL AUTH_OK PARAMETER PARAMETER KEY READY), PGSTART_KEY},
    {"a notice before it", BYTES_OF("N\0\0\0\x06xx" AUTH_OK KEY), PGSTART_KEY},
    {"an older protocol is agreed on", BYTES_OF("v\0\0\0\x0c\0\x03\0\0\0\0\0\0" AUTH_OK KEY), PGSTART_KEY},
    {"all but one octet", BYTES_OF(AUTH_OK "K\0\0\0\x0c\0\0\x12\x34\xde\xad\xbe"), PGSTART_MORE},
    {"the password is asked for", BYTES_OF(SASL), PGSTART_MORE},
    {"ready without a key", BYTES_OF(AUTH_OK PARAMETER READY), PGSTART_OVER},
    {"an error", BYTES_OF("E\0\0\0\x06xx" KEY), PGSTART_OVER},
    {"a key that is too short", BYTES_OF(AUTH_OK "K\0\0\0\x0b\0\0\x12\x34\xde\xad\xbe"), PGSTART_OVER},
    {"a key that is too long", BYTES_OF(AUTH_OK "K\0\0\x01\x09"), PGSTART_OVER},
    {"a length below its own", BYTES_OF("R\0\0\0\x03"), PGSTART_OVER},
    {"a length beyond all bounds", BYTES_OF("S\xff\xff\xff\xff"), PGSTART_OVER},
    {"no PostgreSQL", BYTES_OF("SSH-2.0-x\r\n"), PGSTART_OVER},
    {"rows of a query", BYTES_OF("T\0\0\0\x06\0\0" KEY), PGSTART_OVER},
};

static enum pgstart_event read_in_steps(struct pgstart *start, const unsigned char *bytes, size_t len, size_t step)
{
	enum pgstart_event event = PGSTART_MORE;
	for (size_t at = 0; at < len && event == PGSTART_MORE; at += step)
		event = pgstart_read(start, bytes + at, len - at < step ? len - at : step);
	return event;
}

static void a_key_is_found_however_it_arrives(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t step = 1; step <= 64; step++) {
			struct pgstart start = {0};
			if (read_in_steps(&start, rows[i].bytes, rows[i].len, step) != rows[i].event)
				fail_msg("%s, %zu at a time", rows[i].name, step);
			if (rows[i].event != PGSTART_KEY)
				continue;
			assert_int_equal(start.key_len, 8);
			assert_memory_equal(start.key, "\0\0\x12\x34\xde\xad\xbe\xef", 8);
		}
	}
}

static void the_longest_key_of_protocol_3_2_is_whole(void **state)
{
	unsigned char message[5 + PGSTART_KEY_MOST] = "K\0\0\x01\x08";
	struct pgstart start = {0};
	(void)state;
	memset(message + 5, 'k', PGSTART_KEY_MOST);
	assert_int_equal(pgstart_read(&start, message, sizeof message), PGSTART_KEY);
	assert_int_equal(start.key_len, PGSTART_KEY_MOST);
	assert_memory_equal(start.key, message + 5, PGSTART_KEY_MOST);
}

static void a_server_that_never_begins_is_not_watched_for_ever(void **state)
{
	struct pgstart start = {0};
	enum pgstart_event event = PGSTART_MORE;
	size_t count = 0;
	(void)state;
	for (; event == PGSTART_MORE; count++)
		event = pgstart_read(&start, BYTES_OF(PARAMETER));
	assert_int_equal(event, PGSTART_OVER);
	assert_in_range(count * (sizeof PARAMETER - 1), PGSTART_OCTETS, PGSTART_OCTETS + sizeof PARAMETER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_key_is_found_however_it_arrives),
	    cmocka_unit_test(the_longest_key_of_protocol_3_2_is_whole),
	    cmocka_unit_test(a_server_that_never_begins_is_not_watched_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
