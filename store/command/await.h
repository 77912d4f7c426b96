/* await.h - wait until a Machine is where somebody wants it, or say why it does not come there. */
#ifndef COMMAND_AWAIT_H
#define COMMAND_AWAIT_H

#include "command/goal.h"

struct call;
struct machine;

struct await {
	struct call *call; /* its registry is open and outside a transaction */
	const char *id;
	struct goal goal;
	double seconds; /* at most */
};

/* 0 when it came there; *now (may be NULL) then gets its row, NULL when it is gone: machine_free() it.
 * Else 1, after a sentence on stderr and, for a Machine that did not start, its last lines. */
int await_machine(const struct await *await, struct machine **now);

/* What it wrote last, on stderr. */
void await_last_lines(const struct call *call, const char *id);

enum { AWAIT_DURATION = 32 };
/* "5m0s", "1.5s", as flyctl writes durations; returns out. */
const char *await_duration(char out[AWAIT_DURATION], double seconds);

#endif
