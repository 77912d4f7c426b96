/* explain.h - why nobody answers on a Machine: where it listens, and what it said last. Changes nothing. */
#ifndef AGENT_EXPLAIN_H
#define AGENT_EXPLAIN_H

#include <stddef.h>

#include "base/text.h"

const char *explain_tail(const char *text, size_t lines); /* the last lines of text, whole ones */

/* netns: its network, -1: no process of it runs. home: our own. dir: the Machine's directory. */
void explain_machine(struct text *out, int netns, int home, int dir);

#endif
