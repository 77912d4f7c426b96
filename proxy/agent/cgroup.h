/* cgroup.h - one group of processes per Machine in the cgroup2 hierarchy, for freezing and for ending all of it.
 *
 * Needs no controller, only a directory that may be made; where cpu and memory can be had as well, its groups have them,
 * for quota.h. Where no directory can be made (a user namespace without delegation) cgroup_open() says so and callers do
 * without: every group is then "none". */
#ifndef AGENT_CGROUP_H
#define AGENT_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct cgroup {
	int dir;       /* the directory that holds the Machines' groups; -1: groups cannot be had */
	bool controls; /* the groups have the controllers cpu and memory */
	char path[4096];
	char why[256]; /* they cannot, as a sentence */
};

/* path: the directory to use, made when missing; NULL: "<our own group>/flycast-<name>", or at the top of the hierarchy
 * when controllers can be had only there: a group that has processes in it, as ours, hands none on. */
void cgroup_open(struct cgroup *cgroup, const char *path, const char *name);
void cgroup_close(struct cgroup *cgroup); /* removes the directory when no group is in it */

/* The group's directory, made when missing, to clone into; close() it. -1: none. */
int cgroup_make(const struct cgroup *cgroup, const char *id);
/* The group of this name that a process is in, wherever it was made: an agent of another session made others. -1: none that
 * we may freeze. */
int cgroup_find(pid_t pid, const char *id);
/* group: what one of those two gave. 0 asked for (frozen or running will be reached soon), -1: there is none. */
int cgroup_freeze(int group, bool frozen);
bool cgroup_frozen(int group); /* every process of it stands still */
/* 0 gone, -1 not yet: a process is still being taken down. */
int cgroup_remove(const struct cgroup *cgroup, const char *id);
/* Ends and removes every group that keep() does not want. */
void cgroup_sweep(const struct cgroup *cgroup, bool (*keep)(void *owner, const char *id), void *owner);

#endif
