/* port_options.c - see port_options.h. */
#include "port_options.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* What a member of an object may be; `take` puts it into the options. False: a sentence is in why. */
struct reading {
	struct port_options *out;
	struct text *why;
	size_t header_size; /* octets that the fields set so far take */
};

struct member {
	const char *name;
	bool (*take)(struct reading *reading, const char *path, json_t *value);
};

static bool refuse(struct reading *r, const char *path, const char *what)
{
	if (r->why)
		text_format(r->why, "%s %s", path, what);
	return false;
}

/* Every member of the object must be one of the list, which ends with a NULL name. */
static bool take_object(struct reading *r, const char *path, json_t *object, const struct member *members)
{
	const char *name;
	json_t *value;
	if (!json_is_object(object))
		return refuse(r, path, "must be an object");
	json_object_foreach(object, name, value)
	{
		const struct member *m = members;
		while (m->name && strcmp(m->name, name) != 0)
			m++;
		if (m->name) {
			if (!m->take(r, m->name, value))
				return false;
			continue;
		}
		if (r->why) {
			text_format(r->why, "%s has no option \"%.40s\"; there are", path, name);
			for (m = members; m->name; m++)
				text_format(r->why, "%s %s", m == members ? "" : ",", m->name);
		}
		return false;
	}
	return true;
}

static bool take_switch(struct reading *r, const char *path, const json_t *value, bool *out)
{
	if (!json_is_boolean(value))
		return refuse(r, path, "must be true or false");
	*out = json_is_true(value);
	return true;
}

static bool take_seconds(struct reading *r, const char *path, const json_t *value, uint32_t *out)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > PORT_SECONDS_MOST)
		return refuse(r, path, "must be a whole number of seconds, at most 86400");
	*out = (uint32_t)json_integer_value(value);
	return true;
}

/* A string without a NUL or a line break, not empty. */
static const char *plain_string(const json_t *value)
{
	const char *text = json_string_value(value);
	if (!text || !*text || strlen(text) != json_string_length(value) || strpbrk(text, "\r\n"))
		return NULL;
	return text;
}

/* ------------------------------------------------------------------------------------------------ tls_options */

static bool take_alpn(struct reading *r, const char *path, json_t *value)
{
	struct text wire = {0};
	size_t i;
	json_t *item;
	if (!json_is_array(value) || json_array_size(value) > PORT_ALPN_MOST)
		return refuse(r, path,
		              "must be a list of at most 16 protocol names, for example [\"h2\", \"http/1.1\"]");
	json_array_foreach(value, i, item)
	{
		const char *name = plain_string(item);
		size_t len = name ? strlen(name) : 0;
		if (len == 0 || len > 255) {
			text_free(&wire);
			return refuse(r, path, "has a name that is empty or over 255 octets");
		}
		char octet = (char)len;
		text_add(&wire, &octet, 1);
		text_add(&wire, name, len);
	}
	free(r->out->alpn);
	r->out->alpn = wire.at;
	r->out->alpn_len = (uint16_t)wire.len;
	return true;
}

static bool take_versions(struct reading *r, const char *path, json_t *value)
{
	uint8_t bits = 0;
	size_t i;
	json_t *item;
	json_array_foreach(value, i, item)
	{
		const char *name = json_is_string(item) ? json_string_value(item) : "";
		if (strcmp(name, "TLSv1.2") == 0)
			bits |= PORT_TLS_1_2;
		else if (strcmp(name, "TLSv1.3") == 0)
			bits |= PORT_TLS_1_3;
		else
			return refuse(r, path, "may have TLSv1.2 and TLSv1.3 in it");
	}
	if (!bits)
		return refuse(r, path, "must be a list of TLSv1.2, TLSv1.3 or both");
	r->out->tls_versions = bits;
	return true;
}

static bool take_self_signed(struct reading *r, const char *path, json_t *value)
{
	return take_switch(r, path, value, &r->out->default_self_signed);
}

static bool take_tls(struct reading *r, const char *path, json_t *value)
{
	static const struct member members[] = {
	    {"alpn", take_alpn}, {"versions", take_versions}, {"default_self_signed", take_self_signed}, {0}};
	return take_object(r, path, value, members);
}

/* ----------------------------------------------------------------------------------------------- http_options */

/* RFC 9110 5.1: a token. */
static bool is_token(const char *name)
{
	return *name && strspn(name, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
	                    strlen(name);
}

/* Fields that say where a message ends or who speaks to whom; changing them would break the connection. */
static bool is_framing(const char *name)
{
	static const char *const names[] = {"connection", "content-length", "transfer-encoding",
	                                    "upgrade",    "keep-alive",     "proxy-connection",
	                                    "te",         "trailer",        NULL};
	for (size_t i = 0; names[i]; i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

static bool add_header(struct reading *r, const char *path, const char *name, const char *value)
{
	struct port_options *o = r->out;
	if (o->header_count == PORT_HEADERS_MOST)
		return refuse(r, path, "has more than 64 values");
	for (const char *c = value; c && *c; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127)
			return refuse(r, path, "has a value with a control character");
	r->header_size += value ? strlen(name) + strlen(value) + strlen(": \r\n") : 0;
	if (r->header_size > PORT_HEADERS_SIZE)
		return refuse(r, path, "takes more than 8192 octets in a response");
	o->headers = mem_resize(o->headers, (o->header_count + 1) * sizeof *o->headers);
	o->headers[o->header_count++] = (struct port_header){mem_text(name), mem_text(value)};
	return true;
}

static bool take_headers(struct reading *r, const char *path, json_t *value)
{
	const char *name;
	json_t *what, *item;
	size_t i;
	if (!json_is_object(value))
		return refuse(r, path, "must be an object of field names and values");
	json_object_foreach(value, name, what)
	{
		if (!is_token(name) || is_framing(name))
			return refuse(r, path, "has a name that is no field name, or one that frames the message");
		if (json_is_false(what)) {
			if (!add_header(r, path, name, NULL))
				return false;
			continue;
		}
		if (json_is_string(what) && strlen(json_string_value(what)) == json_string_length(what)) {
			if (!add_header(r, path, name, json_string_value(what)))
				return false;
			continue;
		}
		if (!json_is_array(what) || json_array_size(what) == 0)
			return refuse(r, path, "has a value that is no string, no list of strings and not false");
		json_array_foreach(what, i, item)
		{
			if (!json_is_string(item) || strlen(json_string_value(item)) != json_string_length(item))
				return refuse(r, path, "has a list with something in it that is no string");
			if (!add_header(r, path, name, json_string_value(item)))
				return false;
		}
	}
	return true;
}

static bool take_pristine(struct reading *r, const char *path, json_t *value)
{
	return take_switch(r, path, value, &r->out->pristine);
}

static bool take_response(struct reading *r, const char *path, json_t *value)
{
	static const struct member members[] = {{"headers", take_headers}, {"pristine", take_pristine}, {0}};
	return take_object(r, path, value, members);
}

static bool take_compress(struct reading *r, const char *path, json_t *value)
{
	return take_switch(r, path, value, &r->out->compress);
}

static bool take_h2_backend(struct reading *r, const char *path, json_t *value)
{
	return take_switch(r, path, value, &r->out->h2_backend);
}

static bool take_idle_timeout(struct reading *r, const char *path, json_t *value)
{
	return take_seconds(r, path, value, &r->out->idle_timeout);
}

static bool take_headers_read_timeout(struct reading *r, const char *path, json_t *value)
{
	return take_seconds(r, path, value, &r->out->headers_read_timeout);
}

static bool take_replay_cache(struct reading *r, const char *path, json_t *value)
{
	struct port_options *o = r->out;
	const char *prefix = NULL, *type = NULL, *name = NULL;
	json_int_t ttl = 0;
	int bypass = 0;
	if (json_unpack(value, "{s:s, s?I, s?s, s?s, s?b !}", "path_prefix", &prefix, "ttl_seconds", &ttl, "type",
	                &type, "name", &name, "allow_bypass", &bypass) < 0 ||
	    *prefix != '/')
		return refuse(r, path,
		              "must have path_prefix (\"/...\"), and may have ttl_seconds, type, name, allow_bypass");
	bool cookie = type && strcmp(type, "cookie") == 0;
	if ((type != NULL) != (name != NULL) || (type && !cookie && strcmp(type, "header") != 0) ||
	    (name && !is_token(name)))
		return refuse(r, path, "needs type \"cookie\" or \"header\" together with its name");
	if (ttl != 0 && (ttl < 10 || ttl > PORT_SECONDS_MOST))
		return refuse(r, path, "has ttl_seconds that are not 10 to 86400");
	o->replay_caches = mem_resize(o->replay_caches, (o->replay_cache_count + 1) * sizeof *o->replay_caches);
	o->replay_caches[o->replay_cache_count++] = (struct port_replay_cache){
	    .path_prefix = mem_text(prefix),
	    .name = mem_text(name),
	    .ttl_seconds = ttl ? (uint32_t)ttl : 10,
	    .by_cookie = cookie,
	    .allow_bypass = bypass,
	};
	return true;
}

static bool take_replay_caches(struct reading *r, const char *path, json_t *value)
{
	size_t i;
	json_t *item;
	if (!json_is_array(value) || json_array_size(value) > PORT_REPLAY_CACHES_MOST)
		return refuse(r, path, "must be a list of at most 16 objects");
	json_array_foreach(value, i, item) if (!take_replay_cache(r, path, item)) return false;
	return true;
}

static bool take_http(struct reading *r, const char *path, json_t *value)
{
	static const struct member members[] = {{"compress", take_compress},
	                                        {"response", take_response},
	                                        {"h2_backend", take_h2_backend},
	                                        {"idle_timeout", take_idle_timeout},
	                                        {"headers_read_timeout", take_headers_read_timeout},
	                                        {"replay_cache", take_replay_caches},
	                                        {0}};
	return take_object(r, path, value, members);
}

/* ---------------------------------------------------------------------------------------- proxy_proto_options */

static bool take_version(struct reading *r, const char *path, json_t *value)
{
	const char *version = json_is_string(value) ? json_string_value(value) : "";
	if (strcmp(version, "v1") != 0 && strcmp(version, "v2") != 0)
		return refuse(r, path, "of proxy_proto_options must be \"v1\" or \"v2\"");
	r->out->proxy_version = version[1] == '2' ? 2 : 1;
	return true;
}

static bool take_proxy(struct reading *r, const char *path, json_t *value)
{
	static const struct member members[] = {{"version", take_version}, {0}};
	return take_object(r, path, value, members);
}

/* -------------------------------------------------------------------------------------------------- the whole */

const struct port_options *port_options_default(void)
{
	static const struct port_options all = {.tls_versions = PORT_TLS_1_2 | PORT_TLS_1_3, .proxy_version = 1};
	return &all;
}

struct port_options *port_options_parse(const char *json, struct text *why)
{
	static const struct member members[] = {
	    {"tls_options", take_tls}, {"http_options", take_http}, {"proxy_proto_options", take_proxy}, {0}};
	struct port_options *o = mem_copy(port_options_default(), sizeof *o);
	struct reading r = {o, why, 0};
	json_error_t error;
	size_t len = strlen(json);
	json_t *root = len <= PORT_OPTIONS_MOST ? json_loadb(json, len, JSON_REJECT_DUPLICATES, &error) : NULL;
	if (!root && why)
		text_format(why, "port options are no JSON object of at most %d octets", PORT_OPTIONS_MOST);
	if (!root || !take_object(&r, "port options", root, members)) {
		port_options_free(o);
		o = NULL;
	}
	json_decref(root);
	return o;
}

void port_options_free(struct port_options *options)
{
	if (!options)
		return;
	for (uint32_t i = 0; i < options->header_count; i++) {
		free(options->headers[i].name);
		free(options->headers[i].value);
	}
	for (uint32_t i = 0; i < options->replay_cache_count; i++) {
		free(options->replay_caches[i].path_prefix);
		free(options->replay_caches[i].name);
	}
	free(options->headers);
	free(options->replay_caches);
	free(options->alpn);
	free(options);
}
