/* stopped.h - whether SIGSTOP has reached a Machine, where there are no cgroups to ask. Reads /proc. */
#ifndef AGENT_STOPPED_H
#define AGENT_STOPPED_H

#include <stdbool.h>
#include <sys/types.h>

/* It has children, and none of them runs code of its own. flycast-init stops all processes of a Machine with one kill(2), so
 * its children tell for all. */
bool stopped_children(pid_t pid);

#endif
