/* launch.c - see launch.h. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bundle.h"
#include "environment.h"
#include "fly_dir.h"
#include "house.h"
#include "image.h"
#include "init/plan.h"
#include "quota.h"
#include "seal.h"
#include "spec.h"

/* Above the numbers that flycast-init expects, so that moving one of them there never closes another. */
enum { ABOVE = 16 };

static void add(struct text *plan, const char *key, const char *value)
{
	text_add(plan, key, strlen(key) + 1);
	text_add(plan, value, strlen(value) + 1);
}

static void add_number(struct text *plan, const char *key, unsigned long value)
{
	char text[32];
	snprintf(text, sizeof text, "%lu", value);
	add(plan, key, text);
}

static void write_command(struct text *plan, const struct launch_house *house, const struct launch *in,
                          const struct environment *env)
{
	static const char *const places[] = {"hosts", "resolv.conf", "hostname"};
	for (char **at = in->spec->command; *at; at++)
		add(plan, "arg", *at);
	for (char *const *at = env->items; *at; at++)
		add(plan, "env", *at);
	for (const char **at = house->hides; *at; at++)
		add(plan, "hide", *at);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		struct text path = {0};
		text_format(&path, "%s/%s/%s", house->state, in->spec->id, places[i]);
		add(plan, "place", path.at);
		text_free(&path);
	}
	if (in->spec->release) {
		struct text path = {0};
		text_format(&path, "%s/%s", house->releases, in->spec->release);
		add(plan, "folder", path.at);
		text_free(&path);
	}
}

/* In the image: its files are all there is. -1: no such thing can be, in why. */
static int write_image(struct text *plan, const struct launch_house *house, const struct launch *in,
                       const struct environment *env, struct text *why)
{
	const struct bundle bundle = {.spec = in->spec,
	                              .image = in->image,
	                              .env = env->items,
	                              .scratch = house->state,
	                              .fly = house->fly && fly_dir_need()};
	char runtime[PATH_MAX];
	const char **words = bundle_words(in->spec, in->image);
	struct text config = {0};
	int rc = -1;
	if (!words[0])
		text_format(why, "the image %s has neither an entrypoint nor a command: write a command after --",
		            in->image->ref);
	else if (house_runtime(runtime) < 0)
		text_put(why, "there is no crun on this host, which runs images: apt-get install crun");
	else
		rc = bundle_config(&bundle, &config, why);
	for (const char **at = words; rc == 0 && *at; at++)
		add(plan, "arg", *at);
	free((void *)words);
	if (rc == 0) {
		add(plan, "config", config.at);
		add(plan, "image", in->image->root);
		add(plan, "scratch", house->state);
		add(plan, "runtime", runtime);
		/* What it writes to its root is memory of the Machine, too. */
		add_number(plan, "scratch_bytes", (unsigned long)in->spec->guest.memory_mb << 20 >> 1);
	}
	seal_wipe(&config);
	return rc;
}

static int write_plan(struct text *plan, const struct launch_house *house, const struct launch *in,
                      const struct environment *env, struct text *why)
{
	if (!in->image)
		write_command(plan, house, in, env);
	else if (write_image(plan, house, in, env, why) < 0)
		return -1;
	if (house->fly && fly_dir_need())
		add(plan, "fly", house->fly);
	add(plan, "machine", in->spec->id);
	add(plan, "run", in->run);
	add_number(plan, "user", house->user);
	add_number(plan, "group", house->group);
	add_number(plan, "files", house->files);
	add_number(plan, "log_bytes", house->log_bytes);
	if (in->quota->why[0]) {
		struct text warning = {0};
		text_format(&warning, "the Machine is not held to its size: %s", in->quota->why);
		add(plan, "warning", warning.at);
		text_free(&warning);
	}
	return 0;
}

static int plan_file(const struct launch_house *house, const struct launch *in, struct text *why)
{
	struct text plan = {0};
	struct environment env;
	if (environment_open(&env, in->spec, house->registry, why) < 0) {
		errno = ENOKEY; /* none that says something else to the caller */
		return -1;
	}
	int fd = -1;
	if (write_plan(&plan, house, in, &env, why) == 0)
		fd = memfd_create("plan", MFD_CLOEXEC);
	else
		errno = EINVAL;
	environment_close(&env);
	for (size_t at = 0; fd >= 0 && at < plan.len;) {
		ssize_t written = write(fd, plan.at + at, plan.len - at);
		if (written <= 0) {
			close(fd);
			fd = -1;
			break;
		}
		at += (size_t)written;
	}
	seal_wipe(&plan);
	return fd;
}

/* The agent reads this where flycast-init would have said what is wrong. */
__attribute__((noreturn)) static void give_up(int report, const char *sentence)
{
	ssize_t written = write(report, sentence, strlen(sentence));
	_exit(written < 0 ? 126 : 127);
}

/* In the child of a process with threads: system calls only. Until they are replaced, the numbers below ABOVE are the agent's
 * own descriptors, its registry among them. */
__attribute__((noreturn)) static void become_init(const char *init, const struct launch *in, const int *from)
{
	static char *const empty[] = {NULL};
	static char *const argv[] = {"flycast-init", NULL};
	int report = from[INIT_REPORT_FD - INIT_PLAN_FD];
	if (setns(in->netns, CLONE_NEWNET) < 0)
		give_up(report, "the Machine's network namespace cannot be entered");
	for (int i = 0; i < QUOTA_HIERARCHIES; i++)
		if (in->quota->enter[i] >= 0 && write(in->quota->enter[i], "0", 1) < 0)
			give_up(report, "the Machine's control group of CPUs or memory cannot be entered");
	for (int i = 0; i <= INIT_LAST_FD - INIT_PLAN_FD; i++)
		dup2(from[i], INIT_PLAN_FD + i);
	/* Before /dev/null is opened: the agent may have had as many descriptors as it was allowed. */
	close_range(INIT_LAST_FD + 1, ~0U, 0);
	int null = open("/dev/null", O_RDWR);
	if (null < 0)
		give_up(INIT_REPORT_FD, "/dev/null of this host cannot be opened");
	for (int fd = 0; fd < INIT_PLAN_FD; fd++)
		dup2(null, fd);
	close_range(INIT_LAST_FD + 1, ~0U, 0);
	setsid();
	execve(init, argv, empty);
	give_up(INIT_REPORT_FD, "flycast-init cannot be executed: is it installed beside flycast-agent?");
}

static pid_t clone_apart(int *pidfd, int group)
{
	struct clone_args args = {.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_PIDFD,
	                          .pidfd = (uint64_t)(uintptr_t)pidfd,
	                          .exit_signal = SIGCHLD};
	if (group >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)group;
	}
	return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

/* from[]: what flycast-init gets as 3, 4, 5, 6, 7. */
static int clone_init(struct launched *out, const struct launch_house *house, const struct launch *in, const int *from)
{
	sigset_t all, before;
	int pidfd = -1;
	/* Process 1 loses a signal that it neither handles nor blocks: a stop that comes before flycast-init has begun. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = clone_apart(&pidfd, in->group);
	if (pid == 0)
		become_init(house->init, in, from);
	int saved = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	if (pid < 0)
		return -1;
	out->pid = pid;
	out->pidfd = pidfd;
	return 0;
}

int launch(struct launched *out, const struct launch_house *house, const struct launch *in)
{
	enum { HANDED = INIT_LAST_FD - INIT_PLAN_FD + 1 };
	int report[2], from[HANDED], rc = -1, saved;
	int plan = plan_file(house, in, &out->why);
	if (plan < 0)
		return -1;
	if (pipe2(report, O_CLOEXEC) < 0)
		goto close_plan;
	out->report = report[0];
	fcntl(report[0], F_SETFL, O_NONBLOCK); /* fails for a bad descriptor only */
	int null = in->quota->oom >= 0 ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC);
	const int sources[HANDED] = {plan, in->dir, report[1], in->lock, null < 0 ? in->quota->oom : null};
	size_t count = 0;
	for (; count < HANDED; count++)
		if ((from[count] = fcntl(sources[count], F_DUPFD_CLOEXEC, ABOVE)) < 0)
			goto close_copies;
	rc = clone_init(out, house, in, from);
close_copies:
	saved = errno;
	for (size_t i = 0; i < count; i++)
		close(from[i]);
	if (null >= 0)
		close(null);
	close(report[1]);
	if (rc < 0)
		close(report[0]);
	errno = saved;
close_plan:
	saved = errno;
	close(plan);
	errno = saved;
	return rc;
}

bool launch_report(int report, char *text, size_t size, size_t *len)
{
	while (*len < size - 1) {
		ssize_t got = read(report, text + *len, size - 1 - *len);
		if (got < 0)
			return errno != EAGAIN && errno != EINTR;
		if (got == 0)
			return true;
		*len += (size_t)got;
		text[*len] = '\0';
	}
	return true;
}
