/* control_ask.h - what a daemon answers over HTTP on its control socket. Owns nothing; waits five seconds at most for each
 * part of the answer. */
#ifndef COMMAND_CONTROL_ASK_H
#define COMMAND_CONTROL_ASK_H

#include "base/text.h"

/* Appends the answer to GET target, without its head. 0, or -1 with a reason in why[size]. */
int control_ask(struct text *answer, const char *socket, const char *target, char *why, size_t size);

#endif
