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

static bool find_own(char *own)
{
	char line[8192];
	bool found = false;
	FILE *f = fopen("/proc/self/cgroup", "re");
	while (f && !found && fgets(line, sizeof line, f))
		found = sscanf(line, "0::%4095[^\n]", own) == 1;
	if (f)
		fclose(f);
	return found;
}

static bool default_path(struct cgroup *cg, const char *name)
{
	char root[PATH_MAX], mount[PATH_MAX], own[PATH_MAX];
	if (!find_mount(root, mount) || !find_own(own)) {
		snprintf(cg->why, sizeof cg->why, "no cgroup2 hierarchy is mounted");
		return false;
	}
	/* A container may see only a part of the hierarchy, mounted from our group or one above it. */
	size_t skip = strcmp(root, "/") == 0 ? 0 : strlen(root);
	const char *below = strncmp(own, root, skip) == 0 ? own + skip : "";
	int len = snprintf(cg->path, sizeof cg->path, "%s%s/flycast-%s", mount, strcmp(below, "/") == 0 ? "" : below,
	                   name);
	return len > 0 && (size_t)len < sizeof cg->path;
}

void cgroup_open(struct cgroup *cgroup, const char *path, const char *name)
{
	*cgroup = (struct cgroup){.dir = -1};
	if (path)
		snprintf(cgroup->path, sizeof cgroup->path, "%s", path);
	else if (!default_path(cgroup, name))
		return;
	if (mkdir(cgroup->path, 0755) < 0 && errno != EEXIST) {
		snprintf(cgroup->why, sizeof cgroup->why, "a group cannot be made (%s)", strerror(errno));
		return;
	}
	cgroup->dir = open(cgroup->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup->dir >= 0 && faccessat(cgroup->dir, "cgroup.freeze", W_OK, 0) == 0)
		return;
	snprintf(cgroup->why, sizeof cgroup->why, "%.128s has no cgroup.freeze we may write", cgroup->path);
	if (cgroup->dir >= 0)
		close(cgroup->dir);
	cgroup->dir = -1;
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

static int open_file(const struct cgroup *cg, const char *id, const char *file, int flags)
{
	char name[FILE_NAME];
	if (cg->dir < 0)
		return -1;
	snprintf(name, sizeof name, "%s/%s", id, file);
	return openat(cg->dir, name, flags | O_CLOEXEC);
}

static int write_file(const struct cgroup *cg, const char *id, const char *file, const char *text)
{
	int fd = open_file(cg, id, file, O_WRONLY);
	if (fd < 0)
		return -1;
	ssize_t written = write(fd, text, strlen(text));
	close(fd);
	return written < 0 ? -1 : 0;
}

int cgroup_freeze(const struct cgroup *cgroup, const char *id, bool frozen)
{
	return write_file(cgroup, id, "cgroup.freeze", frozen ? "1" : "0");
}

bool cgroup_frozen(const struct cgroup *cgroup, const char *id)
{
	char text[FILE_TEXT];
	int fd = open_file(cgroup, id, "cgroup.events", O_RDONLY);
	if (fd < 0)
		return false;
	ssize_t got = read(fd, text, sizeof text - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	return strstr(text, "frozen 1") != NULL;
}

void cgroup_kill(const struct cgroup *cgroup, const char *id)
{
	/* Kernels before 5.14 lack the file; the end of the process namespace does the same there. */
	(void)write_file(cgroup, id, "cgroup.kill", "1");
}

int cgroup_remove(const struct cgroup *cgroup, const char *id)
{
	if (cgroup->dir < 0 || unlinkat(cgroup->dir, id, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return -1;
}

void cgroup_sweep(const struct cgroup *cgroup, bool (*keep)(void *owner, const char *id), void *owner)
{
	int fd = cgroup->dir < 0 ? -1 : openat(cgroup->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	while (dir && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' || keep(owner, entry->d_name))
			continue;
		cgroup_kill(cgroup, entry->d_name);
		/* The killed need a moment; what they leave is removed by the next sweep at the latest. */
		for (int turn = 0; turn < 50 && cgroup_remove(cgroup, entry->d_name) < 0; turn++)
			usleep(1000);
		log_info("cgroup of no Machine removed id=%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
}
