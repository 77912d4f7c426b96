/* proxyline: a header means the same however its bytes arrive, never reaches beyond what there is, and what was read
 * means the same when it is written again, in either version. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/proxyline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum proxyline_parse read_exact(struct proxyline *out, const uint8_t *data, size_t size, size_t *end)
{
	const char *why = NULL;
	char *exact = malloc(size ? size : 1); /* ends where the bytes end, so that one too far is found */
	if (size)
		memcpy(exact, data, size);
	enum proxyline_parse result = proxyline_read(out, (struct bytes){exact, size}, end, &why);
	assert((result == PROXYLINE_BAD) == (why != NULL));
	free(exact);
	return result;
}

static void check_again(const struct proxyline *line)
{
	for (int version = 1; version <= 2; version++) {
		char out[PROXYLINE_V1_MOST + 1];
		struct proxyline got;
		size_t end = 0;
		size_t len = proxyline_write(out, sizeof out, version, line, (struct bytes){0});
		assert(len > 0);
		assert(read_exact(&got, (const uint8_t *)out, len, &end) == PROXYLINE_DONE && end == len);
		assert(!memcmp(&got.client, &line->client, sizeof got.client) && got.port == line->port);
		assert(!memcmp(&got.address, &line->address, sizeof got.address));
		assert(got.client_port == line->client_port);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxyline whole, part;
	size_t end = 0, part_end = 0;
	enum proxyline_parse result = read_exact(&whole, data, size, &end);
	enum proxyline_parse stepped = PROXYLINE_PARTIAL;
	size_t most = size < PROXYLINE_MOST ? size : PROXYLINE_MOST;
	for (size_t len = 0; len <= most && stepped == PROXYLINE_PARTIAL; len++)
		stepped = read_exact(&part, data, len, &part_end);
	assert(stepped == result);
	if (result != PROXYLINE_DONE)
		return 0;
	assert(end > 0 && end <= size && end <= PROXYLINE_MOST && end == part_end);
	assert(whole.local == part.local);
	if (!whole.local)
		check_again(&whole);
	return 0;
}
