/* control_look.h - what commands share that ask a daemon of this host how it is (control_ask.h). Owns nothing. */
#ifndef COMMAND_CONTROL_LOOK_H
#define COMMAND_CONTROL_LOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct call;

/* Which daemon: "the proxy", and its socket beside the registry: "proxy.sock". The flag --control names another one. */
struct control_daemon {
	const char *name;
	const char *socket;
};

/* The JSON object that it answers to `target`; change: it is told so (POST). 0 and *out (json_decref() it), or the exit code
 * after a sentence. */
int control_look(json_t **out, struct call *call, const struct control_daemon *daemon, const char *target, bool change);

/* The registry's newest change; -1: it cannot be read, which a daemon need not mind. */
int64_t control_newest(struct call *call);

/* Members of an answer: 0 and "?" when they are not there. */
json_int_t control_number(const json_t *object, const char *key);
const char *control_word(const json_t *object, const char *key);

void control_put_span(struct text *out, int64_t ms); /* "1d3h", "2h10m", "3m5s", "42s" */

#endif
