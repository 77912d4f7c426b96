/* shortcut.c - see shortcut.h. */
#include "shortcut.h"

#include <openssl/sha.h>
#include <string.h>

#include "http1.h"
#include "http1_put.h"
#include "http1_scan.h"
#include "port_options.h"

enum kind { KIND_PATH = 'p', KIND_COOKIE = 'c', KIND_FIELD = 'f' };

static struct bytes path_of(const struct shortcut_ask *ask)
{
	struct bytes target = http1_head_target(ask->head, ask->in);
	const char *query = memchr(target.at, '?', target.len);
	if (query)
		target.len = (size_t)(query - target.at);
	return target.len ? target : BYTES("/"); /* "?query" is what a target without a path looks like */
}

/* Without its port. */
static struct bytes host_of(const struct shortcut_ask *ask)
{
	struct bytes host = http1_head_authority(ask->head, ask->in);
	const char *end = host.len && host.at[0] == '[' ? memchr(host.at, ']', host.len) : NULL;
	const char *colon = end ? end + 1 : host.len ? memchr(host.at, ':', host.len) : NULL;
	if (colon)
		host.len = (size_t)(colon - host.at);
	return host;
}

static bool begins(struct bytes path, struct bytes prefix)
{
	return path.len >= prefix.len && memcmp(path.at, prefix.at, prefix.len) == 0;
}

/* What all keys begin with; NULL: there is no host, or none that could be. */
static char *put_start(struct shortcut_key *key, const struct shortcut_ask *ask, enum kind kind, struct bytes prefix)
{
	struct bytes host = host_of(ask);
	char *at = key->bytes;
	if (host.len == 0 || host.len > SHORTCUT_HOST || prefix.len > SHORTCUT_PREFIX)
		return NULL;
	*at++ = (char)kind;
	at = put(at, (const char *)&ask->network, sizeof ask->network);
	at = put(at, (const char *)&ask->port, sizeof ask->port);
	for (size_t i = 0; i < host.len; i++)
		*at++ = http1_fold(host.at[i]);
	*at++ = '/'; /* in no host */
	return put(at, prefix.at, prefix.len);
}

/* ----------------------------------------------------------------------------------------------------------- sessions */

/* The value of that cookie in a field Cookie (RFC 6265 4.2.1). */
static bool cookie_find(struct bytes *out, struct bytes pairs, struct bytes name)
{
	const char *at = pairs.at, *end = pairs.at + pairs.len;
	while (at < end) {
		const char *semicolon = memchr(at, ';', (size_t)(end - at));
		struct bytes pair = http1_trim(at, semicolon ? semicolon : end);
		if (begins(pair, name) && pair.len > name.len && pair.at[name.len] == '=') {
			*out = (struct bytes){pair.at + name.len + 1, pair.len - name.len - 1};
			return true;
		}
		at = semicolon ? semicolon + 1 : end;
	}
	return false;
}

/* False: the request is of no session by this rule. */
static bool session_of(struct bytes *out, const struct shortcut_ask *ask, const struct port_replay_cache *rule)
{
	struct bytes name = bytes_of(rule->by_cookie ? "cookie" : rule->name);
	for (uint32_t i = 0; i < ask->head->count; i++) {
		const struct http1_field *field = &ask->head->field[i];
		struct bytes value = {ask->in + field->value, field->value_len};
		if (field->drop || !http1_word_equal((struct bytes){ask->in + field->name, field->name_len}, name))
			continue;
		if (rule->by_cookie && !cookie_find(&value, value, bytes_of(rule->name)))
			continue;
		*out = value;
		return value.len > 0;
	}
	return false;
}

static bool session_key(struct shortcut_key *key, const struct shortcut_ask *ask, const struct port_replay_cache *rule)
{
	struct bytes session = BYTES(""), prefix = bytes_of(rule->path_prefix);
	if (!begins(path_of(ask), prefix) || (rule->name && !session_of(&session, ask, rule)))
		return false;
	char *at = put_start(key, ask, rule->by_cookie ? KIND_COOKIE : KIND_FIELD, prefix);
	size_t name_len = rule->name ? strlen(rule->name) : 0;
	if (!at || at + 1 + name_len + SHA256_DIGEST_LENGTH > key->bytes + sizeof key->bytes)
		return false;
	*at++ = ' '; /* in no path */
	at = put(at, rule->name, name_len);
	SHA256((const unsigned char *)session.at, session.len, (unsigned char *)at);
	key->len = (size_t)(at + SHA256_DIGEST_LENGTH - key->bytes);
	return true;
}

/* -------------------------------------------------------------------------------------------------------------- paths */

/* The longest prefix of the path that is shorter than `less`, ends in a slash and is not too deep; 0: none. */
static size_t prefix_before(struct bytes path, size_t less)
{
	size_t found = 0, depth = 0;
	for (size_t i = 0; i < path.len && i + 1 < less && i < SHORTCUT_PREFIX && depth < SHORTCUT_DEPTH; i++) {
		if (path.at[i] != '/')
			continue;
		found = i + 1;
		depth++;
	}
	return found;
}

static bool path_key(struct shortcut_key *key, const struct shortcut_ask *ask, struct bytes prefix)
{
	char *at = put_start(key, ask, KIND_PATH, prefix);
	if (at)
		key->len = (size_t)(at - key->bytes);
	return at != NULL;
}

bool shortcut_pattern(struct shortcut_key *key, const struct shortcut_ask *ask, struct bytes pattern)
{
	struct bytes path = path_of(ask);
	const char *slash = memchr(pattern.at, '/', pattern.len);
	struct bytes host = {pattern.at, (size_t)(slash - pattern.at)};
	struct bytes prefix = {slash, pattern.len - host.len - 1}; /* without the star */
	if (host.len > 0 && !http1_word_equal(host, host_of(ask)))
		return false;
	return begins(path, prefix) && prefix_before(path, prefix.len + 1) == prefix.len && path_key(key, ask, prefix);
}

/* --------------------------------------------------------------------------------------------------------------- both */

void shortcut_walk_init(struct shortcut_walk *walk, const struct shortcut_ask *ask)
{
	*walk = (struct shortcut_walk){.ask = ask, .prefix = SIZE_MAX};
}

bool shortcut_next(struct shortcut_walk *walk, struct shortcut_key *key)
{
	const struct shortcut_ask *ask = walk->ask;
	while (walk->rule < ask->options->replay_cache_count) {
		walk->from = &ask->options->replay_caches[walk->rule++];
		if (session_key(key, ask, walk->from))
			return true;
	}
	walk->from = NULL;
	struct bytes path = path_of(ask);
	walk->prefix = prefix_before(path, walk->prefix);
	return walk->prefix > 0 && path_key(key, ask, (struct bytes){path.at, walk->prefix});
}
