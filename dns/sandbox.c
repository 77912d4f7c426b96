/* sandbox.c - see sandbox.h. */
#include "sandbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

/* --------------------------------------------------------------------------------------------------------- system calls */

/* Those that may be made with any arguments. A name that this machine's kind does not know is left out. */
static const char *const calls[] = {
    /* questions, answers and who waits for them; forwarding and notifications bind and connect */
    "recvmmsg sendmmsg recvmsg sendmsg recvfrom sendto read write writev accept4 bind connect shutdown close",
    "getsockname getsockopt setsockopt eventfd2 epoll_create1 epoll_ctl epoll_wait epoll_pwait poll ppoll",
    /* threads and their signals */
    "futex membarrier sched_yield sched_getaffinity getcpu set_robust_list rseq gettid exit exit_group",
    "rt_sigaction rt_sigprocmask rt_sigreturn restart_syscall",
    /* memory */
    "brk munmap mremap madvise",
    /* time, which usually needs no call */
    "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time",
    /* SQLite reads the registry and shares its index; certificates and secrets are files, too */
    "openat newfstatat fstat access faccessat readlink readlinkat getcwd lseek pread64 pwrite64 ftruncate fcntl",
    "fsync fdatasync fchmod fchown unlink unlinkat inotify_init1 inotify_add_watch inotify_rm_watch",
    /* who and where we are */
    "getpid getuid geteuid getgid getegid uname sysinfo getrandom",
};

/* Calls that may be made with some arguments: `value` in the bits `mask` of argument `index`. */
struct narrow {
	const char *call;
	unsigned index;
	uint64_t mask;
	uint64_t value;
};

/* clang-format off */
static const struct narrow narrow[] = {
    {"socket", 0, UINT32_MAX, AF_INET6},
    {"socket", 0, UINT32_MAX, AF_INET},
    {"socket", 0, UINT32_MAX, AF_UNIX},
    {"mmap", 2, PROT_EXEC, 0}, /* nothing that was written is ever run */
    {"mprotect", 2, PROT_EXEC, 0},
    {"clone", 0, CLONE_THREAD, CLONE_THREAD}, /* threads, no processes */
    {"prctl", 0, UINT32_MAX, PR_SET_NAME},
    {"ioctl", 1, UINT32_MAX, FIONBIO},
    {"ioctl", 1, UINT32_MAX, TCGETS}, /* is it a terminal */
    {"prlimit64", 0, UINT32_MAX, 0}, /* our own */
};
/* clang-format on */

static int allow(scmp_filter_ctx filter, const char *names)
{
	int rc = 0;
	for (const char *end; *names && rc == 0; names = end + strspn(end, " ")) {
		char name[32];
		end = strchrnul(names, ' ');
		snprintf(name, sizeof name, "%.*s", (int)(end - names), names);
		int call = seccomp_syscall_resolve_name(name);
		if (call >= 0)
			rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
	}
	return rc;
}

static int allow_all(scmp_filter_ctx filter, const char *const *groups, size_t count)
{
	int rc = 0;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = allow(filter, groups[i]);
	return rc;
}

static int allow_narrow(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++) {
		const struct narrow *n = &narrow[i];
		const struct scmp_arg_cmp argument = {n->index, SCMP_CMP_MASKED_EQ, n->mask, n->value};
		int call = seccomp_syscall_resolve_name(n->call);
		int rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &argument);
		if (rc < 0)
			return rc;
	}
	/* An abort is heard of as such. */
	const struct scmp_arg_cmp ourselves = {0, SCMP_CMP_EQ, (uint64_t)getpid(), 0};
	int rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &ourselves);
	/* Its arguments are in memory, where no filter sees them; without it threads are made by clone. */
	return rc < 0 ? rc : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int filter_load(scmp_filter_ctx filter)
{
	int rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1); /* no mitigation that every call would pay for */
	if (rc == 0)
		rc = allow_all(filter, calls, sizeof calls / sizeof *calls);
	if (rc == 0)
		rc = allow_narrow(filter);
	return rc == 0 ? seccomp_load(filter) : rc;
}

/* 0, or what kept it from being so. */
static int keep_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!filter)
		return ENOMEM;
	int rc = filter_load(filter);
	seccomp_release(filter);
	return -rc;
}

/* ------------------------------------------------------------------------------------------------------------- places */

/* Of later versions than a header may be of. */
enum { ACCESS_TRUNCATE = 1 << 14 };

/* What a version of Landlock can take away, all of it. */
static uint64_t known_accesses(int version)
{
	uint64_t first = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
	return first | (version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) | (version >= 3 ? ACCESS_TRUNCATE : 0);
}

static uint64_t accesses_of(enum sandbox_access access)
{
	static const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	switch (access) {
	case SANDBOX_READ:
		return read;
	case SANDBOX_WRITE:
		return read | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | ACCESS_TRUNCATE;
	case SANDBOX_REMOVE:
		return LANDLOCK_ACCESS_FS_REMOVE_FILE;
	}
	return 0;
}

/* The directory a file is in, or would be in. -1: there is none. */
static int open_directory(const char *file)
{
	struct text path = {0};
	const char *slash = strrchr(file, '/');
	text_add(&path, slash ? file : "./", slash ? (size_t)(slash - file) + 1 : 2);
	int fd = open(text_string(&path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	text_free(&path);
	return fd;
}

static int allow_beside(int ruleset, const char *file, uint64_t accesses)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = accesses, .parent_fd = open_directory(file)};
	if (rule.parent_fd < 0)
		return errno == ENOENT ? 0 : errno; /* and it will not be there */
	int rc = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ? errno : 0;
	close(rule.parent_fd);
	return rc;
}

/* Where the file is, and where it leads. */
static int allow_place(int ruleset, const struct sandbox_place *place, uint64_t known)
{
	uint64_t accesses = accesses_of(place->access) & known;
	int rc = allow_beside(ruleset, place->file, accesses);
	char *real = rc == 0 ? realpath(place->file, NULL) : NULL;
	if (real)
		rc = allow_beside(ruleset, real, accesses);
	free(real);
	return rc;
}

/* 0, or what kept it from being so. *version: of Landlock; 0: this kernel has none. */
static int keep_places(const struct sandbox *sandbox, int *version)
{
	*version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (*version <= 0) {
		*version = 0;
		return 0;
	}
	uint64_t known = known_accesses(*version);
	const struct landlock_ruleset_attr attr = {.handled_access_fs = known};
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);
	if (ruleset < 0)
		return errno;
	int rc = 0;
	for (size_t i = 0; i < sandbox->count && rc == 0; i++)
		rc = allow_place(ruleset, &sandbox->places[i], known);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		rc = errno;
	close(ruleset);
	return rc;
}

/* ---------------------------------------------------------------------------------------------------------------- both */

void sandbox_file(struct sandbox *sandbox, const char *file, enum sandbox_access access)
{
	if (!file)
		return;
	assert(sandbox->count < SANDBOX_PLACES_MAX);
	sandbox->places[sandbox->count++] = (struct sandbox_place){file, access};
}

int sandbox_enter(const struct sandbox *sandbox)
{
	int version = 0;
	if (SANDBOX_SANITIZED) /* which at the end trace the process from another one */
		return 0;
	int rc = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? errno : 0;
	if (rc == 0)
		rc = keep_places(sandbox, &version);
	if (rc == 0)
		rc = keep_calls();
	if (rc != 0) {
		log_error("sandbox not entered: %s; --no-sandbox goes without", strerror(rc));
		return -1;
	}
	log_debug("sandbox entered landlock=%d", version);
	return 0;
}
