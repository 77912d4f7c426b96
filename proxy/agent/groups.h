/* groups.h - the control groups of Machines: what freezes them (cgroup.h) and what holds them to their sizes (quota.h), as
 * one thing that is made, entered and removed. */
#ifndef AGENT_GROUPS_H
#define AGENT_GROUPS_H

#include <stdbool.h>

#include "cgroup.h"
#include "quota.h"

struct groups {
	struct cgroup cgroup;
	struct quota quota;
	bool open;
};

struct groups_run {
	int group; /* of cgroup.h, the caller's; -1: none */
	struct quota_run quota;
};

/* state: the directory of Machines' directories, by which agents of one host tell their groups apart. Logs what cannot be. */
void groups_open(struct groups *groups, const char *path, int state);
void groups_close(struct groups *groups); /* one that was zeroed is fine */

/* For a start; quota_run_fini() when it is done. */
void groups_make(struct groups *groups, const char *id, const struct guest *guest, struct groups_run *run);
/* They can be made and not be entered, as when they were delegated by halves: there are none from now on. */
void groups_give_up(struct groups *groups, const char *id, int error);
/* 0 gone, -1 not yet: a process is still being taken down. */
int groups_remove(const struct groups *groups, const char *id);
/* Ends and removes every group that keep() does not want. */
void groups_sweep(const struct groups *groups, bool (*keep)(void *owner, const char *id), void *owner);

#endif
