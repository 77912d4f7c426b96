/* ask: what is read as a message is written as the same message again, byte for byte but for leading zeros. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "agent/ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char message[ASK_SIZE + 1], out[ASK_SIZE + 1];
	struct ask first, second;
	if (size >= ASK_SIZE)
		return 0;
	if (size)
		memcpy(message, data, size);
	if (!ask_read(&first, message, size))
		return 0;
	struct ask_away away;
	const char *text = first.text;
	while (ask_away_next(&away, &text) > 0)
		assert(strlen(away.region) == 3 && away.microseconds > 0);
	size_t len = ask_write(out, &first);
	assert(len <= size);
	assert(ask_read(&second, out, len));
	assert(first.serial == second.serial && first.verb == second.verb && first.state == second.state);
	assert(first.took_ms == second.took_ms);
	assert(strcmp(first.machine, second.machine) == 0 && strcmp(first.text, second.text) == 0);
	return 0;
}
