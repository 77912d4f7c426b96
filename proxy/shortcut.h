/* shortcut.h - which requests go one way: the keys under which a replay is remembered (replay_cache.h), and is found
 * again for a request. No socket, no loop; a digest is all it needs besides its arguments.
 *
 * A request is known by its session, where the port has rules for that (http_options.replay_cache: a beginning of the
 * path, and the name of a cookie or field, whose value is the session), and by the beginning of its path, where a Machine
 * said so (fly-replay-cache: [host]/path/ and a star). Either is known together with the network that the request came
 * from, the port it came to and the host it asked for. Paths are compared as they were sent, without their query.
 *
 * Fields that are not passed on to a Machine are not seen, so that the head as it came and the head as a Machine got it
 * have the same keys. A session's value stands in its key as SHA-256: no cache is a list of secrets. */
#ifndef PROXY_SHORTCUT_H
#define PROXY_SHORTCUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct http1_head;
struct port_options;
struct port_replay_cache;

enum {
	SHORTCUT_HOST = 255,
	SHORTCUT_PREFIX = 511,
	SHORTCUT_DEPTH = 16, /* slashes in a prefix: each is looked for */
	SHORTCUT_KEY = 1024
};

struct shortcut_ask {
	uint32_t network; /* of the address that was dialled */
	uint16_t port;
	const struct port_options *options; /* of the port */
	const struct http1_head *head;      /* of the request */
	const char *in;
};

struct shortcut_key {
	size_t len;
	char bytes[SHORTCUT_KEY];
};

/* The keys of a request, best first: its sessions in the order of the rules, then its paths, the longest first. */
struct shortcut_walk {
	const struct shortcut_ask *ask;
	uint32_t rule;                        /* the next one to look at */
	const struct port_replay_cache *from; /* the rule of the key that came last; NULL: of a path */
	size_t prefix;                        /* octets of the path of that key */
};
void shortcut_walk_init(struct shortcut_walk *walk, const struct shortcut_ask *ask);
bool shortcut_next(struct shortcut_walk *walk, struct shortcut_key *key);

/* The key that a Machine's pattern stands for; replay_read() has checked its form. False: the request is none that it is
 * for, or it is longer or deeper than is looked for. */
bool shortcut_pattern(struct shortcut_key *key, const struct shortcut_ask *ask, struct bytes pattern);

#endif
