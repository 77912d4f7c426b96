/* init.c - flycast-init: holds one Machine. It is process 1 of the Machine's process namespace.
 *
 * A signal that process 1 does not handle is lost, nobody reaps what a command leaves behind, and a log that goes through the
 * agent ends with it. So this program stands between: it runs the command, passes signals on, reaps, copies the output to the
 * log, and writes the exit code to a file. It never talks to the registry or the network, outlives the agent, and when it
 * ends the kernel kills what is left of the Machine. Started by the agent only (plan.h says with which descriptors). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"
#include "output.h"
#include "plan.h"
#include "setup.h"

enum { CODE_UNRUNNABLE = 127 };

struct init {
	struct plan plan;
	struct output output;
	struct stream streams[2];
	int signals; /* signalfd */
	pid_t command;
	bool ended;
	int code;
	unsigned long kills; /* for want of memory, in our control group before the command */
	int badness;         /* oom_score_adj of the command */
};

/* Writes in place, always INIT_RECORD bytes, so that a start waits for no journal. A reader knows by the last line, which
 * repeats the run, that it has all of it. -1 with errno. */
static int write_record_file(const char *name, const char *run, const char *lines)
{
	char text[INIT_RECORD + 1];
	int fd = openat(INIT_DIR_FD, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0)
		return -1;
	int len = snprintf(text, sizeof text, "run %.32s\n%send %.32s\n", run, lines, run);
	if (len < INIT_RECORD)
		memset(text + len, '\n', (size_t)(INIT_RECORD - len));
	errno = ENOSPC; /* what a short write means */
	ssize_t written = pwrite(fd, text, INIT_RECORD, 0);
	int saved = errno;
	close(fd);
	errno = saved;
	return written == INIT_RECORD ? 0 : -1;
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

/* Who we are in the agent's eyes: the number under which its /proc, which is still ours, knows us, and since when. */
static int write_record(const struct plan *plan)
{
	char pid[32] = "", stat[1024], boot[64], text[160];
	ssize_t len = readlink("/proc/self", pid, sizeof pid - 1);
	read_file("/proc/self/stat", stat, sizeof stat);
	read_file("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
	/* The name in parentheses may contain spaces: fields are counted from the last one. Start time is field 22. */
	const char *at = strrchr(stat, ')');
	unsigned long long start = 0;
	if (len < 0 || !at ||
	    sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
	           &start) != 1) {
		errno = ENODATA;
		return -1;
	}
	boot[strcspn(boot, "\n")] = '\0';
	snprintf(text, sizeof text, "pid %s\nstart %llu\nboot %s\n", pid, start, boot);
	return write_record_file("init", plan->run, text);
}

static void report(const char *sentence)
{
	/* The agent may be gone: the record and the exit file tell the next one. */
	ssize_t written = write(INIT_REPORT_FD, sentence, strlen(sentence));
	(void)written;
	close(INIT_REPORT_FD);
}

/* Processes of the control group that were killed for want of memory, since it was made. */
static unsigned long count_kills(void)
{
	static const char key[] = "oom_kill ";
	char text[1024];
	ssize_t got = pread(INIT_OOM_FD, text, sizeof text - 1, 0);
	text[got > 0 ? got : 0] = '\0';
	const char *at = strstr(text, key);
	return at ? strtoul(at + strlen(key), NULL, 10) : 0;
}

/* Where the memory of the Machine is short, the command is to be killed and not the one who tells of it. Without the
 * privilege the kernel chooses, most likely the larger one of the two. */
static void avoid_kill(struct init *in)
{
	char text[32] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	in->badness = got > 0 ? atoi(text) : 0;
	if (in->badness < 0)
		in->badness = 0; /* the agent's own protection is none of the command's */
	if (fd >= 0 && pwrite(fd, "-1000", 5, 0) < 0)
		errno = 0;
	if (fd >= 0)
		close(fd);
	in->kills = count_kills();
}

static void allow_kill(int badness)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		dprintf(fd, "%d", badness);
	if (fd >= 0)
		close(fd);
}

static void write_exit(const struct init *in)
{
	char text[48];
	snprintf(text, sizeof text, "code %d\n%s", in->code, count_kills() > in->kills ? "oom 1\n" : "");
	/* If it cannot be written, an agent that was not there takes the Machine for killed. */
	(void)write_record_file("exit", in->plan.run, text);
}

__attribute__((noreturn, format(printf, 2, 3))) static void fail(struct init *in, const char *format, ...)
{
	char sentence[SETUP_ERROR + PATH_MAX];
	va_list args;
	va_start(args, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start() is right above; clang-tidy 14 loses it on one path */
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	output_say(&in->output, "%s", sentence);
	in->code = CODE_UNRUNNABLE;
	write_exit(in);
	report(sentence);
	_exit(CODE_UNRUNNABLE);
}

/* In the child. Only a failure returns, to be reported as errno. call NULL: the plan's own words are the command. */
static void become_command(const struct init *in, const struct container_call *call, const int *pipes)
{
	const struct plan *plan = &in->plan;
	sigset_t none;
	setsid();
	allow_kill(in->badness);
	dup2(pipes[0], STDOUT_FILENO);
	dup2(pipes[1], STDERR_FILENO);
	for (int n = 1; n < NSIG; n++)
		signal(n, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (call) {
		static char *const empty[] = {NULL};
		setup_files(plan);
		execve(call->argv[0], call->argv, empty);
		return;
	}
	if (chdir(plan->folder ? plan->folder : "/") < 0 || setup_privileges(plan) < 0)
		return;
	/* execvp looks into the PATH of environ. */
	environ = plan->envp;
	execvp(plan->argv[0], plan->argv);
}

static void explain_errno(struct init *in, int error)
{
	const char *program = in->plan.argv[0];
	if (in->plan.image)
		fail(in, "could not run %s: %s", in->plan.runtime, strerror(error));
	if (error == ENOENT)
		fail(in,
		     "could not run %s: no such program (or what its first line names); PATH, spelling, and the "
		     "directories that are "
		     "hidden from Machines are to be looked at",
		     program);
	fail(in, "could not run %s: %s", program, strerror(error));
}

/* Waits until the runtime has run the program and ended; in->command is the program then. */
static void take_over(struct init *in, const struct container_call *call)
{
	char why[CONTAINER_WHY];
	int status = -1;
	pid_t got;
	while ((got = waitpid(in->command, &status, 0)) < 0 && errno == EINTR)
		continue;
	pid_t program = got > 0 && status == 0 ? container_pid(call) : -1;
	if (program > 0) {
		in->command = program;
		return;
	}
	container_why(call, why);
	fail(in, "could not run %s in its image: %s", in->plan.argv[0], why);
}

/* Returns once the command was executed; does not return when it could not be. */
static void run_command(struct init *in)
{
	static struct container_call call;
	int out[2], err[2], failed[2], error = 0;
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0 || pipe2(failed, O_CLOEXEC) < 0)
		fail(in, "no pipe for the command's output: %s", strerror(errno));
	if (in->plan.image)
		container_call(&call, &in->plan);
	in->command = fork();
	if (in->command == 0) {
		become_command(in, in->plan.image ? &call : NULL, (int[]){out[1], err[1]});
		error = errno;
		ssize_t written = write(failed[1], &error, sizeof error);
		_exit(written < 0 ? CODE_UNRUNNABLE + 1 : CODE_UNRUNNABLE);
	}
	if (in->command < 0)
		fail(in, "no process for the command: %s", strerror(errno));
	close(out[1]);
	close(err[1]);
	close(failed[1]);
	if (read(failed[0], &error, sizeof error) == sizeof error)
		explain_errno(in, error);
	close(failed[0]);
	if (in->plan.image)
		take_over(in, &call);
	in->streams[0] = (struct stream){.fd = out[0], .tag = "out"};
	in->streams[1] = (struct stream){.fd = err[0], .tag = "err"};
	for (int i = 0; i < 2; i++) {
		int on = 1;
		ioctl(in->streams[i].fd, FIONBIO, &on);
	}
}

static void reap(struct init *in)
{
	pid_t pid;
	int status;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != in->command)
			continue;
		in->ended = true;
		in->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
}

static void on_signal(struct init *in)
{
	struct signalfd_siginfo info;
	while (read(in->signals, &info, sizeof info) == sizeof info) {
		int signal = (int)info.ssi_signo;
		/* Inside the Machine a sender has a number; the agent, outside of it, has none. */
		bool outside = info.ssi_pid == 0;
		if (signal == SIGCHLD)
			reap(in);
		else if (signal == INIT_PACE && outside)
			kill(-1, info.ssi_int == INIT_STILL ? SIGSTOP : SIGCONT);
		else if (signal == INIT_PASS_STOP && outside)
			kill(in->command, SIGSTOP);
		else if (!in->ended)
			kill(in->command, signal);
	}
}

static void hold(struct init *in)
{
	while (!in->ended) {
		/* poll() passes over descriptors below zero, which is what an ended stream has. */
		struct pollfd wait[3] = {{.fd = in->signals, .events = POLLIN},
		                         {.fd = in->streams[0].fd, .events = POLLIN},
		                         {.fd = in->streams[1].fd, .events = POLLIN}};
		if (poll(wait, 3, -1) < 0 && errno != EINTR)
			break;
		for (int i = 0; i < 2; i++)
			if (wait[i + 1].revents)
				stream_copy(&in->streams[i], &in->output);
		if (wait[0].revents)
			on_signal(in);
	}
}

int main(int argc, char **argv)
{
	static struct init in;
	sigset_t all;
	char error[SETUP_ERROR];
	if (argc == 3 && strcmp(argv[1], CONTAINER_HOOK) == 0)
		return container_no_devices(argv[2]) < 0;
	umask(022);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int fd = INIT_PLAN_FD; fd <= INIT_LAST_FD; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
			fprintf(stderr, "flycast-init: started by flycast-agent only; see flycast-agent(8)\n");
			return 2;
		}
	in.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (plan_read(&in.plan, INIT_PLAN_FD) < 0 || in.signals < 0) {
		report("the agent gave no readable plan");
		return CODE_UNRUNNABLE;
	}
	close(INIT_PLAN_FD);
	output_open(&in.output, INIT_DIR_FD, in.plan.log_bytes);
	if (write_record(&in.plan) < 0)
		fail(&in, "no agent could find it again, its record cannot be written: %s", strerror(errno));
	if (setup_mounts(&in.plan, &in.output, error) < 0)
		fail(&in, "%s", error);
	if (in.plan.warning)
		output_say(&in.output, "%s", in.plan.warning);
	setup_network();
	avoid_kill(&in);
	run_command(&in);
	output_say(&in.output, "started %s", in.plan.argv[0]);
	report("ok\n");
	hold(&in);
	for (int i = 0; i < 2; i++)
		stream_drain(&in.streams[i], &in.output);
	output_say(&in.output, "exited with code %d%s", in.code,
	           count_kills() > in.kills ? ", after a process was killed for want of memory" : "");
	write_exit(&in);
	plan_fini(&in.plan);
	return in.code;
}
