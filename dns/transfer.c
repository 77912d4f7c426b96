/* transfer.c - see transfer.h. */
#include "transfer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "encode.h"
#include "zone_catalog.h"
#include "zone_change.h"

enum {
	FLAGS = 0x8400, /* QR and AA */
	POINTER = 0xc0,
	FIXED = 2 + 2 + 4, /* type, class, TTL; then the length of the data */
};

struct transfer {
	struct stream stream;
	struct extract *extract;
	uint16_t id;
	uint16_t flags;
	size_t question_len;
	uint8_t question[NAME_WIRE + 4];
	struct text soa;
	enum transfer_phase {              /* what the next record is of, in the order they come */
		              PHASE_FIRST, /* the SOA of now */
		              PHASE_OLD, /* the SOA of then; of a whole zone this is left out, and so is all up to ... */
		              PHASE_DELETED,
		              PHASE_NEW,
		              PHASE_ADDED, /* ... this, which is all there is */
		              PHASE_LAST,  /* the SOA of now again */
		              PHASE_DONE
	} phase;
	size_t item;        /* of the extract, in two of the phases */
	struct bytes *list; /* its records that are to be told, if it has been looked at */
	size_t list_count, list_room, list_at;
	bool listed;
	uint16_t edns_size; /* that we take; 0: the question had no OPT */
	int64_t deadline_ms;
	struct tsig_key *key; /* NULL: not signed */
	struct tsig_signer signer;
};

/* ------------------------------------------------------------------------------------------------ records */

/* The record at the front of some; its owner ends with a pointer. */
static struct bytes first_record(struct bytes records)
{
	const uint8_t *at = (const uint8_t *)records.at;
	while (*at < POINTER)
		at += *at + 1u;
	at += 2 + FIXED;
	at += 2 + wire_get16(at);
	return (struct bytes){records.at, (size_t)((const char *)at - records.at)};
}

static void list_records(struct transfer *t, const struct journal_part *part)
{
	struct bytes left = {part ? (const char *)part->records : NULL, part ? part->len : 0};
	while (left.len) {
		struct bytes record = first_record(left);
		t->list = mem_grow(t->list, t->list_count, &t->list_room, sizeof *t->list);
		t->list[t->list_count++] = record;
		left = (struct bytes){left.at + record.len, left.len - record.len};
	}
}

static int compare(const void *left, const void *right)
{
	const struct bytes *a = left, *b = right;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->at, b->at, a->len);
}

/* Lists the records of `of` that `but` does not have. */
static void list_difference(struct transfer *t, const struct journal_part *of, const struct journal_part *but)
{
	size_t count, kept = 0;
	list_records(t, of);
	count = t->list_count;
	list_records(t, but);
	if (count == 0 || t->list_count == count) {
		t->list_count = count;
		return;
	}
	struct bytes *mine = t->list, *others = t->list + count;
	qsort(others, t->list_count - count, sizeof *others, compare);
	for (size_t i = 0; i < count; i++)
		if (!bsearch(&mine[i], others, t->list_count - count, sizeof *others, compare))
			mine[kept++] = mine[i];
	t->list_count = kept;
}

static void list_item(struct transfer *t)
{
	const struct extract_item *item = &t->extract->items[t->item];
	t->list_count = t->list_at = 0;
	t->listed = true;
	if (t->extract->whole)
		list_records(t, item->now);
	else if (t->phase == PHASE_DELETED)
		list_difference(t, item->old, item->now);
	else
		list_difference(t, item->now, item->old);
}

static struct bytes soa_of(struct transfer *t, uint32_t serial)
{
	wire_put32((uint8_t *)t->soa.at + t->soa.len - ENCODE_SOA_SERIAL, serial);
	return (struct bytes){t->soa.at, t->soa.len};
}

static void next_phase(struct transfer *t)
{
	const struct extract *e = t->extract;
	t->item = 0;
	t->listed = false;
	if (t->phase != PHASE_FIRST)
		t->phase++;
	else if (e->whole)
		t->phase = PHASE_ADDED;
	else
		t->phase = e->from == e->serial ? PHASE_DONE : PHASE_OLD; /* up to date: one SOA says so */
}

/* The record that is to be told next. false: there is none any more. */
static bool peek(struct transfer *t, struct bytes *record)
{
	for (;; next_phase(t)) {
		switch (t->phase) {
		case PHASE_FIRST:
		case PHASE_NEW:
		case PHASE_LAST:
			*record = soa_of(t, t->extract->serial);
			return true;
		case PHASE_OLD:
			*record = soa_of(t, t->extract->from);
			return true;
		case PHASE_DELETED:
		case PHASE_ADDED:
			for (; t->item < t->extract->count; t->item++, t->listed = false) {
				if (!t->listed)
					list_item(t);
				if (t->list_at == t->list_count)
					continue;
				*record = t->list[t->list_at];
				return true;
			}
			break;
		case PHASE_DONE:
			return false;
		}
	}
}

static void told(struct transfer *t)
{
	if (t->phase == PHASE_DELETED || t->phase == PHASE_ADDED)
		t->list_at++;
	else
		next_phase(t);
}

/* ------------------------------------------------------------------------------------------------ messages */

static size_t next(struct stream *stream, uint8_t *out, size_t room)
{
	struct transfer *t = (struct transfer *)(void *)stream;
	struct bytes record;
	unsigned answers = 0;
	size_t len = WIRE_HEADER + t->question_len;
	room -= (t->key ? tsig_size(t->key) : 0) + WIRE_OPT;
	if (clock_mono_ms() > t->deadline_ms)
		return 0; /* without its last SOA nobody takes it for a whole zone */
	for (; peek(t, &record) && record.len <= room - len && answers < UINT16_MAX; answers++) {
		memcpy(out + len, record.at, record.len);
		len += record.len;
		told(t);
	}
	if (answers == 0)
		return 0;
	uint8_t *at = wire_put16(wire_put16(out, t->id), t->flags);
	at = wire_put16(wire_put16(at, 1), answers);
	at = wire_put32(at, 0);
	memcpy(at, t->question, t->question_len);
	if (t->edns_size) { /* RFC 5936 2.2.5: in the first message */
		out[11] = 1;
		out[len] = 0;
		at = wire_put16(wire_put16(out + len + 1, TYPE_OPT), t->edns_size);
		len = (size_t)(wire_put16(wire_put32(at, 0), 0) - out);
		t->edns_size = 0;
	}
	return t->key ? tsig_sign(&t->signer, out, len, (uint64_t)clock_wall_ms() / 1000) : len;
}

static void transfer_free(struct stream *stream)
{
	struct transfer *t = (struct transfer *)(void *)stream;
	extract_free(t->extract);
	tsig_key_free(t->key);
	text_free(&t->soa);
	free(t->list);
	free(t);
}

struct stream *transfer_new(const struct transfer_question *question, struct extract *extract, struct bytes soa)
{
	const struct query *q = question->query;
	struct transfer *t = mem_new(sizeof *t);
	t->stream = (struct stream){.next = next, .free = transfer_free};
	t->extract = extract;
	t->id = wire_get16(q->packet);
	t->flags = (uint16_t)(FLAGS | (q->packet[2] & 1) << 8);
	t->question_len = q->question_len;
	memcpy(t->question, q->packet + WIRE_HEADER, q->question_len);
	text_add(&t->soa, soa.at, soa.len);
	t->edns_size = q->has_edns ? question->udp_size : 0;
	t->deadline_ms = clock_mono_ms() + (int64_t)TRANSFER_SECONDS * 1000;
	if (question->key) {
		t->key = tsig_key_copy(question->key);
		tsig_signer_init(&t->signer, t->key, question->tsig);
	}
	return &t->stream;
}

bool transfer_serial(uint32_t *out, const struct query *query)
{
	enum { NUMBERS = 20, SOA_LEAST = 1 + 1 + NUMBERS };
	const uint8_t *packet = query->packet, *end = packet + query->len;
	const uint8_t *at = packet + WIRE_HEADER + query->question_len;
	if (wire_get16(packet + 8) != 1)
		return false;
	while (at < end && *at && *at < POINTER)
		at += *at + 1u;
	at += at < end && *at ? 2 : 1;
	if (end - at < FIXED + 2 || wire_get16(at) != TYPE_SOA)
		return false;
	size_t data = wire_get16(at + FIXED);
	at += FIXED + 2;
	if (data < SOA_LEAST || (size_t)(end - at) < data)
		return false;
	at += data - NUMBERS;
	*out = (uint32_t)wire_get16(at) << 16 | wire_get16(at + 2);
	return true;
}

/* Of a catalog there is one state only, whatever its serial. */
static struct extract *extract_catalog(uint32_t serial, const uint32_t *from)
{
	struct text records = {0};
	zone_catalog_records(&records);
	struct extract *extract = extract_of((struct bytes){records.at, records.len}, serial, from);
	text_free(&records);
	return extract;
}

enum transfer_verdict transfer_ask(const struct transfer_question *question, struct stream **out)
{
	const struct query *q = question->query;
	struct zone_answer found = {.result = ZONE_APEX};
	uint32_t serial;
	const uint32_t *from = NULL;
	bool catalog = question->kind == ZONE_NONE, incremental = q->type == TYPE_IXFR;
	if (question->network == 0 || q->class != CLASS_IN || (q->type == TYPE_AXFR && question->over_udp))
		return TRANSFER_REFUSED;
	if (!catalog)
		zone_find(question->zone, &(struct zone_question){question->network, question->kind, &q->name, q->type},
		          &found);
	if (found.result == ZONE_NO_NETWORK)
		return TRANSFER_REFUSED;
	if (found.result != ZONE_APEX)
		return TRANSFER_NO_APEX;
	if (incremental && !transfer_serial(&serial, q))
		return TRANSFER_MALFORMED;
	if (question->over_udp || (q->type != TYPE_AXFR && !incremental))
		return TRANSFER_SOA;
	if (incremental)
		from = &serial;
	struct extract *extract = catalog ? extract_catalog(zone_serial(question->zone), from)
	                                  : journal_extract(zone_journal(question->zone), question->network,
	                                                    question->kind, from);
	if (!extract)
		return TRANSFER_BUSY;
	*out = transfer_new(question, extract, catalog ? zone_catalog_soa() : zone_soa(question->zone, question->kind));
	return TRANSFER_BEGINS;
}
