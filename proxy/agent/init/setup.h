/* setup.h - the surroundings of a Machine: its mounts, and the privileges its command keeps. */
#ifndef INIT_SETUP_H
#define INIT_SETUP_H

#include "output.h"
#include "plan.h"

enum { SETUP_ERROR = 512 };

/* Makes the mounts private and puts the Machine's own files, /proc and /sys in place. What is missing but safe to miss goes
 * to the log; -1: the Machine would not be apart from its host, and error[SETUP_ERROR] is the sentence. */
int setup_mounts(const struct plan *plan, struct output *output, char *error);
/* Waits until eth0 lets packets out. The kernel enables a device a moment after it was told to, and until then loses what
 * is sent without a word. */
void setup_network(void);
/* The soft limit of open files, as far as it may be. */
void setup_files(const struct plan *plan);
/* The last step before exec: becomes the user, keeps CAP_NET_BIND_SERVICE and CAP_NET_RAW only. -1 with errno. */
int setup_privileges(const struct plan *plan);

#endif
