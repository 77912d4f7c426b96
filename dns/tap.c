/* tap.c - see tap.h. A record: its head, the question, the answer, in one piece; one that would pass the ring's end begins
 * at its start, and a head of size 0 fills what is left. */
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

struct head {
	uint32_t size; /* with this head, rounded up; 0: go on at the ring's start */
	uint16_t question_len;
	uint16_t answer_len;
	int64_t at_ns;
	struct responder_client client;
};

enum { ALIGN = 16 }; /* heads fit where a record ends */
_Static_assert(TAP_ROOM % ALIGN == 0 && sizeof(uint32_t) <= ALIGN, "a head's size is never cut by the end");

void tap_put(struct tap *tap, const struct tap_event *event)
{
	uint64_t taken = __atomic_load_n(&tap->taken, __ATOMIC_ACQUIRE);
	uint64_t at = tap->written % TAP_ROOM, left = TAP_ROOM - at;
	uint64_t size = sizeof(struct head) + event->question.len + event->answer.len;
	size += -size % ALIGN;
	uint64_t skip = size > left ? left : 0;
	if (tap->written - taken + skip + size > TAP_ROOM) {
		__atomic_store_n(&tap->dropped, tap->dropped + 1, __ATOMIC_RELAXED);
		return;
	}
	const struct head head = {.size = (uint32_t)size,
	                          .question_len = (uint16_t)event->question.len,
	                          .answer_len = (uint16_t)event->answer.len,
	                          .at_ns = event->at_ns,
	                          .client = event->client};
	if (skip) {
		memset(tap->ring + at, 0, sizeof head.size);
		at = 0;
	}
	uint8_t *to = tap->ring + at;
	memcpy(to, &head, sizeof head);
	memcpy(to + sizeof head, event->question.at, event->question.len);
	if (event->answer.len)
		memcpy(to + sizeof head + event->question.len, event->answer.at, event->answer.len);
	__atomic_store_n(&tap->written, tap->written + skip + size, __ATOMIC_RELEASE);
}

void tap_question(struct tap *tap, const struct responder_client *client, struct bytes question, struct bytes answer)
{
	tap_put(tap, &(struct tap_event){*client, clock_wall_ns(), question, answer});
}

bool tap_take(struct tap *tap, struct tap_event *event)
{
	uint64_t taken = tap->taken + tap->held;
	struct head head;
	__atomic_store_n(&tap->taken, taken, __ATOMIC_RELEASE);
	tap->held = 0;
	if (taken == __atomic_load_n(&tap->written, __ATOMIC_ACQUIRE))
		return false;
	uint64_t at = taken % TAP_ROOM, skip = 0;
	memcpy(&head.size, tap->ring + at, sizeof head.size);
	if (head.size == 0) {
		skip = TAP_ROOM - at;
		at = 0;
	}
	const char *from = (const char *)tap->ring + at;
	memcpy(&head, from, sizeof head);
	*event = (struct tap_event){.client = head.client,
	                            .at_ns = head.at_ns,
	                            .question = {from + sizeof head, head.question_len},
	                            .answer = {from + sizeof head + head.question_len, head.answer_len}};
	tap->held = skip + head.size;
	return true;
}

uint64_t tap_dropped(const struct tap *tap)
{
	return __atomic_load_n(&tap->dropped, __ATOMIC_RELAXED);
}

struct taps *taps_new(size_t count)
{
	struct taps *taps = mem_new(sizeof *taps + count * sizeof *taps->all);
	taps->count = count;
	for (size_t i = 0; i < count; i++) {
		size_t size = sizeof(struct tap);
		taps->all[i] = aligned_alloc(64, size);
		if (!taps->all[i])
			abort();
		memset(taps->all[i], 0, offsetof(struct tap, ring));
	}
	return taps;
}

struct tap *taps_claim(struct taps *taps)
{
	return taps && taps->claimed < taps->count ? taps->all[taps->claimed++] : NULL;
}

void taps_free(struct taps *taps)
{
	if (!taps)
		return;
	for (size_t i = 0; i < taps->count; i++)
		free(taps->all[i]);
	free(taps);
}
