/* pgstart - what a PostgreSQL server says first: the same key however its bytes arrive, and none longer than there is. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pgstart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum pgstart_event read_in_steps(struct pgstart *start, const uint8_t *data, size_t size, size_t step)
{
	enum pgstart_event event = PGSTART_MORE;
	for (size_t at = 0; at < size && event == PGSTART_MORE; at += step)
		event = pgstart_read(start, data + at, size - at < step ? size - at : step);
	return event;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pgstart whole = {0};
	enum pgstart_event event = read_in_steps(&whole, data, size, size ? size : 1);
	assert(whole.seen <= PGSTART_OCTETS && whole.seen <= size);
	for (size_t step = 1; step <= 7; step += 2) {
		struct pgstart part = {0};
		assert(read_in_steps(&part, data, size, step) == event);
		if (event != PGSTART_KEY)
			continue;
		assert(part.key_len == whole.key_len && part.key_len <= PGSTART_KEY_MOST);
		assert(memcmp(part.key, whole.key, part.key_len) == 0);
		assert(part.key_len >= PGSTART_KEY_LEAST && part.key_len < size);
	}
	return 0;
}
