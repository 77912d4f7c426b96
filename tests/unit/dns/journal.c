/* journal, transfer: whatever changed, a copy with what IXFR tells applied to it is what AXFR tells; messages are never
 * longer than their room, and the past never longer than the present. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/rcu.h"
#include "base/text.h"
#include "transfer.h"

enum {
	NETWORK = 1 << 16 | 1,
	KEYS = 12,
	RECORDS_MOST = 6,
	COPIES = 6,
	ROUNDS = 3000,
	COPY_MOST = KEYS * RECORDS_MOST + 1,
	ROOM_LEAST = 500,
};

static const uint8_t question[] = "\xbe\xef\1\0\0\1\0\0\0\0\0\0\7flycast\0\0\374\0\1";
static const char soa_record[] = "\xc0\x0c\0\6\0\1\0\0\0\5\0\x1a\1a\0\1b\0....AAAABBBBCCCC\0\0\0\5";

static uint32_t pick(uint32_t below)
{
	static uint64_t state = 88172645463325252u;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % below;
}

/* A secondary: the records it has, as text, and their serial. */
struct copy {
	uint32_t serial;
	bool any;
	size_t count;
	struct bytes records[COPY_MOST];
};

static void add(struct copy *c, struct bytes record)
{
	for (size_t i = 0; i < c->count; i++)
		assert_false(bytes_equal(c->records[i], record));
	assert_true(c->count < COPY_MOST);
	char *own = malloc(record.len);
	memcpy(own, record.at, record.len);
	c->records[c->count++] = (struct bytes){own, record.len};
}

static void take(struct copy *c, struct bytes record)
{
	for (size_t i = 0; i < c->count; i++) {
		if (!bytes_equal(c->records[i], record))
			continue;
		free((char *)(uintptr_t)c->records[i].at);
		c->records[i] = c->records[--c->count];
		return;
	}
	fail_msg("a record goes that was not there");
}

static void clear(struct copy *c)
{
	while (c->count)
		free((char *)(uintptr_t)c->records[--c->count].at);
}

static struct bytes cut(const uint8_t *at)
{
	const uint8_t *start = at;
	while (*at < 0xc0)
		at += *at + 1;
	at += 10;
	at += 2 + wire_get16(at);
	return (struct bytes){(const char *)start, (size_t)(at - start)};
}

static bool is_soa(struct bytes record, uint32_t *serial)
{
	const uint8_t *at = (const uint8_t *)record.at;
	if (wire_get16(at) != 0xc00c || wire_get16(at + 2) != TYPE_SOA)
		return false;
	at += record.len - ENCODE_SOA_SERIAL;
	*serial = (uint32_t)wire_get16(at) << 16 | wire_get16(at + 2);
	return true;
}

/* What a secondary does with the messages: by the SOAs it has seen. */
static void apply(struct copy *c, struct stream *stream, size_t room)
{
	uint8_t *out = malloc(room);
	uint32_t serial = 0, soas[4] = {0};
	size_t len, soa_count = 0, others = 0;
	bool whole = false;
	while ((len = stream->next(stream, out, room)) > 0) {
		assert_true(len <= room);
		assert_int_equal(wire_get16(out), 0xbeef);
		const uint8_t *at = out + sizeof question - 1;
		for (unsigned left = wire_get16(out + 6); left; left--) {
			struct bytes record = cut(at);
			at += record.len;
			if (is_soa(record, &serial)) {
				assert_true(soa_count < 4);
				soas[soa_count++] = serial;
				continue;
			}
			others++;
			if (soa_count == 1 && !whole) {
				whole = true;
				clear(c);
			}
			if (whole || soa_count == 3)
				add(c, record);
			else
				take(c, record);
		}
		assert_int_equal(at - out, len);
	}
	free(out);
	assert_true(soa_count == 1 || soa_count == 2 || soa_count == 4);
	if (soa_count == 1)
		assert_true(others == 0 && soas[0] == c->serial);
	if (soa_count == 2 && !whole) { /* an empty zone */
		clear(c);
	}
	if (soa_count == 4)
		assert_true(soas[1] == c->serial && soas[0] == soas[2] && soas[0] == soas[3]);
	c->serial = soas[0];
	c->any = true;
	stream->free(stream);
}

/* Brings the copy up to date; true: the journal reached back to it. */
static bool refresh(struct journal *j, struct copy *c, bool incremental, size_t room)
{
	struct query q;
	const struct transfer_question asked = {.query = &q};
	struct extract *e = journal_extract(j, NETWORK, ZONE_FLYCAST, incremental && c->any ? &c->serial : NULL);
	assert_non_null(e);
	bool reached = !e->whole;
	assert_int_equal(query_read(&q, question, sizeof question - 1), QUERY_READ);
	apply(c, transfer_new(&asked, e, BYTES(soa_record)), room);
	return reached;
}

static void same(const struct copy *a, const struct copy *b)
{
	assert_int_equal(a->serial, b->serial);
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		bool found = false;
		for (size_t k = 0; k < b->count; k++)
			found |= bytes_equal(a->records[i], b->records[k]);
		assert_true(found);
	}
}

/* Some records of a key, their names and contents of a few. */
static void change(struct journal *j, unsigned key)
{
	char label[8];
	struct text records = {0};
	unsigned count = pick(3) ? pick(RECORDS_MOST + 1) : 0, first = pick(4);
	int len = snprintf(label, sizeof label, "k%u", key);
	for (unsigned i = 0; i < count; i++) {
		uint8_t fixed[12], *at = wire_put16(fixed, 0xc00c);
		at = wire_put16(wire_put16(at, TYPE_TXT), CLASS_IN);
		wire_put16(wire_put32(at, 5), first + i + 1);
		text_format(&records, "%c%s", len, label);
		text_add(&records, (const char *)fixed, sizeof fixed);
		for (unsigned k = 0; k < first + i + 1; k++)
			text_put(&records, "x");
	}
	journal_put(j, NETWORK, &(struct journal_key){ZONE_FLYCAST, {label, (size_t)len}},
	            (struct bytes){records.at, records.len});
	text_free(&records);
}

static void newly(void *owner, uint32_t network)
{
	(void)network;
	++*(int *)owner;
}

static void what_changed_makes_of_a_copy_what_there_is(void **state)
{
	uint32_t networks[] = {NETWORK}, serial = UINT32_MAX - ROUNDS / 2; /* over the top of the numbers, too */
	struct copy copies[COPIES] = {{0}}, whole = {0};
	struct journal *j = journal_new();
	int begun = 0, reached = 0;
	(void)state;
	journal_follow(j, networks, 1, newly, &begun);
	assert_int_equal(begun, 1);
	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t i = pick(4); i; i--)
			change(j, pick(KEYS));
		journal_settle(j, ++serial);
		if (pick(3))
			continue;
		struct copy *c = &copies[pick(COPIES)];
		reached += refresh(j, c, true, ROOM_LEAST);
		assert_int_equal(c->serial, serial);
		refresh(j, &whole, false, WIRE_MESSAGE_MAX);
		same(c, &whole);
	}
	assert_true(reached > ROUNDS / 8);
	for (int i = 0; i < COPIES; i++)
		clear(&copies[i]);
	clear(&whole);
	journal_free(j);
}

static void a_state_that_nobody_took_is_not_known_later(void **state)
{
	uint32_t networks[] = {NETWORK};
	struct copy c = {0}, between;
	struct journal *j = journal_new();
	int begun = 0;
	(void)state;
	journal_follow(j, networks, 1, newly, &begun);
	change(j, 1);
	journal_settle(j, 10);
	refresh(j, &c, true, ROOM_LEAST);
	between = (struct copy){.serial = 12, .any = true};
	for (uint32_t serial = 11; serial < 14; serial++) {
		char text[] = "\1k\xc0\x0c\0\x10\0\1\0\0\0\5\0\1?";
		text[sizeof text - 2] = (char)('a' + serial);
		journal_put(j, NETWORK, &(struct journal_key){ZONE_FLYCAST, BYTES("k")}, BYTES(text));
		journal_settle(j, serial);
	}
	assert_false(refresh(j, &between, true, ROOM_LEAST)); /* it has them from another server */
	assert_true(refresh(j, &c, true, ROOM_LEAST));
	same(&c, &between);
	struct copy future = {.serial = 99, .any = true};
	assert_false(refresh(j, &future, true, ROOM_LEAST));
	same(&c, &future);
	clear(&c);
	clear(&between);
	clear(&future);
	journal_free(j);
}

static void a_serial_that_goes_back_begins_a_new_past(void **state)
{
	uint32_t networks[] = {NETWORK};
	struct copy c = {0}, whole = {0};
	struct journal *j = journal_new();
	int begun = 0;
	(void)state;
	journal_follow(j, networks, 1, newly, &begun);
	change(j, 1);
	journal_settle(j, 100);
	refresh(j, &c, true, ROOM_LEAST);
	change(j, 2);
	journal_settle(j, 50);
	change(j, 3);
	journal_settle(j, 101);
	assert_false(refresh(j, &c, true, ROOM_LEAST));
	refresh(j, &whole, false, ROOM_LEAST);
	same(&c, &whole);
	clear(&c);
	clear(&whole);
	journal_free(j);
}

static void only_networks_that_are_followed_are_there(void **state)
{
	uint32_t networks[] = {NETWORK, NETWORK + 1};
	struct extract *held[JOURNAL_EXTRACTS_ONE];
	struct journal *j = journal_new();
	int begun = 0;
	(void)state;
	assert_null(journal_extract(j, NETWORK, ZONE_FLYCAST, NULL));
	journal_follow(j, networks, 2, newly, &begun);
	assert_null(journal_extract(j, NETWORK, ZONE_FLYCAST, NULL)); /* not settled yet */
	change(j, 1);
	journal_settle(j, 1);
	for (int i = 0; i < JOURNAL_EXTRACTS_ONE; i++)
		assert_non_null(held[i] = journal_extract(j, NETWORK, ZONE_FLYCAST, NULL));
	assert_null(journal_extract(j, NETWORK, ZONE_FLYCAST, NULL));
	journal_follow(j, networks + 1, 1, newly, &begun);
	assert_int_equal(begun, 2);
	assert_false(journal_follows(j, NETWORK));
	for (int i = 0; i < JOURNAL_EXTRACTS_ONE; i++)
		extract_free(held[i]); /* lives on after its network */
	assert_null(journal_extract(j, NETWORK, ZONE_FLYCAST, NULL));
	extract_free(journal_extract(j, NETWORK + 1, ZONE_FLYCAST, NULL));
	journal_free(j);
}

static void one_network_leaves_room_for_others(void **state)
{
	enum { NETWORKS = JOURNAL_EXTRACTS_MAX / JOURNAL_EXTRACTS_ONE + 1 };
	uint32_t networks[NETWORKS];
	struct extract *held[JOURNAL_EXTRACTS_MAX];
	struct journal *j = journal_new();
	int begun = 0, count = 0;
	(void)state;
	for (uint32_t i = 0; i < NETWORKS; i++)
		networks[i] = NETWORK + i;
	journal_follow(j, networks, NETWORKS, newly, &begun);
	journal_settle(j, 1);
	for (int i = 0; i < NETWORKS - 1; i++) {
		for (int left = JOURNAL_EXTRACTS_ONE; left; left--)
			assert_non_null(held[count++] = journal_extract(j, networks[i], ZONE_FLYCAST, NULL));
		assert_null(journal_extract(j, networks[i], ZONE_FLYCAST, NULL));
	}
	assert_null(journal_extract(j, networks[NETWORKS - 1], ZONE_FLYCAST, NULL));
	extract_free(held[0]);
	assert_null(journal_extract(j, networks[1], ZONE_FLYCAST, NULL));
	assert_non_null(held[0] = journal_extract(j, networks[0], ZONE_FLYCAST, NULL));
	for (int i = 0; i < count; i++)
		extract_free(held[i]);
	extract_free(journal_extract(j, networks[NETWORKS - 1], ZONE_FLYCAST, NULL));
	journal_free(j);
}

static void the_serial_of_an_ixfr_question_is_read(void **state)
{
	static const char head[] = "\xbe\xef\0\0\0\1\0\0\0\1\0\0\7flycast\0\0\373\0\1";
	static const char soa[] = "\xc0\x0c\0\6\0\1\0\0\0\0\0\x16\0\0\1\2\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	struct text packet = {0};
	struct query q;
	uint32_t serial;
	(void)state;
	text_add(&packet, head, sizeof head - 1);
	text_add(&packet, soa, sizeof soa - 1);
	assert_int_equal(query_read(&q, (const uint8_t *)packet.at, packet.len), QUERY_READ);
	assert_true(transfer_serial(&serial, &q));
	assert_int_equal(serial, 0x01020304);
	for (size_t len = sizeof head - 1; len < packet.len; len++) {
		q.len = (uint16_t)len;
		assert_false(transfer_serial(&serial, &q));
	}
	text_free(&packet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_changed_makes_of_a_copy_what_there_is),
	    cmocka_unit_test(a_state_that_nobody_took_is_not_known_later),
	    cmocka_unit_test(a_serial_that_goes_back_begins_a_new_past),
	    cmocka_unit_test(only_networks_that_are_followed_are_there),
	    cmocka_unit_test(one_network_leaves_room_for_others),
	    cmocka_unit_test(the_serial_of_an_ixfr_question_is_read),
	};
	hash_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
