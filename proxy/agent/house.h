/* house.h - what all Machines of this host share: where their directories are, who they run as, what they never see. */
#ifndef AGENT_HOUSE_H
#define AGENT_HOUSE_H

#include "launch.h"
#include "process.h"

/* The descriptor of the state directory. -1: *error (free it) says what is wrong. */
int house_open(struct launch_house *house, const struct process_options *options, char **error);
void house_close(struct launch_house *house);
/* The program that runs images, as PATH has it now. 0, or -1: there is none. */
int house_runtime(char path[4096]);

#endif
