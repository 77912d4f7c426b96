/* quota.c - see quota.h. */
#include "quota.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cgroup.h"

enum { CPU, MEMORY, PERIOD_US = 100000, VALUE = 64, LINE = 8192, SHARED_PART = 16 };
enum { WEIGHT = 100, WEIGHT_MOST = 10000, SHARES = 1024, SHARES_MOST = 262144 };

static const char *const controllers[QUOTA_HIERARCHIES] = {[CPU] = "cpu", [MEMORY] = "memory"};

/* ---------------------------------------------------------------------------------------- finding the hierarchies */

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = list; (at = strstr(at, word)); at += len)
		if ((at == list || at[-1] == ',') && (at[len] == '\0' || at[len] == ','))
			return true;
	return false;
}

/* Where the hierarchy of version 1 with this controller is mounted, and from which group of it. */
static bool find_mount(const char *controller, char root[PATH_MAX], char mount[PATH_MAX])
{
	char line[LINE], options[PATH_MAX];
	bool found = false;
	FILE *f = fopen("/proc/self/mountinfo", "re");
	while (f && !found && fgets(line, sizeof line, f)) {
		const char *type = strstr(line, " - cgroup ");
		found = type && sscanf(line, "%*s %*s %*s %4095s %4095s", root, mount) == 2 &&
		        sscanf(type, " - cgroup %*s %4095s", options) == 1 && has_word(options, controller);
	}
	if (f)
		fclose(f);
	return found;
}

/* Our own group in that hierarchy. */
static bool find_own(const char *controller, char own[PATH_MAX])
{
	char line[LINE], names[PATH_MAX];
	bool found = false;
	FILE *f = fopen("/proc/self/cgroup", "re");
	while (f && !found && fgets(line, sizeof line, f))
		found = sscanf(line, "%*u:%4095[^:]:%4095[^\n]", names, own) == 2 && has_word(names, controller);
	if (f)
		fclose(f);
	return found;
}

/* Where the Machines' groups will be. What an earlier agent left there is ours. */
static int find_hierarchy(struct quota *quota, int which, const char *name)
{
	char root[PATH_MAX], mount[PATH_MAX], own[PATH_MAX], parent[PATH_MAX];
	const char *controller = controllers[which];
	if (!find_mount(controller, root, mount) || !find_own(controller, own)) {
		snprintf(quota->why, sizeof quota->why, "no control group has the controller %s", controller);
		return -1;
	}
	/* A container may see only a part of the hierarchy, mounted from our group or one above it. */
	size_t skip = strcmp(root, "/") == 0 ? 0 : strlen(root);
	const char *below = strncmp(own, root, skip) == 0 ? own + skip : "";
	int len = snprintf(parent, sizeof parent, "%s%s", mount, strcmp(below, "/") == 0 ? "" : below);
	if (len < 0 || len >= (int)sizeof parent || access(parent, W_OK) < 0) {
		snprintf(quota->why, sizeof quota->why, "control groups of %s cannot be made here (%s)", controller,
		         strerror(errno));
		return -1;
	}
	char *path = quota->paths[which];
	len = snprintf(path, sizeof quota->paths[which], "%s/flycast-%s", parent, name);
	if (len < 0 || len >= (int)sizeof quota->paths[which])
		path[0] = '\0';
	quota->dirs[which] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

void quota_open(struct quota *quota, const struct cgroup *cgroup, const char *name)
{
	*quota = (struct quota){.dirs = {-1, -1}, .unified = cgroup->dir >= 0 && cgroup->controls};
	if (quota->unified)
		return;
	for (int i = 0; i < QUOTA_HIERARCHIES; i++)
		if (find_hierarchy(quota, i, name) < 0)
			return;
}

void quota_close(struct quota *quota)
{
	for (int i = 0; i < QUOTA_HIERARCHIES; i++) {
		if (quota->dirs[i] < 0)
			continue;
		close(quota->dirs[i]);
		quota->dirs[i] = -1;
		if (rmdir(quota->paths[i]) < 0 && errno != EBUSY && errno != ENOTEMPTY)
			log_warn("control group not removed path=%s: %s", quota->paths[i], strerror(errno));
	}
}

/* ---------------------------------------------------------------------------------------- setting */

static int write_text(int group, const char *file, const char *text)
{
	int fd = openat(group, file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t written = write(fd, text, strlen(text));
	int saved = errno;
	close(fd);
	errno = saved;
	return written < 0 ? -1 : 0;
}

static int write_number(int group, const char *file, int64_t number)
{
	char text[VALUE];
	snprintf(text, sizeof text, "%" PRId64, number);
	return write_text(group, file, text);
}

/* How much it counts beside others: `one` for each CPU, a sixteenth of that for a shared one. */
static int64_t weight_of(const struct guest *guest, int64_t one, int64_t most)
{
	if (!guest->cpu_kind)
		return one;
	int64_t weight = one * guest->cpus / (strcmp(guest->cpu_kind, "shared") == 0 ? SHARED_PART : 1);
	return weight < 2 ? 2 : weight > most ? most : weight;
}

/* Swap is accounted for only where the kernel was told so. */
static int write_swap(int group, const char *file, const char *value)
{
	return write_text(group, file, value) < 0 && errno != ENOENT ? -1 : 0;
}

static int set_unified(int group, const struct guest *guest)
{
	char cpus[VALUE] = "max", most[2 * VALUE], memory[VALUE] = "max";
	if (guest->cpu_kind) {
		snprintf(cpus, sizeof cpus, "%" PRId64, guest->cpus * PERIOD_US);
		snprintf(memory, sizeof memory, "%" PRId64, guest->memory_mb << 20);
	}
	snprintf(most, sizeof most, "%s %d", cpus, PERIOD_US);
	if (write_number(group, "cpu.weight", weight_of(guest, WEIGHT, WEIGHT_MOST)) < 0 ||
	    write_text(group, "cpu.max", most) < 0 || write_text(group, "memory.max", memory) < 0)
		return -1;
	return write_swap(group, "memory.swap.max", guest->cpu_kind ? "0" : "max");
}

static int set_cpu(int group, const struct guest *guest)
{
	if (write_number(group, "cpu.shares", weight_of(guest, SHARES, SHARES_MOST)) < 0 ||
	    write_number(group, "cpu.cfs_period_us", PERIOD_US) < 0)
		return -1;
	return write_number(group, "cpu.cfs_quota_us", guest->cpus * PERIOD_US);
}

static int set_memory(int group, const struct guest *guest)
{
	char bytes[VALUE];
	snprintf(bytes, sizeof bytes, "%" PRId64, guest->memory_mb << 20);
	/* Memory with swap may never be less than memory: out of the way first. */
	if (write_swap(group, "memory.memsw.limit_in_bytes", "-1") < 0 ||
	    write_text(group, "memory.limit_in_bytes", bytes) < 0)
		return -1;
	return write_swap(group, "memory.memsw.limit_in_bytes", bytes);
}

/* The Machine's group of version 1, made when missing, as a descriptor. */
static int make_group(struct quota *quota, int which, const char *id, const struct guest *guest)
{
	if (quota->dirs[which] < 0 && (mkdir(quota->paths[which], 0755) == 0 || errno == EEXIST))
		quota->dirs[which] = open(quota->paths[which], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int dir = quota->dirs[which];
	if (dir < 0 || (mkdirat(dir, id, 0755) < 0 && errno != EEXIST))
		return -1;
	int group = openat(dir, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (group < 0 || (which == CPU ? set_cpu(group, guest) : set_memory(group, guest)) == 0)
		return group;
	int saved = errno;
	close(group);
	errno = saved;
	return -1;
}

static int set_old(struct quota *quota, const char *id, const struct guest *guest, struct quota_run *run)
{
	for (int i = 0; i < QUOTA_HIERARCHIES; i++) {
		int group = make_group(quota, i, id, guest);
		if (group < 0)
			return -1;
		run->enter[i] = openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC);
		if (i == MEMORY)
			run->oom = openat(group, "memory.oom_control", O_RDONLY | O_CLOEXEC);
		int saved = errno;
		close(group);
		errno = saved;
		if (run->enter[i] < 0)
			return -1;
	}
	return 0;
}

void quota_set(struct quota *quota, const char *id, int group, const struct guest *guest, struct quota_run *run)
{
	*run = (struct quota_run){.enter = {-1, -1}, .oom = -1};
	if (quota->unified && group >= 0) {
		if (set_unified(group, guest) < 0)
			snprintf(run->why, sizeof run->why, "its control group cannot be set up (%s)", strerror(errno));
		run->oom = openat(group, "memory.events", O_RDONLY | O_CLOEXEC);
	} else if (guest->cpu_kind && quota->why[0]) {
		snprintf(run->why, sizeof run->why, "%s", quota->why);
	} else if (guest->cpu_kind && set_old(quota, id, guest, run) < 0) {
		snprintf(run->why, sizeof run->why, "its control group cannot be set up (%s)", strerror(errno));
	}
}

void quota_run_fini(struct quota_run *run)
{
	for (int i = 0; i < QUOTA_HIERARCHIES; i++)
		if (run->enter[i] >= 0)
			close(run->enter[i]);
	if (run->oom >= 0)
		close(run->oom);
	*run = (struct quota_run){.enter = {-1, -1}, .oom = -1};
}

static unsigned long read_kills(int dir, const char *file)
{
	static const char key[] = "oom_kill ";
	char text[1024];
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[got > 0 ? got : 0] = '\0';
	const char *at = strstr(text, key);
	return at ? strtoul(at + strlen(key), NULL, 10) : 0;
}

unsigned long quota_kills(const struct quota *quota, const char *id, int group)
{
	char path[128];
	if (quota->unified)
		return group < 0 ? 0 : read_kills(group, "memory.events");
	snprintf(path, sizeof path, "%s/memory.oom_control", id);
	return quota->dirs[MEMORY] < 0 ? 0 : read_kills(quota->dirs[MEMORY], path);
}

/* ---------------------------------------------------------------------------------------- removing */

int quota_remove(const struct quota *quota, const char *id)
{
	int rc = 0;
	for (int i = 0; i < QUOTA_HIERARCHIES; i++)
		if (quota->dirs[i] >= 0 && unlinkat(quota->dirs[i], id, AT_REMOVEDIR) < 0 && errno != ENOENT)
			rc = -1;
	return rc;
}

void quota_sweep(const struct quota *quota, bool (*keep)(void *owner, const char *id), void *owner)
{
	for (int i = 0; i < QUOTA_HIERARCHIES; i++) {
		int fd = quota->dirs[i] < 0 ? -1 : openat(quota->dirs[i], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *dir = fd < 0 ? NULL : fdopendir(fd);
		struct dirent *entry;
		while (dir && (entry = readdir(dir))) {
			if (entry->d_type != DT_DIR || entry->d_name[0] == '.' || keep(owner, entry->d_name))
				continue;
			if (unlinkat(quota->dirs[i], entry->d_name, AT_REMOVEDIR) < 0)
				log_warn("control group of no Machine not removed id=%s: %s", entry->d_name,
				         strerror(errno));
		}
		if (dir)
			closedir(dir);
	}
}
