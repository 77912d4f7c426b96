/* container.c - see container.h. */
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "setup.h"

enum { PATH_BUNDLE, PATH_STATE, PATH_PID, PATH_LOG, OPTIONS = 4 * CONTAINER_PATH };
static const char *const names[CONTAINER_PATHS] = {"bundle", "runtime", "pid", "runtime.log"};

static int wrong(char *error, const char *what)
{
	snprintf(error, SETUP_ERROR, "%s: %s", what, strerror(errno));
	return -1;
}

static int mount_scratch(const struct plan *plan)
{
	static const char *const directories[] = {"upper",          "work",   CONTAINER_ROOT,
	                                          CONTAINER_PLACES, "bundle", "runtime"};
	char options[64] = "mode=711", own[CONTAINER_PATH], from[32];
	if (plan->scratch_bytes)
		snprintf(options, sizeof options, "mode=711,size=%zu", plan->scratch_bytes);
	/* The Machine's directory as our mounts have it, before it is covered. */
	snprintf(own, sizeof own, "%s/%s", plan->scratch, plan->machine);
	int dir = open(own, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || mount("none", plan->scratch, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0 ||
	    chdir(plan->scratch) < 0)
		return -1;
	for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
		if (mkdir(directories[i], 0755) < 0)
			return -1;
	snprintf(from, sizeof from, "/proc/self/fd/%d", dir);
	int rc = mount(from, CONTAINER_PLACES, NULL, MS_BIND, NULL);
	int saved = errno;
	close(dir);
	errno = saved;
	return rc;
}

/* In the scratch directory. */
static int mount_root(const struct plan *plan)
{
	static char options[OPTIONS];
	if (strpbrk(plan->image, ":,\\")) { /* what mount options are made of */
		errno = EINVAL;
		return -1;
	}
	int len = snprintf(options, sizeof options, "lowerdir=%s,upperdir=upper,workdir=work", plan->image);
	if (len < 0 || len >= (int)sizeof options) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return mount("overlay", CONTAINER_ROOT, "overlay", 0, options);
}

static int write_config(const char *config)
{
	size_t len = strlen(config);
	int fd = open("bundle/config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	errno = ENOSPC; /* what a short write means */
	ssize_t written = write(fd, config, len);
	int saved = errno;
	close(fd);
	errno = saved;
	return written == (ssize_t)len ? 0 : -1;
}

int container_mount(const struct plan *plan, char *error)
{
	/* The runtime looks at what is mounted there even when told to leave groups alone, and refuses mixed hierarchies. */
	if (mount("none", "/sys/fs/cgroup", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k") < 0 &&
	    errno != ENOENT)
		return wrong(error, "control groups of this host cannot be hidden from the Machine");
	if (mount_scratch(plan) < 0)
		return wrong(error, "no room for what the Machine writes to its root");
	if (mount_root(plan) < 0)
		return wrong(error, "the image cannot be the Machine's root (an overlay over it)");
	if (write_config(plan->config) < 0)
		return wrong(error, "the runtime's bundle cannot be written");
	return chdir("/");
}

void container_call(struct container_call *out, const struct plan *plan)
{
	for (int i = 0; i < CONTAINER_PATHS; i++)
		snprintf(out->paths[i], sizeof out->paths[i], "%s/%s", plan->scratch, names[i]);
	char *const argv[CONTAINER_WORDS] = {(char *)plan->runtime,
	                                     "--cgroup-manager=disabled",
	                                     "--log",
	                                     out->paths[PATH_LOG],
	                                     "--root",
	                                     out->paths[PATH_STATE],
	                                     "run",
	                                     "--detach",
	                                     "--pid-file",
	                                     out->paths[PATH_PID],
	                                     "--bundle",
	                                     out->paths[PATH_BUNDLE],
	                                     (char *)plan->machine,
	                                     NULL};
	memcpy(out->argv, argv, sizeof argv);
}

int container_no_devices(const char *root)
{
	char state[512];
	/* The runtime takes it for a failure when nobody reads what it tells. */
	while (read(STDIN_FILENO, state, sizeof state) > 0)
		continue;
	/* It mounts the root over itself, without what it was mounted with. */
	return mount(NULL, root, NULL, MS_REMOUNT | MS_BIND | MS_NODEV, NULL);
}

static size_t read_file(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, out, size - 1);
	if (fd >= 0)
		close(fd);
	out[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

pid_t container_pid(const struct container_call *call)
{
	char text[32];
	read_file(call->paths[PATH_PID], text, sizeof text);
	long pid = strtol(text, NULL, 10);
	return pid > 1 ? (pid_t)pid : -1;
}

void container_why(const struct container_call *call, char why[CONTAINER_WHY])
{
	char text[CONTAINER_WHY * 4];
	size_t len = read_file(call->paths[PATH_LOG], text, sizeof text);
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	const char *last = strrchr(text, '\n');
	snprintf(why, CONTAINER_WHY, "%.*s", CONTAINER_WHY - 1, *text ? last ? last + 1 : text : "it did not say why");
}
