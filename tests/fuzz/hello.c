/* hello - the first bytes of a PostgreSQL client, and what is said to one that is refused. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char out[HELLO_REFUSAL_MAX];
	char sentence[1024];
	/* What was told apart stays what it is when more comes. */
	enum hello before = HELLO_MORE;
	for (size_t len = 0; len <= size && len <= 64; len++) {
		enum hello now = hello_read(data, len);
		assert(before == HELLO_MORE || now == before);
		assert(now != HELLO_MORE || len < HELLO_REQUEST);
		before = now;
		assert(now != HELLO_CANCEL ||
		       (hello_size(data) >= HELLO_CANCEL_LEAST && hello_size(data) <= HELLO_CANCEL_MOST));
	}
	size_t len = size < sizeof sentence ? size : sizeof sentence - 1;
	memcpy(sentence, data, len);
	sentence[len] = '\0';
	size_t out_len = hello_refusal_write(out, sentence);
	assert(out_len <= sizeof out && out[0] == 'E');
	assert(((size_t)out[1] << 24 | (size_t)out[2] << 16 | (size_t)out[3] << 8 | out[4]) + 1 == out_len);
	return 0;
}
