/* roll.h - a Machine takes up what is new in its row: one that runs is restarted and has to prove itself, one that is
 * suspended ends, for its memory has what was before. Owns nothing. */
#ifndef COMMAND_ROLL_H
#define COMMAND_ROLL_H

#include "command/goal.h"

struct call;
struct machine;

/* What it has to be asked for; NULL: nothing, it takes up its row when it starts. */
const char *roll_wish(const struct machine *machine);
/* Inside the transaction of the call: asks for it. start: also one that does not run is to. goal->state NULL: nothing was
 * asked. 0, or 1 after a sentence. */
int roll_ask(struct call *call, const struct machine *machine, bool start, struct goal *goal);
/* Outside a transaction: until it came there; one that runs has to go on for a second, or to pass its checks. seconds: at
 * most; 0 does not wait. 0, or 1 after a sentence and its last lines. */
int roll_await(struct call *call, const char *id, const struct goal *goal, double seconds);

#endif
