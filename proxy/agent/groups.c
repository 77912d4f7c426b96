/* groups.c - see groups.h. */
#include "groups.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"

void groups_open(struct groups *groups, const char *path, int state)
{
	char name[64];
	struct stat st = {0};
	fstat(state, &st);
	groups->open = true;
	snprintf(name, sizeof name, "%jx-%jx", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	cgroup_open(&groups->cgroup, path, name);
	if (groups->cgroup.dir < 0)
		log_warn("no cgroups, Machines are suspended by SIGSTOP and ended with their process namespace: %s",
		         groups->cgroup.why);
	quota_open(&groups->quota, &groups->cgroup, name);
	if (groups->quota.why[0])
		log_warn("Machines are not held to their sizes: %s", groups->quota.why);
}

void groups_close(struct groups *groups)
{
	if (!groups->open)
		return;
	cgroup_close(&groups->cgroup);
	quota_close(&groups->quota);
}

void groups_make(struct groups *groups, const char *id, const struct guest *guest, struct groups_run *run)
{
	run->group = cgroup_make(&groups->cgroup, id);
	/* One that was suspended may have been killed while no agent looked: its group would hold the new run. */
	(void)cgroup_freeze(run->group, false);
	quota_set(&groups->quota, id, run->group, guest, &run->quota);
}

void groups_give_up(struct groups *groups, const char *id, int error)
{
	log_warn("no cgroups from now on, Machines cannot be put into them: %s", strerror(error));
	(void)cgroup_remove(&groups->cgroup, id);
	cgroup_close(&groups->cgroup);
	if (!groups->quota.unified)
		return;
	groups->quota.unified = false;
	snprintf(groups->quota.why, sizeof groups->quota.why, "its control group cannot be entered (%s)",
	         strerror(error));
}

int groups_remove(const struct groups *groups, const char *id)
{
	int rc = cgroup_remove(&groups->cgroup, id);
	return quota_remove(&groups->quota, id) < 0 ? -1 : rc;
}

void groups_sweep(const struct groups *groups, bool (*keep)(void *owner, const char *id), void *owner)
{
	cgroup_sweep(&groups->cgroup, keep, owner);
	quota_sweep(&groups->quota, keep, owner);
}
