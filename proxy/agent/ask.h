/* ask.h - what proxy and agent say to each other: one text message per packet of a SOCK_SEQPACKET Unix socket.
 * Pure: turns messages into structs and back; never touches a socket.
 *
 *   proxy to agent   <serial> start <machine>      bring it to started, from wherever it is
 *                    <serial> stop <machine>       idle: stop it
 *                    <serial> suspend <machine>    idle: suspend it (stop when it cannot be suspended)
 *                    <serial> explain <machine>    why does nobody answer there?
 *                    0 away - created <text>       how far the regions are, all that is known: "fra 1500 nrt 262144"
 *   agent to proxy   <serial> ok <machine> <state> <milliseconds>
 *                    <serial> error <machine> <state> <sentence>       refused or failed; state is what it is now
 *                    <serial> told <machine> <state> <text>            answer to explain; text may have newlines
 *                    0 state <machine> <state> 0                       it changed; one for each Machine after connect
 *
 * serial is chosen by the proxy, 1..2^32-1, and comes back on the one answer. state is a name of machine_state.
 * A message is at most ASK_SIZE bytes; what does not parse is answered with "0 error - created <sentence>". */
#ifndef AGENT_ASK_H
#define AGENT_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"

enum { ASK_SIZE = 8192, ASK_MACHINE = 15 };

enum ask_verb { ASK_START, ASK_STOP, ASK_SUSPEND, ASK_EXPLAIN, ASK_OK, ASK_ERROR, ASK_TOLD, ASK_STATE, ASK_AWAY };

struct ask {
	uint32_t serial;
	enum ask_verb verb;
	char machine[ASK_MACHINE]; /* NUL-terminated */
	enum machine_state state;  /* answers only */
	uint32_t took_ms;          /* ASK_OK */
	const char *text;          /* ASK_ERROR, ASK_TOLD, ASK_AWAY: points into the message; NUL-terminated there */
};

/* message[len] must be writable for the NUL. false: not a message; *out is undefined. */
bool ask_read(struct ask *out, char *message, size_t len);
/* Into out[ASK_SIZE]; a text that is too long is cut. Returns the length. */
size_t ask_write(char *out, const struct ask *ask);

struct ask_away {
	char region[4];
	uint32_t microseconds;
};
/* The next one of an ASK_AWAY's text; *text moves on. 1, 0 at the end, -1: that is none. */
int ask_away_next(struct ask_away *out, const char **text);

#endif
