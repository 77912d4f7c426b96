/* explain.h - why nobody answers on a Machine: where it listens, and what it said last. Reads files of /proc and of the
 * Machine's directory, changes nothing. */
#ifndef AGENT_EXPLAIN_H
#define AGENT_EXPLAIN_H

#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

/* Pure: adds "[ADDR]:PORT" or "ADDR:PORT" of every listening socket in the text of /proc/<pid>/net/tcp or tcp6, separated
 * by a space. Returns how many. */
size_t explain_listeners(struct text *out, const char *table);
/* Pure: the last `lines` lines of text. */
const char *explain_tail(const char *text, size_t lines);

/* pid: a process in the Machine's network, 0: nothing runs. dir: the Machine's directory. */
void explain_machine(struct text *out, pid_t pid, int dir);

#endif
