/* machine_commands.h - what the commands of group machine do; machine.c has their table.
 * budget: one function for each of the fourteen commands. Each returns the exit code. */
#ifndef COMMAND_MACHINE_COMMANDS_H
#define COMMAND_MACHINE_COMMANDS_H

struct call;

int machine_command_run(struct call *call);
int machine_command_create(struct call *call);
int machine_command_clone(struct call *call);
int machine_command_update(struct call *call);
int machine_command_list(struct call *call);
int machine_command_status(struct call *call);
int machine_command_start(struct call *call);
int machine_command_stop(struct call *call);
int machine_command_suspend(struct call *call);
int machine_command_restart(struct call *call);
int machine_command_destroy(struct call *call);
int machine_command_cordon(struct call *call);
int machine_command_uncordon(struct call *call);
int machine_command_wait(struct call *call);

enum { MACHINE_WAIT_SECONDS = 300 };

#endif
