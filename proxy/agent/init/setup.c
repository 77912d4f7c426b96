/* setup.c - see setup.h. Capabilities are set by system call: this program links libc only. */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "container.h"

enum { NETWORK_TURNS = 500 }; /* of a millisecond: the kernel is late by five when it is busy */

static const unsigned char kept[] = {CAP_NET_BIND_SERVICE, CAP_NET_RAW};

static int hide(const char *directory)
{
	return mount("none", directory, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,mode=000");
}

/* Every directory of path below `from` that is not there is made; path is as it was afterwards. */
static int make_way(char *path, size_t from)
{
	for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int rc = mkdir(path, 0711);
		*slash = '/';
		if (rc < 0 && errno != EEXIST)
			return -1;
	}
	return mkdir(path, 0711) < 0 && errno != EEXIST ? -1 : 0;
}

/* A way of empty directories through the hidden one, and at its end the folder as it was before. `folder` is its
 * descriptor from then. */
static int show(int folder, const char *hidden, const char *path)
{
	char from[32], way[PATH_MAX];
	unsigned long flags = MS_NOSUID | MS_NODEV;
	size_t len = strlen(hidden);
	if ((size_t)snprintf(way, sizeof way, "%s", path) >= sizeof way || strncmp(way, hidden, len) != 0 ||
	    way[len] != '/') {
		errno = EINVAL;
		return -1;
	}
	snprintf(from, sizeof from, "/proc/self/fd/%d", folder);
	if (mount("none", hidden, "tmpfs", flags | MS_NOEXEC, "size=32k,mode=711") < 0 || make_way(way, len + 1) < 0 ||
	    mount(from, path, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL) < 0)
		return -1;
	return mount(NULL, hidden, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC | flags, NULL);
}

static void place_file(const char *from, struct output *output)
{
	char to[64];
	const char *slash = strrchr(from, '/');
	snprintf(to, sizeof to, "/etc/%s", slash ? slash + 1 : from);
	if (mount(from, to, NULL, MS_BIND, NULL) < 0)
		output_say(output, "%s of this host stays in place: %s", to, strerror(errno));
}

static void place_fly(const char *from, struct output *output)
{
	static const char to[] = "/.fly";
	const unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	if (mount(from, to, NULL, MS_BIND, NULL) < 0 || mount(NULL, to, NULL, flags, NULL) < 0)
		output_say(output, "%s, with the key that verifies callers, is not there: %s", to, strerror(errno));
}

/* The old /sys shows the host's devices and groups; a new one needs a network namespace of our own, which we have. */
static void place_sys(struct output *output)
{
	if (mount("sysfs", "/sys", "sysfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0)
		return;
	if (hide("/sys/fs/cgroup") < 0 && errno != ENOENT)
		output_say(output, "/sys of this host stays visible: %s", strerror(errno));
}

static int setup_hides(const struct plan *plan, char *error)
{
	const char *path = plan->folder;
	int folder = path ? open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (path && folder < 0) {
		snprintf(error, SETUP_ERROR, "the folder of its release is not here (%s): %s; deploy it again",
		         strerror(errno), path);
		return -1;
	}
	for (char **hidden = plan->hides; *hidden; hidden++) {
		size_t len = strlen(*hidden);
		bool inside = folder >= 0 && strncmp(path, *hidden, len) == 0 && path[len] == '/';
		if (inside && show(folder, *hidden, path) < 0) {
			snprintf(error, SETUP_ERROR, "the folder of its release cannot be shown to the Machine: %s",
			         strerror(errno));
			return -1;
		}
		if (inside || hide(*hidden) == 0 || errno == ENOENT)
			continue;
		snprintf(error, SETUP_ERROR, "%s cannot be hidden from the Machine: %s", *hidden, strerror(errno));
		return -1;
	}
	if (folder >= 0)
		close(folder);
	return 0;
}

int setup_mounts(const struct plan *plan, struct output *output, char *error)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		snprintf(error, SETUP_ERROR, "mounts cannot be made private: %s", strerror(errno));
		return -1;
	}
	/* A Machine made of an image sees nothing of the host's files. */
	for (char **file = plan->places; *file && !plan->image; file++)
		place_file(*file, output);
	if (plan->fly)
		place_fly(plan->fly, output);
	if (!plan->image && setup_hides(plan, error) < 0)
		return -1;
	place_sys(output);
	if (!plan->image && mount("none", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") < 0 &&
	    errno != ENOENT)
		output_say(output, "/dev/shm is shared with the host: %s", strerror(errno));
	/* With the host's /proc a process of the same user could look through /proc/PID/root at what is hidden here. */
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) {
		snprintf(error, SETUP_ERROR,
		         "/proc cannot be mounted for the Machine: %s (is /proc of the agent masked by a container?)",
		         strerror(errno));
		return -1;
	}
	if (sethostname(plan->machine, strlen(plan->machine)) < 0)
		output_say(output, "hostname not set: %s", strerror(errno));
	/* After this the Machine's own group is the root of what it can see; older kernels show it the path, no more. */
	(void)unshare(CLONE_NEWCGROUP);
	return plan->image ? container_mount(plan, error) : 0;
}

void setup_network(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	struct ifreq device = {.ifr_name = "eth0"};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	for (int turns = 0; turns < NETWORK_TURNS; turns++) {
		if (ioctl(fd, SIOCGIFFLAGS, &device) < 0 || device.ifr_flags & IFF_RUNNING)
			break;
		nanosleep(&pause, NULL);
	}
	/* The kernel says so just before it is so, under a lock that a change of flags takes as well: this one changes none. */
	(void)ioctl(fd, SIOCSIFFLAGS, &device);
	close(fd);
}

static bool is_kept(int capability)
{
	return memchr(kept, capability, sizeof kept) != NULL;
}

static int cut_bounding_set(void)
{
	for (int c = 0; c <= CAP_LAST_CAP; c++)
		if (!is_kept(c) && prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0 && errno != EINVAL)
			return -1;
	return 0;
}

static int keep_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	for (size_t i = 0; i < sizeof kept; i++)
		data[kept[i] / 32].permitted |= 1u << kept[i] % 32;
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].inheritable = data[i].permitted;
	if (syscall(SYS_capset, &head, data) < 0)
		return -1;
	for (size_t i = 0; i < sizeof kept; i++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0) < 0)
			return -1;
	return 0;
}

static int become_user(const struct plan *plan)
{
	if (plan->user == getuid())
		return 0; /* the only user of a user namespace: there is no other to become */
	if (setgroups(0, NULL) < 0 || setresgid(plan->group, plan->group, plan->group) < 0)
		return -1;
	return setresuid(plan->user, plan->user, plan->user);
}

void setup_files(const struct plan *plan)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && plan->files && plan->files <= files.rlim_max) {
		files.rlim_cur = plan->files;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

int setup_privileges(const struct plan *plan)
{
	setup_files(plan);
	if (cut_bounding_set() < 0)
		return -1;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || become_user(plan) < 0 || keep_capabilities() < 0)
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
