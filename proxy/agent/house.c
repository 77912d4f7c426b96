/* house.c - see house.h. */
#include "house.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "fly_dir.h"

enum { LOG_BYTES = 1 << 20, HIDES = 3 };

static int refuse(char **error, struct text *sentence)
{
	*error = sentence->at;
	return -1;
}

/* Beside this program in a build tree, in libexec once installed, wherever the installation was moved to. */
static int find_init(struct launch_house *house, char **error)
{
	static const char *const places[] = {"flycast-init", FLYCAST_LIBEXEC "/flycast-init"};
	struct text sentence = {0};
	char own[PATH_MAX] = "";
	ssize_t len = readlink("/proc/self/exe", own, sizeof own - 1);
	char *slash = len > 0 ? strrchr(own, '/') : NULL;
	if (slash)
		slash[1] = '\0';
	for (size_t i = 0; slash && i < sizeof places / sizeof places[0]; i++) {
		int size = snprintf(house->init, sizeof house->init, "%s%s", own, places[i]);
		if (size < (int)sizeof house->init && access(house->init, X_OK) == 0)
			return 0;
	}
	text_format(&sentence, "flycast-init is neither in %s nor in %s" FLYCAST_LIBEXEC ": install it there", own,
	            own);
	return refuse(error, &sentence);
}

/* In a user namespace made without helpers there is one user only: ourselves, called root. */
static bool only_user(void)
{
	unsigned inside = 0, outside = 0, count = 0;
	FILE *f = fopen("/proc/self/uid_map", "re");
	int fields = f ? fscanf(f, "%u %u %u", &inside, &outside, &count) : 0;
	if (f)
		fclose(f);
	return fields == 3 && count == 1;
}

static int find_user(struct launch_house *house, const char *name, char **error)
{
	struct text sentence = {0};
	house->user = getuid();
	house->group = getgid();
	if (only_user())
		return 0;
	struct passwd *pw = getpwnam(name);
	if (pw && pw->pw_uid != 0) {
		house->user = pw->pw_uid;
		house->group = pw->pw_gid;
		return 0;
	}
	text_format(&sentence,
	            pw ? "--machine-user %s is root, which Machines must not be: name another user"
	               : "--machine-user %s is unknown: create it (useradd --system %s) or name another",
	            name, name);
	return refuse(error, &sentence);
}

/* A namespace, a process and a cgroup take a descriptor each. Machines get the limit that we were given. */
static unsigned long raise_files(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return 0;
	unsigned long given = files.rlim_cur;
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		log_warn("limit of open files stays at %lu: %s", given, strerror(errno));
	return given;
}

int house_runtime(char path[4096])
{
	static const char fallback[] = "/usr/local/bin:/usr/bin:/bin";
	const char *list = getenv("PATH");
	for (const char *at = list ? list : fallback; *at; at += *at == ':') {
		size_t len = strcspn(at, ":");
		int size = snprintf(path, 4096, "%.*s/crun", (int)len, at);
		if (len > 0 && *at == '/' && size < 4096 && access(path, X_OK) == 0)
			return 0;
		at += len;
	}
	return -1;
}

static void add_hide(struct launch_house *house, const char *directory)
{
	size_t at = 0;
	char *real = realpath(directory, NULL);
	while (real && house->hides[at] && strcmp(house->hides[at], real) != 0)
		at++;
	if (!real || house->hides[at] || strcmp(real, "/") == 0) {
		if (real && strcmp(real, "/") == 0)
			log_warn(
			    "registry in the root directory: Machines can see its files; move it into one of its own");
		free(real);
		return;
	}
	house->hides[at] = real;
}

int house_open(struct launch_house *house, const struct process_options *options, char **error)
{
	struct text sentence = {0};
	house->hides = mem_new_array(HIDES, sizeof *house->hides);
	house->log_bytes = LOG_BYTES;
	if (find_init(house, error) < 0 || find_user(house, options->machine_user, error) < 0)
		return -1;
	if (mkdir(options->state, 0750) < 0 && errno != EEXIST) {
		text_format(&sentence, "%s cannot be made (%s): name another directory with --state", options->state,
		            strerror(errno));
		return refuse(error, &sentence);
	}
	int fd = open(options->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		text_format(&sentence, "%s cannot be opened (%s): name another directory with --state", options->state,
		            strerror(errno));
		return refuse(error, &sentence);
	}
	house->state = realpath(options->state, NULL);
	house->registry = mem_text(options->registry);
	house->fly = fly_dir_open(fd, house->state, options->registry);
	house->files = raise_files();
	struct text releases = {0};
	char *hidden = realpath(options->hide, NULL);
	text_format(&releases, "%s/releases", hidden ? hidden : options->hide);
	house->releases = releases.at;
	free(hidden);
	add_hide(house, options->hide);
	add_hide(house, options->state);
	return fd;
}

void house_close(struct launch_house *house)
{
	for (const char **at = house->hides; at && *at; at++)
		free((char *)*at);
	free(house->hides);
	free(house->state);
	free(house->fly);
	free(house->releases);
	free(house->registry);
	house->hides = NULL;
	house->fly = NULL;
	house->state = house->releases = house->registry = NULL;
}
