/* replay.h - what a Machine says with the field fly-replay, or with a body of application/vnd.fly.replay+json, when it
 * wants another Machine to answer a request. Pure.
 *
 *   fly-replay: region="fra,any";prefer_instance=148e2573b21968;state=seen;timeout=10s;fallback=prefer_self
 *
 * Keys: region, instance, prefer_instance, app, state, elsewhere, timeout, fallback; in JSON also transform {path,
 * delete_headers [name], set_headers [{name, value}]}, cache {prefix, ttl, invalidate} and allow_bypass, for which the
 * first form has fields of their own (replay_read_keep). Anything else, and a value that cannot be, is refused with a
 * sentence, so that a misspelt key never sends a request somewhere by accident. */
#ifndef PROXY_REPLAY_H
#define PROXY_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "steer.h"

enum {
	REPLAY_HOPS = 10,           /* replays of one request */
	REPLAY_STATE = 1024,        /* bytes of state */
	REPLAY_JSON = 16384,        /* bytes of a JSON answer */
	REPLAY_FIELDS = 32,         /* that a transform sets or deletes */
	REPLAY_TIMEOUT_MS = 600000, /* the longest timeout */
	REPLAY_PATTERN = 511        /* bytes of a pattern of paths */
};
#define REPLAY_JSON_TYPE "application/vnd.fly.replay+json"

enum replay_fallback {
	REPLAY_NO_FALLBACK,
	REPLAY_PREFER_SELF, /* back to this app, to the Machine that sent it if it can */
	REPLAY_FORCE_SELF   /* back to the Machine that sent it */
};

struct replay_field {
	char *name;
	char *value; /* NULL: fields of that name are left out */
};

struct replay_keep {          /* for requests to come (shortcut.h) */
	char *pattern;        /* "[host]/some/path/" + "*", the star included; NULL: none was said */
	uint32_t ttl_seconds; /* 0: none was said */
	bool invalidate;      /* what is remembered for this request is to be forgotten */
	bool allow_bypass;    /* clients may ask not to be sent the short way */
};

struct replay {
	struct steer steer; /* force_regions, force_id, prefer_id, app */
	bool elsewhere;     /* any Machine but the one that says so */
	enum replay_fallback fallback;
	uint32_t timeout_ms; /* for a Machine to take it; 0: none of its own */
	uint32_t field_count;
	struct replay_field *fields; /* transform */
	char *path;                  /* transform: the new request target; NULL: as it was */
	struct replay_keep keep;
	char state[REPLAY_STATE + 1];
};

/* 0, or -1 with *why: a static sentence without a full stop. replay_free() afterwards in both cases. */
int replay_read(struct replay *out, struct bytes value, const char **why);
int replay_read_json(struct replay *out, struct bytes json, const char **why);
void replay_free(struct replay *replay);

struct replay_keep_fields {        /* values; .at NULL where there is none */
	struct bytes cache;        /* fly-replay-cache: a pattern, or "invalidate" */
	struct bytes ttl;          /* fly-replay-cache-ttl-secs */
	struct bytes allow_bypass; /* fly-replay-cache-allow-bypass: "yes" */
};
/* What goes with the first form; after replay_read(). */
int replay_read_keep(struct replay *out, const struct replay_keep_fields *fields, const char **why);

#endif
