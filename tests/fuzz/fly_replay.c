/* replay: whatever a Machine says where a request should go, it is read within bounds or refused with a sentence. The
 * first byte tells the field from JSON. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http1_scan.h"
#include "replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t most)
{
	size_t len = strlen(text);
	assert(len <= most && http1_value_end(text, text + len) == text + len);
}

static void check(const struct replay *r)
{
	assert(r->timeout_ms <= REPLAY_TIMEOUT_MS && r->field_count <= REPLAY_FIELDS);
	assert(r->steer.force_regions.count <= STEER_REGIONS);
	assert(!r->steer.force_id[0] || !r->steer.prefer_id[0]);
	check_text(r->state, REPLAY_STATE);
	check_text(r->steer.app, STEER_APP - 1);
	check_text(r->steer.force_id, STEER_ID - 1);
	for (uint32_t i = 0; i < r->field_count; i++) {
		assert(http1_word_is_token(bytes_of(r->fields[i].name)));
		if (r->fields[i].value)
			check_text(r->fields[i].value, REPLAY_JSON);
	}
	const char *pattern = r->keep.pattern;
	if (pattern) {
		size_t len = strlen(pattern);
		assert(len >= 2 && len <= REPLAY_PATTERN && strcmp(pattern + len - 2, "/*") == 0);
		assert(strchr(pattern, '*') == pattern + len - 1 && strchr(pattern, '/'));
	}
	if (r->path) {
		const char *end = r->path + strlen(r->path);
		assert(r->path[0] == '/' && http1_target_end(r->path, end) == end);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct replay r;
	const char *why = NULL;
	if (size < 1)
		return 0;
	char *copy = malloc(size); /* ends where the bytes end, so that one too far is found */
	memcpy(copy, data + 1, size - 1);
	struct bytes text = {copy, size - 1};
	int rc = *data == '{' ? replay_read_json(&r, text, &why) : replay_read(&r, text, &why);
	assert((rc < 0) == (why != NULL));
	/* The field comes from a head, whose values have no control characters in them. */
	if (rc == 0)
		check(&r);
	replay_free(&r);
	free(copy);
	return 0;
}
