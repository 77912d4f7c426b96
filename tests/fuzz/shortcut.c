/* shortcut: the head of a request as it came and as a Machine gets it have the same keys, whatever is in it, and a pattern
 * that fits leads to the request again. The first line is the pattern. */
#include <arpa/inet.h>
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "http1_write.h"
#include "replay.h"
#include "shortcut.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct port_replay_cache rules[] = {
    {.path_prefix = (char *)"/", .name = (char *)"sid", .by_cookie = true},
    {.path_prefix = (char *)"/a", .name = (char *)"authorization"},
    {.path_prefix = (char *)"/", .name = (char *)"x-forwarded-for"},
    {.path_prefix = (char *)"/all/"},
};
static struct port_options options = {.replay_caches = rules, .replay_cache_count = 4};

static bool same(const struct shortcut_key *a, const struct shortcut_key *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static void check_pattern(const struct shortcut_ask *ask, struct bytes text)
{
	struct replay replay = {0};
	struct replay_keep_fields fields = {.cache = text};
	struct shortcut_key wanted, key;
	struct shortcut_walk walk;
	const char *why;
	if (replay_read_keep(&replay, &fields, &why) == 0 && replay.keep.pattern &&
	    shortcut_pattern(&wanted, ask, bytes_of(replay.keep.pattern))) {
		shortcut_walk_init(&walk, ask);
		do
			assert(shortcut_next(&walk, &key));
		while (!same(&key, &wanted));
	}
	replay_free(&replay);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char onward[HTTP1_WRITE_MAX];
	static struct http1_head came, went;
	static struct http1_hop hop;
	const char *in = memchr(data, '\n', size);
	if (!in)
		return 0;
	struct bytes pattern = {(const char *)data, (size_t)(in - (const char *)data)};
	size_t len = size - pattern.len - 1;
	http1_head_init(&came);
	if (http1_request_parse(&came, ++in, len) != HTTP1_DONE || came.authority_len == 0)
		return 0; /* without a host there is no key */
	struct in6_addr ip;
	inet_pton(AF_INET6, "fdaa:0:1::2", &ip);
	http1_hop_init(&hop, &(struct http1_hop_facts){.client = &ip, .address = &ip, .port = 80, .region = "fra"});
	size_t onward_len = http1_request_write(onward, sizeof onward, in, &came,
	                                        &(struct http1_onward){.hop = &hop, .request_id = BYTES("x")});
	http1_head_init(&went);
	if (http1_request_parse(&went, onward, onward_len) != HTTP1_DONE)
		return 0; /* with our fields it is too large for another proxy */
	struct shortcut_ask first = {1, 80, &options, &came, in}, second = {1, 80, &options, &went, onward};
	struct shortcut_walk a, b;
	struct shortcut_key ka, kb;
	bool more;
	shortcut_walk_init(&a, &first);
	shortcut_walk_init(&b, &second);
	do {
		more = shortcut_next(&a, &ka);
		assert(more == shortcut_next(&b, &kb));
		assert(!more || (same(&ka, &kb) && a.from == b.from));
	} while (more);
	check_pattern(&first, pattern);
	return 0;
}
