/* machine_pick.h - which Machines a command line names. */
#ifndef COMMAND_MACHINE_PICK_H
#define COMMAND_MACHINE_PICK_H

struct call;
struct machine;

/* 0, or the exit code after a sentence when there is no word at all. */
int machine_pick_check(const struct call *call);
/* The Machine of the index-th word, in the open transaction; NULL after a sentence. machine_free() it. */
struct machine *machine_pick(struct call *call, int index);

#endif
