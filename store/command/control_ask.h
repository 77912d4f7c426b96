/* control_ask.h - what a daemon answers over HTTP on its control socket. Owns nothing; waits five seconds at most for each
 * part of the answer.
 *
 * Both: 0 and the answer, without its head, appended; CONTROL_SILENT with a reason in why[size]; CONTROL_REFUSED with the
 * daemon's own words there. */
#ifndef COMMAND_CONTROL_ASK_H
#define COMMAND_CONTROL_ASK_H

#include "base/text.h"

enum { CONTROL_SILENT = -1, CONTROL_REFUSED = -2 };

int control_ask(struct text *answer, const char *socket, const char *target, char *why, size_t size);  /* GET */
int control_tell(struct text *answer, const char *socket, const char *target, char *why, size_t size); /* POST */

#endif
