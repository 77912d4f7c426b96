/* record.c - see record.h. */
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "init/plan.h"
#include "spec.h"

enum { FILE_SIZE = 1024, ADOPT_TURNS = 400, ADOPT_PAUSE_US = 5000 };

static int write_file(int dir, const char *name, const struct text *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	/* The umask of whoever started us must not hide these from the Machine's user. */
	fchmod(fd, 0644);
	errno = ENOSPC; /* what a short write means */
	ssize_t written = write(fd, text->at, text->len);
	int saved = errno;
	close(fd);
	errno = saved;
	return written == (ssize_t)text->len ? 0 : -1;
}

static bool read_file(int dir, const char *name, char *out)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t got = read(fd, out, FILE_SIZE - 1);
	close(fd);
	out[got > 0 ? got : 0] = '\0';
	return got > 0;
}

static int write_places(int dir, const struct spec *spec)
{
	struct text hosts = {0}, resolv = {0}, hostname = {0};
	text_format(&hosts,
	            "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n%s\tfly-local-6pn\n%s\t%s\n",
	            spec->address, spec->ipv4, spec->id);
	text_put(&resolv, "nameserver fdaa::3\n");
	text_format(&hostname, "%s\n", spec->id);
	int rc = write_file(dir, "hosts", &hosts);
	if (rc == 0)
		rc = write_file(dir, "resolv.conf", &resolv);
	if (rc == 0)
		rc = write_file(dir, "hostname", &hostname);
	text_free(&hosts);
	text_free(&resolv);
	text_free(&hostname);
	return rc;
}

/* What flycast-init writes in place later. What an earlier run wrote stays. */
static int reserve(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0)
		return -1;
	int error = posix_fallocate(fd, 0, INIT_RECORD);
	close(fd);
	errno = error;
	return error ? -1 : 0;
}

int record_open(int state, const char *id)
{
	return openat(state, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int record_make(int state, const char *id)
{
	if (mkdirat(state, id, 0750) < 0 && errno != EEXIST)
		return -1;
	return record_open(state, id);
}

int record_furnish(int dir, const struct spec *spec)
{
	return reserve(dir, "init") < 0 || reserve(dir, "exit") < 0 ? -1 : write_places(dir, spec);
}

int record_lock(int dir)
{
	int fd = openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static bool is_this_boot(const char *id)
{
	char boot[FILE_SIZE];
	if (!read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot))
		return false;
	boot[strcspn(boot, "\n")] = '\0';
	return strcmp(boot, id) == 0;
}

/* false: none, or not all of it is written yet. */
static bool read_record(int dir, struct record *out)
{
	char text[FILE_SIZE], boot[40], last[DRIVER_RUN];
	int pid = 0;
	*out = (struct record){0};
	/* Written in place: the last line tells that what is above it is of the same run. */
	if (!read_file(dir, "init", text) ||
	    sscanf(text, "run %26s pid %d start %llu boot %39s end %26s", out->run, &pid, &out->start, boot, last) != 5)
		return false;
	out->pid = pid;
	out->this_boot = is_this_boot(boot);
	return pid > 0 && strcmp(out->run, last) == 0;
}

static bool read_exit(int dir, const char *run, struct driver_end *end)
{
	char text[FILE_SIZE], first[DRIVER_RUN], last[DRIVER_RUN];
	*end = (struct driver_end){0};
	if (!read_file(dir, "exit", text))
		return false;
	end->oom = sscanf(text, "run %26s code %d oom 1 end %26s", first, &end->code, last) == 3;
	return (end->oom || sscanf(text, "run %26s code %d end %26s", first, &end->code, last) == 3) &&
	       strcmp(first, run) == 0 && strcmp(last, run) == 0;
}

/* That very process is still there. */
static bool is_alive(const struct record *record)
{
	char path[64], text[FILE_SIZE];
	unsigned long long start = 0;
	char state = 'Z';
	snprintf(path, sizeof path, "/proc/%d/stat", (int)record->pid);
	if (!read_file(AT_FDCWD, path, text))
		return false;
	/* The name may contain spaces and parentheses: fields are counted from its end. Start time is field 22. */
	const char *at = strrchr(text, ')');
	if (!at || sscanf(at + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
	                  &state, &start) != 2)
		return false;
	return state != 'Z' && start == record->start && record->this_boot;
}

static bool wait_for_record(int dir, struct record *out)
{
	for (int turn = 0; turn < ADOPT_TURNS; turn++) {
		if (read_record(dir, out) && is_alive(out))
			return true;
		int lock = record_lock(dir);
		if (lock >= 0) {
			close(lock);
			return false; /* it ended meanwhile */
		}
		usleep(ADOPT_PAUSE_US);
	}
	return false;
}

int record_adopt(int dir, struct record *out)
{
	if (!wait_for_record(dir, out))
		return -1;
	int pidfd = (int)syscall(SYS_pidfd_open, out->pid, 0);
	/* Asked again, so that the descriptor is known to be that process. */
	if (pidfd >= 0 && !is_alive(out)) {
		close(pidfd);
		return -1;
	}
	return pidfd;
}

bool record_past(int dir, struct record *out, struct driver_end *end)
{
	if (!read_record(dir, out))
		return false;
	if (!read_exit(dir, out->run, end))
		*end = (struct driver_end){.code = RECORD_KILLED};
	return true;
}

void record_remove(int state, const char *id)
{
	static const char *const files[] = {"lock", "init", "exit", "hosts", "resolv.conf", "hostname", "log", "log.1"};
	int dir = openat(state, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		unlinkat(dir, files[i], 0);
	close(dir);
	if (unlinkat(state, id, AT_REMOVEDIR) < 0)
		log_warn("directory of the Machine not removed id=%s: %s", id, strerror(errno));
}

static void end_tenant(int dir, const char *id)
{
	struct record record;
	int lock = record_lock(dir);
	if (lock < 0 && errno == EWOULDBLOCK) {
		int pidfd = record_adopt(dir, &record);
		if (pidfd >= 0 && syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) == 0)
			log_info("process of no Machine killed id=%s", id);
		if (pidfd >= 0)
			close(pidfd);
	}
	if (lock >= 0)
		close(lock);
}

void record_sweep(int state, bool (*keep)(void *owner, const char *id), void *owner)
{
	int fd = openat(state, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	while (dir && (entry = readdir(dir))) {
		if (strlen(entry->d_name) != SPEC_ID - 1 || keep(owner, entry->d_name))
			continue;
		int machine = openat(state, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (machine < 0)
			continue;
		/* Its row went while no agent looked: nothing may run without one. */
		end_tenant(machine, entry->d_name);
		close(machine);
		record_remove(state, entry->d_name);
		log_info("directory of no Machine removed id=%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
}
