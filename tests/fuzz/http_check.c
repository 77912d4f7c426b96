/* What a Machine answers a check with: read in one piece or in two, and never beyond its end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/http_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size ? size : 1);
	struct bytes line = {0};
	if (!bytes)
		return 0;
	if (size)
		memcpy(bytes, data, size);
	enum http_check_verdict whole = http_check_answer(bytes, size, &line);
	if ((whole == HTTP_CHECK_PASSES || whole == HTTP_CHECK_FAILS) &&
	    (line.at < bytes || line.at + line.len > bytes + size))
		abort();
	enum http_check_verdict part = http_check_answer(bytes, size / 2, &line);
	if (part != HTTP_CHECK_MORE && part != whole)
		abort();
	free(bytes);
	return 0;
}
