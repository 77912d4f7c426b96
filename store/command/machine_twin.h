/* machine_twin.h - another Machine like one there is: for machine clone and scale count. Owns nothing. */
#ifndef COMMAND_MACHINE_TWIN_H
#define COMMAND_MACHINE_TWIN_H

#include "machine.h"

struct call;

/* What makes another one like it, on the same host, started at once; borrows its texts. */
void machine_twin_plan(struct machine_plan *out, const struct machine *from);
/* Inside the transaction of the call: the Machine of the plan, with services and checks of `from`; id gets its id. 0, or 1
 * after a sentence. */
int machine_twin_put(struct call *call, const struct machine_plan *plan, const struct machine *from,
                     char id[MACHINE_ID]);

#endif
