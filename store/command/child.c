/* child.c - see child.h. */
#include "command/child.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"

enum { READY_FD = 3, LINE_MAX_BYTES = 16384 };

char *child_program(const char *name)
{
	struct text path = {0};
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	if (len > 0) {
		self[len] = '\0';
		text_format(&path, "%s/%s", dirname(self), name);
		if (access(path.at, X_OK) == 0)
			return path.at;
	}
	text_free(&path);
	return mem_text(name); /* execvp() looks for it in PATH */
}

/* ------------------------------------------------------------------------------------------------ its output */

/* "... ready listen=[::1]:53 listen=127.0.0.1:53 ..." */
static void remember_listen(struct child *c, const char *line)
{
	static const char mark[] = " listen=";
	const char *at = strstr(line, " ready listen=");
	if (!at)
		return;
	text_clear(&c->listen);
	while ((at = strstr(at, mark))) {
		at += sizeof mark - 1;
		text_put(&c->listen, c->listen.len ? ", " : "");
		text_add(&c->listen, at, strcspn(at, " \"\n"));
	}
}

static void remember(struct child *c)
{
	text_clear(&c->last);
	text_add(&c->last, text_string(&c->line), c->line.len);
	remember_listen(c, text_string(&c->line));
}

/* One whole line goes on in one write, so that lines of several daemons do not mix. */
static void pass_on(struct child *c, const char *bytes, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(bytes, '\n', len);
		size_t part = newline ? (size_t)(newline - bytes) : len;
		text_add(&c->line, bytes, part);
		if (newline || c->line.len > LINE_MAX_BYTES) {
			remember(c);
			text_put(&c->line, "\n");
			ssize_t written = write(STDERR_FILENO, c->line.at, c->line.len);
			(void)written; /* nowhere to report it to */
			text_clear(&c->line);
		}
		part += newline != NULL;
		bytes += part;
		len -= part;
	}
}

/* false: there is no more for now. */
static bool read_output(struct child *c)
{
	char bytes[4096];
	ssize_t got = read(c->output.fd, bytes, sizeof bytes);
	if (got > 0)
		pass_on(c, bytes, (size_t)got);
	return got > 0;
}

static void on_output(struct ev_loop *loop, ev_io *io, int events)
{
	struct child *c = io->data;
	(void)events;
	if (!read_output(c) && errno != EAGAIN && errno != EINTR)
		ev_io_stop(loop, io); /* the end; the exit closes it */
}

const char *child_reason(const struct child *child)
{
	const char *line = text_string(&child->last);
	size_t name = strlen(child->name);
	if (!*line)
		return "it said nothing";
	if (strncmp(line, child->name, name) == 0 && strncmp(line + name, ": ", 2) == 0)
		return line + name + 2;
	if (line[0] < '0' || line[0] > '9')
		return line;
	/* "2026-11-23T08:59:20.123Z flycast-dns error message" */
	for (int words = 0; words < 3; words++) {
		const char *space = strchr(line, ' ');
		if (!space)
			return text_string(&child->last);
		line = space + 1;
	}
	return line;
}

/* ------------------------------------------------------------------------------------------------ life */

static void on_ready(struct ev_loop *loop, ev_io *io, int events)
{
	struct child *c = io->data;
	char byte;
	ssize_t got = read(io->fd, &byte, 1);
	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	ev_io_stop(loop, io);
	close(io->fd);
	io->fd = -1;
	if (got == 1 && byte == '\n') {
		c->serves = true;
		c->on_ready(c);
	}
}

static void on_exit_status(struct ev_loop *loop, ev_child *w, int events)
{
	struct child *c = w->data;
	(void)events;
	ev_child_stop(loop, w);
	while (read_output(c))
		continue;
	if (c->line.len)
		pass_on(c, "\n", 1);
	ev_io_stop(loop, &c->output);
	close(c->output.fd);
	ev_io_stop(loop, &c->ready);
	if (c->ready.fd >= 0)
		close(c->ready.fd);
	c->pid = 0;
	c->on_exit(c, w->rstatus);
}

/* In the new process, after fork(). */
static void become(const struct child *c, int ready, int output, pid_t parent)
{
	sigset_t none;
	char **argv = c->argv;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1); /* we were too late to die with it */
	/* Low descriptors move out of the way of the ones that are given fixed numbers. */
	ready = fcntl(ready, F_DUPFD_CLOEXEC, 10);
	output = fcntl(output, F_DUPFD_CLOEXEC, 10);
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	dup2(ready, READY_FD);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "%s cannot be run (%s): install it beside flycast\n", argv[0], strerror(errno));
	_exit(127);
}

static void start_watchers(struct child *c, int ready, int output)
{
	ev_io_init(&c->ready, on_ready, ready, EV_READ);
	ev_io_init(&c->output, on_output, output, EV_READ);
	ev_child_init(&c->exit, on_exit_status, c->pid, 0);
	c->ready.data = c->output.data = c->exit.data = c;
	ev_io_start(c->loop, &c->ready);
	ev_io_start(c->loop, &c->output);
	ev_child_start(c->loop, &c->exit);
}

int child_start(struct child *child, struct ev_loop *loop)
{
	int ready[2], output[2];
	pid_t parent = getpid();
	child->loop = loop;
	child->serves = false;
	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	if (pipe2(output, O_CLOEXEC) < 0)
		goto close_ready;
	child->pid = fork();
	if (child->pid < 0)
		goto close_output;
	if (child->pid == 0)
		become(child, ready[1], output[1], parent);
	close(ready[1]);
	close(output[1]);
	fcntl(ready[0], F_SETFL, O_NONBLOCK);
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	start_watchers(child, ready[0], output[0]);
	return 0;
close_output:
	child->pid = 0;
	close(output[0]);
	close(output[1]);
close_ready:
	close(ready[0]);
	close(ready[1]);
	return -1;
}

void child_signal(struct child *child, int signal)
{
	if (child->pid > 0)
		kill(child->pid, signal);
}

void child_free(struct child *child)
{
	text_free(&child->line);
	text_free(&child->last);
	text_free(&child->listen);
}
