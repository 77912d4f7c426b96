/* quota.h - holds Machines to their sizes: CPUs and memory of control groups, of either version of them.
 *
 * Of version 2 it uses the groups that cgroup.h makes, where those have the controllers. Where controllers are of version
 * 1 (a hybrid host) it makes groups of the same names in their hierarchies; a process has to enter those by itself. What
 * cannot be held has a reason, and keeps no Machine from being started.
 *
 * Performance CPUs count sixteen times as much as shared ones where CPUs are short; neither may use more of them at once
 * than its size says. Memory is without swap. */
#ifndef AGENT_QUOTA_H
#define AGENT_QUOTA_H

#include <stdbool.h>

#include "guest.h"

struct cgroup;

enum { QUOTA_HIERARCHIES = 2, QUOTA_WHY = 256 };

struct quota {
	int dirs
	    [QUOTA_HIERARCHIES]; /* version 1, of cpu and of memory: what holds the Machines' groups; -1: none yet */
	bool unified;            /* version 2 */
	char paths[QUOTA_HIERARCHIES][4096];
	char why[QUOTA_WHY]; /* sizes cannot be held, as a sentence; "": they can */
};

struct quota_run {                    /* for one start; quota_run_fini() */
	int enter[QUOTA_HIERARCHIES]; /* files to write "0" to, by the first process; -1: none */
	int oom;                      /* has a line "oom_kill N"; -1: none */
	char why[QUOTA_WHY];          /* it cannot be held, as a sentence; "": it can, or there is no size */
};

/* name: of the directory, as cgroup_open() had it. */
void quota_open(struct quota *quota, const struct cgroup *cgroup, const char *name);
void quota_close(struct quota *quota); /* removes directories that are empty */

/* For a Machine that does not run; group: its own of cgroup.h or -1. Without a size, limits of before are lifted. */
void quota_set(struct quota *quota, const char *id, int group, const struct guest *guest, struct quota_run *run);
void quota_run_fini(struct quota_run *run);
/* Processes of the Machine's groups that were killed for want of memory, since the groups were made. */
unsigned long quota_kills(const struct quota *quota, const char *id, int group);
/* 0 gone or never made, -1 not yet. */
int quota_remove(const struct quota *quota, const char *id);
/* Removes every group that keep() does not want and that nobody is in. */
void quota_sweep(const struct quota *quota, bool (*keep)(void *owner, const char *id), void *owner);

#endif
