/* replay.c - see replay.h. */
#include "replay.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "http1_name.h"
#include "http1_scan.h"

enum { TARGET_MAX = 4096, VALUE_MAX = 4096 };

static int no(const char **why, const char *sentence)
{
	*why = sentence;
	return -1;
}

/* ------------------------------------------------------------------------------------------------- one key, one value */

/* "10s", "800ms", "1.5s" no: whole numbers, seconds without a unit. */
static int take_timeout(struct replay *r, struct bytes value, const char **why)
{
	uint64_t number = 0;
	size_t i = 0;
	while (i < value.len && i < 9 && value.at[i] >= '0' && value.at[i] <= '9')
		number = number * 10 + (uint64_t)(value.at[i++] - '0');
	struct bytes unit = {value.at + i, value.len - i};
	if (bytes_equal(unit, BYTES("s")) || unit.len == 0)
		number *= 1000;
	else if (bytes_equal(unit, BYTES("m")))
		number *= 60000;
	else if (!bytes_equal(unit, BYTES("ms")))
		i = 0;
	if (i == 0 || number == 0 || number > REPLAY_TIMEOUT_MS)
		return no(why, "timeout is something else than 1ms to 600s, as in 800ms or 10s");
	r->timeout_ms = (uint32_t)number;
	return 0;
}

static int take_fallback(struct replay *r, struct bytes value, const char **why)
{
	if (bytes_equal(value, BYTES("prefer_self")))
		r->fallback = REPLAY_PREFER_SELF;
	else if (bytes_equal(value, BYTES("force_self")))
		r->fallback = REPLAY_FORCE_SELF;
	else
		return no(why, "fallback is neither prefer_self nor force_self");
	return 0;
}

/* It travels in a field, so it must be fit for one. */
static int take_state(struct replay *r, struct bytes value, const char **why)
{
	if (value.len > REPLAY_STATE)
		return no(why, "state is longer than 1024 octets");
	if (http1_value_end(value.at, value.at + value.len) != value.at + value.len)
		return no(why, "state has a control character in it");
	memcpy(r->state, value.at, value.len);
	r->state[value.len] = '\0';
	return 0;
}

static int take_elsewhere(struct replay *r, struct bytes value, const char **why)
{
	if (!bytes_equal(value, BYTES("true")) && !bytes_equal(value, BYTES("false")))
		return no(why, "elsewhere is neither true nor false");
	r->elsewhere = value.len == 4;
	return 0;
}

static int take_region(struct replay *r, struct bytes value, const char **why)
{
	steer_regions_read(&r->steer.force_regions, value);
	return r->steer.force_regions.count ? 0 : no(why, "region is empty");
}

static int take_word(char *out, size_t size, struct bytes value, const char **why)
{
	if (value.len == 0 || !http1_word_is_token(value))
		return no(why, "a Machine's id or an app's name is none");
	steer_word_read(out, size, value);
	return 0;
}

static int take_instance(struct replay *r, struct bytes value, const char **why)
{
	return take_word(r->steer.force_id, sizeof r->steer.force_id, value, why);
}

static int take_prefer_instance(struct replay *r, struct bytes value, const char **why)
{
	return take_word(r->steer.prefer_id, sizeof r->steer.prefer_id, value, why);
}

static int take_app(struct replay *r, struct bytes value, const char **why)
{
	return take_word(r->steer.app, sizeof r->steer.app, value, why);
}

static const struct key {
	const char *name;
	int (*take)(struct replay *r, struct bytes value, const char **why);
} keys[] = {
    {"region", take_region},   {"instance", take_instance}, {"prefer_instance", take_prefer_instance},
    {"app", take_app},         {"state", take_state},       {"elsewhere", take_elsewhere},
    {"timeout", take_timeout}, {"fallback", take_fallback},
};
enum { KEYS = sizeof keys / sizeof *keys };

/* *taken: a bit for each key that came, since none may come twice. */
static int take(struct replay *r, struct bytes name, struct bytes value, unsigned *taken, const char **why)
{
	for (unsigned i = 0; i < KEYS; i++) {
		if (!http1_word_is(name, keys[i].name))
			continue;
		if (*taken & 1U << i)
			return no(why, "it has a key twice");
		*taken |= 1U << i;
		return keys[i].take(r, value, why);
	}
	return no(why, "it has a key that is not known; those that are: region, instance, prefer_instance, app, state, "
	               "elsewhere, timeout, fallback");
}

static int check(const struct replay *r, unsigned taken, const char **why)
{
	if (!taken && !r->path && !r->field_count) /* a wish to be remembered says nothing about where to go */
		return no(why, "it is empty");
	if (r->steer.force_id[0] && r->steer.prefer_id[0])
		return no(why, "it has both instance and prefer_instance");
	return 0;
}

/* -------------------------------------------------------------------------------------------------- key=value;key=value */

/* Up to the ';' that ends it; quoted as a whole or not at all. False: a quotation mark is alone. */
static bool value_next(struct bytes *rest, struct bytes *value)
{
	const char *end = rest->at + rest->len;
	const char *at = rest->at;
	if (at < end && *at == '"') {
		const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));
		if (!close)
			return false;
		*value = (struct bytes){at + 1, (size_t)(close - at - 1)};
		at = close + 1;
		while (at < end && http1_is_blank(*at))
			at++;
		if (at < end && *at != ';')
			return false;
	} else {
		const char *semicolon = memchr(at, ';', (size_t)(end - at));
		at = semicolon ? semicolon : end;
		*value = http1_trim(rest->at, at);
	}
	at += at < end;
	*rest = (struct bytes){at, (size_t)(end - at)};
	return true;
}

int replay_read(struct replay *out, struct bytes rest, const char **why)
{
	unsigned taken = 0;
	memset(out, 0, sizeof *out);
	while (rest.len > 0) {
		while (rest.len > 0 && (http1_is_blank(*rest.at) || *rest.at == ';')) {
			rest.at++;
			rest.len--;
		}
		if (rest.len == 0)
			break;
		const char *equals = memchr(rest.at, '=', rest.len);
		if (!equals)
			return no(why, "it is not a list of key=value with semicolons between them");
		struct bytes name = http1_trim(rest.at, equals), value;
		rest.len -= (size_t)(equals + 1 - rest.at);
		rest.at = equals + 1;
		while (rest.len > 0 && http1_is_blank(*rest.at)) {
			rest.at++;
			rest.len--;
		}
		if (!value_next(&rest, &value))
			return no(why, "it has a quotation mark without its other half");
		if (take(out, name, value, &taken, why) < 0)
			return -1;
	}
	return check(out, taken, why);
}

/* ----------------------------------------------------------------------------------------------------- to be remembered */

/* "[host]/path/" + "*": one star, at the end, behind a slash. */
static int take_pattern(struct replay *r, struct bytes value, const char **why)
{
	const char *slash = value.len ? memchr(value.at, '/', value.len) : NULL;
	if (!slash || value.len < 2 || memcmp(value.at + value.len - 2, "/*", 2) != 0 ||
	    memchr(value.at, '*', value.len - 1) ||
	    http1_target_end(slash, value.at + value.len) != value.at + value.len)
		return no(why, "the pattern of paths for its cache does not end in /*, or has another star");
	if (value.len > REPLAY_PATTERN)
		return no(why, "the pattern of paths for its cache is longer than 511 octets");
	free(r->keep.pattern);
	r->keep.pattern = mem_new(value.len + 1);
	memcpy(r->keep.pattern, value.at, value.len);
	return 0;
}

static int take_ttl(struct replay *r, struct bytes value, const char **why)
{
	uint64_t number = 0;
	size_t i = 0;
	while (i < value.len && i < 9 && value.at[i] >= '0' && value.at[i] <= '9')
		number = number * 10 + (uint64_t)(value.at[i++] - '0');
	if (number == 0 || i != value.len)
		return no(why, "the time for its cache is no number of seconds");
	r->keep.ttl_seconds = (uint32_t)number;
	return 0;
}

static int take_bypass(struct replay *r, struct bytes value, const char **why)
{
	r->keep.allow_bypass = http1_word_is(value, "yes") || http1_word_is(value, "true");
	if (!r->keep.allow_bypass && !http1_word_is(value, "no") && !http1_word_is(value, "false"))
		return no(why, "fly-replay-cache-allow-bypass is neither yes nor no");
	return 0;
}

int replay_read_keep(struct replay *out, const struct replay_keep_fields *fields, const char **why)
{
	out->keep.invalidate = fields->cache.at && http1_word_is(fields->cache, "invalidate");
	if (fields->cache.at && !out->keep.invalidate && take_pattern(out, fields->cache, why) < 0)
		return -1;
	if (fields->ttl.at && take_ttl(out, fields->ttl, why) < 0)
		return -1;
	return fields->allow_bypass.at ? take_bypass(out, fields->allow_bypass, why) : 0;
}

/* ----------------------------------------------------------------------------------------------------------------- JSON */

static struct bytes string_of(const json_t *value)
{
	return (struct bytes){json_string_value(value), json_string_length(value)};
}

/* A field that an app may set or delete in the request that goes on: nothing that frames, routes or is ours. */
static bool is_free(struct bytes name)
{
	if (!http1_word_is_token(name))
		return false;
	switch (http1_name_find(name.at, name.len)) {
	case HTTP1_NAME_OTHER:
	case HTTP1_NAME_SERVER:
	case HTTP1_NAME_STEER:
		return true;
	default:
		return false;
	}
}

static int add_field(struct replay *r, struct bytes name, const char *value, const char **why)
{
	if (r->field_count == REPLAY_FIELDS)
		return no(why, "transform has more than 32 fields");
	if (!is_free(name))
		return no(why, "transform names a field that frames the request, says whose it is or is no name");
	r->fields = mem_resize(r->fields, (r->field_count + 1) * sizeof *r->fields);
	r->fields[r->field_count++] = (struct replay_field){mem_text(name.at), mem_text(value)};
	return 0;
}

static int take_path(struct replay *r, const json_t *value, const char **why)
{
	struct bytes path = string_of(value);
	if (!json_is_string(value) || path.len == 0 || path.at[0] != '/' || path.len > TARGET_MAX ||
	    http1_target_end(path.at, path.at + path.len) != path.at + path.len)
		return no(why, "transform.path is no path that begins with /");
	r->path = mem_text(path.at);
	return 0;
}

static int take_deletions(struct replay *r, const json_t *value, const char **why)
{
	if (!json_is_array(value))
		return no(why, "transform.delete_headers is no list of names");
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *name = json_array_get(value, i);
		if (!json_is_string(name))
			return no(why, "transform.delete_headers is no list of names");
		if (add_field(r, string_of(name), NULL, why) < 0)
			return -1;
	}
	return 0;
}

static int take_settings(struct replay *r, const json_t *value, const char **why)
{
	static const char sentence[] = "transform.set_headers is no list of objects with name and value";
	if (!json_is_array(value))
		return no(why, sentence);
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);
		const json_t *name = json_object_get(item, "name"), *text = json_object_get(item, "value");
		if (json_object_size(item) != 2 || !json_is_string(name) || !json_is_string(text))
			return no(why, sentence);
		struct bytes v = string_of(text);
		if (v.len > VALUE_MAX || http1_value_end(v.at, v.at + v.len) != v.at + v.len)
			return no(why,
			          "transform.set_headers has a value with a control character or over 4096 octets");
		if (add_field(r, string_of(name), v.at, why) < 0)
			return -1;
	}
	return 0;
}

static int take_transform(struct replay *r, json_t *value, const char **why)
{
	const char *key;
	json_t *item;
	if (!json_is_object(value))
		return no(why, "transform is no object");
	json_object_foreach(value, key, item)
	{
		int rc;
		if (strcmp(key, "path") == 0)
			rc = take_path(r, item, why);
		else if (strcmp(key, "delete_headers") == 0)
			rc = take_deletions(r, item, why);
		else if (strcmp(key, "set_headers") == 0)
			rc = take_settings(r, item, why);
		else
			rc = no(why, "transform has a key that is not path, delete_headers or set_headers");
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int take_switch(bool *out, const json_t *value, const char **why)
{
	if (!json_is_boolean(value))
		return no(why, "cache.invalidate or allow_bypass is neither true nor false");
	*out = json_is_true(value);
	return 0;
}

static int take_cache_member(struct replay *r, const char *key, const json_t *value, const char **why)
{
	if (strcmp(key, "prefix") == 0)
		return json_is_string(value) ? take_pattern(r, string_of(value), why)
		                             : no(why, "cache.prefix is no text");
	if (strcmp(key, "invalidate") == 0)
		return take_switch(&r->keep.invalidate, value, why);
	if (strcmp(key, "allow_bypass") == 0)
		return take_switch(&r->keep.allow_bypass, value, why);
	if (strcmp(key, "ttl") != 0)
		return no(why, "cache has a key that is not prefix, ttl, invalidate or allow_bypass");
	if (!json_is_integer(value) || json_integer_value(value) <= 0 || json_integer_value(value) > UINT32_MAX)
		return no(why, "cache.ttl is no number of seconds");
	r->keep.ttl_seconds = (uint32_t)json_integer_value(value);
	return 0;
}

static int take_cache(struct replay *r, json_t *value, const char **why)
{
	const char *key;
	json_t *item;
	int rc = 0;
	if (!json_is_object(value))
		return no(why, "cache is no object");
	json_object_foreach(value, key, item) if (rc == 0) rc = take_cache_member(r, key, item, why);
	return rc;
}

static int take_member(struct replay *r, const char *key, json_t *value, unsigned *taken, const char **why)
{
	if (strcmp(key, "transform") == 0)
		return take_transform(r, value, why);
	if (strcmp(key, "cache") == 0)
		return take_cache(r, value, why);
	if (strcmp(key, "allow_bypass") == 0)
		return take_switch(&r->keep.allow_bypass, value, why);
	if (json_is_boolean(value) && strcmp(key, "elsewhere") == 0) {
		r->elsewhere = json_is_true(value);
		*taken |= 1U << KEYS;
		return 0;
	}
	if (!json_is_string(value))
		return no(why, "it has a value that is no text");
	return take(r, bytes_of(key), string_of(value), taken, why);
}

int replay_read_json(struct replay *out, struct bytes text, const char **why)
{
	unsigned taken = 0;
	const char *key;
	json_t *value;
	int rc = 0;
	memset(out, 0, sizeof *out);
	json_t *root = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(root)) {
		json_decref(root);
		return no(why, "it is no JSON object");
	}
	json_object_foreach(root, key, value) if (rc == 0) rc = take_member(out, key, value, &taken, why);
	json_decref(root);
	return rc < 0 ? rc : check(out, taken, why);
}

void replay_free(struct replay *replay)
{
	for (uint32_t i = 0; i < replay->field_count; i++) {
		free(replay->fields[i].name);
		free(replay->fields[i].value);
	}
	free(replay->fields);
	free(replay->path);
	free(replay->keep.pattern);
	replay->fields = NULL;
	replay->path = replay->keep.pattern = NULL;
	replay->field_count = 0;
}
