/* cgroup.c - see cgroup.h. */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum { FILE_NAME = 64, FILE_TEXT = 256 };

/* "root mountpoint" of the first cgroup2 mount. */
static bool find_mount(char *root, char *mount)
{
	char line[8192];
	bool found = false;
	FILE *f = fopen("/proc/self/mountinfo", "re");
	while (f && !found && fgets(line, sizeof line, f))
		found = strstr(line, " - cgroup2 ") && sscanf(line, "%*s %*s %*s %4095s %4095s", root, mount) == 2;
	if (f)
		fclose(f);
	return found;
}

/* process: a number or "self". */
static bool find_own(char *own, const char *process)
{
	char line[8192], path[64];
	bool found = false;
	snprintf(path, sizeof path, "/proc/%s/cgroup", process);
	FILE *f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof line, f))
		found = sscanf(line, "0::%4095[^\n]", own) == 1;
	if (f)
		fclose(f);
	return found;
}

/* Where the group of a process is in the file system, and /name below it. */
static bool path_of(char *out, const char *process, const char *name)
{
	char root[PATH_MAX], mount[PATH_MAX], own[PATH_MAX];
	if (!find_mount(root, mount) || !find_own(own, process))
		return false;
	/* A container may see only a part of the hierarchy, mounted from our group or one above it. */
	size_t skip = strcmp(root, "/") == 0 ? 0 : strlen(root);
	const char *below = strncmp(own, root, skip) == 0 ? own + skip : "";
	int len = snprintf(out, PATH_MAX, "%s%s%s", mount, strcmp(below, "/") == 0 ? "" : below, name);
	return len > 0 && len < PATH_MAX;
}

static int write_file(int group, const char *file, const char *text)
{
	int fd = group < 0 ? -1 : openat(group, file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t written = write(fd, text, strlen(text));
	close(fd);
	return written < 0 ? -1 : 0;
}

/* From a directory to the groups made in it. */
static int hand_on(int dir)
{
	return write_file(dir, "cgroup.subtree_control", "+cpu +memory");
}

/* The directory cg->path, made when missing. */
static void open_path(struct cgroup *cg)
{
	if (mkdir(cg->path, 0755) < 0 && errno != EEXIST) {
		snprintf(cg->why, sizeof cg->why, "a group cannot be made (%s)", strerror(errno));
		return;
	}
	cg->dir = open(cg->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cg->dir >= 0 && faccessat(cg->dir, "cgroup.freeze", W_OK, 0) == 0) {
		cg->controls = hand_on(cg->dir) == 0;
		return;
	}
	snprintf(cg->why, sizeof cg->why, "%.128s has no cgroup.freeze we may write", cg->path);
	if (cg->dir >= 0)
		close(cg->dir);
	cg->dir = -1;
}

/* <parent>/flycast-<name>. What the parent has of controllers it hands on, if it may. */
static void open_below(struct cgroup *cg, const char *parent, const char *name)
{
	int dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int len = snprintf(cg->path, sizeof cg->path, "%s/flycast-%s", parent, name);
	(void)hand_on(dir);
	if (dir >= 0)
		close(dir);
	if (len < (int)sizeof cg->path)
		open_path(cg);
	else
		snprintf(cg->why, sizeof cg->why, "our own group has too long a path");
}

static void open_default(struct cgroup *cg, const char *name)
{
	char own[PATH_MAX], root[PATH_MAX], top[PATH_MAX];
	if (!path_of(own, "self", "") || !find_mount(root, top)) {
		snprintf(cg->why, sizeof cg->why, "no cgroup2 hierarchy is mounted");
		return;
	}
	open_below(cg, own, name);
	if (cg->controls || strcmp(own, top) == 0)
		return;
	struct cgroup other = {.dir = -1};
	open_below(&other, top, name);
	if (!other.controls) {
		cgroup_close(&other);
		return;
	}
	cgroup_close(cg);
	*cg = other;
}

void cgroup_open(struct cgroup *cgroup, const char *path, const char *name)
{
	*cgroup = (struct cgroup){.dir = -1};
	if (!path) {
		open_default(cgroup, name);
		return;
	}
	snprintf(cgroup->path, sizeof cgroup->path, "%s", path);
	open_path(cgroup);
}

void cgroup_close(struct cgroup *cgroup)
{
	if (cgroup->dir < 0)
		return;
	close(cgroup->dir);
	cgroup->dir = -1;
	if (rmdir(cgroup->path) < 0 && errno != EBUSY && errno != ENOTEMPTY)
		log_warn("cgroup not removed path=%s: %s", cgroup->path, strerror(errno));
}

int cgroup_make(const struct cgroup *cgroup, const char *id)
{
	if (cgroup->dir < 0)
		return -1;
	if (mkdirat(cgroup->dir, id, 0755) < 0 && errno != EEXIST)
		return -1;
	return openat(cgroup->dir, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int cgroup_find(pid_t pid, const char *id)
{
	char process[FILE_NAME], path[PATH_MAX];
	snprintf(process, sizeof process, "%d", (int)pid);
	if (!path_of(path, process, ""))
		return -1;
	const char *name = strrchr(path, '/');
	int group = name && strcmp(name + 1, id) == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (group >= 0 && faccessat(group, "cgroup.freeze", W_OK, 0) < 0) {
		close(group);
		return -1;
	}
	return group;
}

int cgroup_freeze(int group, bool frozen)
{
	return write_file(group, "cgroup.freeze", frozen ? "1" : "0");
}

bool cgroup_frozen(int group)
{
	char text[FILE_TEXT];
	int fd = group < 0 ? -1 : openat(group, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t got = read(fd, text, sizeof text - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	return strstr(text, "frozen 1") != NULL;
}

int cgroup_remove(const struct cgroup *cgroup, const char *id)
{
	if (cgroup->dir < 0 || unlinkat(cgroup->dir, id, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return -1;
}

static void end_group(const struct cgroup *cg, const char *id)
{
	int group = openat(cg->dir, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Kernels before 5.14 lack the file; the end of the process namespace does the same there. */
	(void)write_file(group, "cgroup.kill", "1");
	if (group >= 0)
		close(group);
	int rc = -1;
	for (int turn = 0; rc < 0 && turn < 50; turn++) {
		rc = cgroup_remove(cg, id);
		if (rc < 0)
			usleep(1000); /* the killed need a moment */
	}
	if (rc < 0)
		log_warn("cgroup of no Machine not removed id=%s: %s", id, strerror(errno));
	else
		log_info("cgroup of no Machine removed id=%s", id);
}

void cgroup_sweep(const struct cgroup *cgroup, bool (*keep)(void *owner, const char *id), void *owner)
{
	int fd = cgroup->dir < 0 ? -1 : openat(cgroup->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	while (dir && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' || keep(owner, entry->d_name))
			continue;
		end_group(cgroup, entry->d_name);
	}
	if (dir)
		closedir(dir);
}
