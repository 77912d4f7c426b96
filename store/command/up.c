/* up.c - flycast up: the three daemons of this host as children, started in order, started again when they die, replaced by
 * others that take their sockets over when SIGUSR2 says so, ended in the other order. Machines are no children of ours: they
 * live on. */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/ready.h"
#include "base/text.h"
#include "command/backoff.h"
#include "command/call.h"
#include "command/child.h"
#include "command/commands.h"
#include "command/say.h"
#include "command/session.h"
#include "layout.h"
#include "registry.h"

enum { DAEMONS = 3 };
#define START_SECONDS 120.0 /* a big registry takes a while to read */
#define STOP_SECONDS 10.0

struct daemon {
	struct up *up;
	struct child children[2]; /* the one that is meant, and one that will take its place or had it before */
	unsigned now;             /* the one that is meant */
	bool replacing;           /* the other one is about to take its place; else it drains, if it runs */
	bool told;                /* to end */
	bool hands_over;          /* it can be replaced by another while it runs */
	struct backoff backoff;
	ev_timer pause; /* before it is started again */
	double started; /* when */
	char **argv;    /* NULL-terminated */
	size_t argc, room;
};

struct up {
	struct ev_loop *loop;
	struct daemon daemons[DAEMONS]; /* in the order they start */
	int next;                       /* the one that is started first and is not ready yet; DAEMONS: all are up */
	bool stopping;
	int code;
	int ready_fd;
	ev_timer limit; /* of the first start, then of the end of one daemon */
	ev_timer alive; /* for systemd; repeat 0: it does not want to hear of it */
	ev_signal signals[3];
	ev_signal replace;
};

static struct child *current(struct daemon *d)
{
	return &d->children[d->now];
}

static struct child *other(struct daemon *d)
{
	return &d->children[!d->now];
}

static bool runs(struct daemon *d)
{
	return current(d)->pid || other(d)->pid;
}

/* ------------------------------------------------------------------------------------------------ the end */

/* Ends the last one that still runs; when none does the loop ends. */
static void stop_one(struct up *up)
{
	for (int i = DAEMONS - 1; i >= 0; i--) {
		struct daemon *d = &up->daemons[i];
		if (!runs(d))
			continue;
		for (int k = 0; k < 2 && !d->told; k++)
			child_signal(&d->children[k], SIGTERM);
		d->told = true;
		up->limit.repeat = STOP_SECONDS;
		ev_timer_again(up->loop, &up->limit);
		return;
	}
	ev_break(up->loop, EVBREAK_ALL);
}

static void stop_all(struct up *up, int code)
{
	if (up->stopping)
		return;
	up->stopping = true;
	up->code = code;
	ready_say("STOPPING=1");
	for (int i = 0; i < DAEMONS; i++)
		ev_timer_stop(up->loop, &up->daemons[i].pause);
	stop_one(up);
}

static void kill_slow(struct up *up)
{
	for (int i = DAEMONS - 1; i >= 0; i--)
		if (runs(&up->daemons[i])) {
			log_warn("daemon killed name=%s: it did not end in time", current(&up->daemons[i])->name);
			child_signal(current(&up->daemons[i]), SIGKILL);
			child_signal(other(&up->daemons[i]), SIGKILL);
			return;
		}
}

static void on_signal(struct ev_loop *loop, ev_signal *w, int events)
{
	struct up *up = w->data;
	(void)loop, (void)events;
	if (up->stopping)
		kill_slow(up); /* asked twice */
	else
		stop_all(up, 0);
}

static void on_limit(struct ev_loop *loop, ev_timer *w, int events)
{
	struct up *up = w->data;
	(void)events;
	ev_timer_stop(loop, w);
	if (up->stopping) {
		kill_slow(up);
		return;
	}
	say_refused("%s was not ready after %.0f s: see what it says above", current(&up->daemons[up->next])->name,
	            START_SECONDS);
	stop_all(up, 1);
}

/* ------------------------------------------------------------------------------------------------ life */

static void start(struct up *up, struct daemon *d)
{
	d->started = ev_time();
	if (child_start(current(d), up->loop) == 0)
		return;
	log_error("daemon not started name=%s: %s", current(d)->name, strerror(errno));
	d->pause.repeat = backoff_next(&d->backoff, 0) + 0.1;
	ev_timer_again(up->loop, &d->pause);
}

/* That this loop turns. A daemon that ends is started again by it. */
static void on_alive(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)events;
	if (w->repeat == 0.)
		return;
	ready_say("WATCHDOG=1");
	ev_timer_again(loop, w);
}

static void announce(struct up *up)
{
	printf("flycast is up\n");
	for (int i = 0; i < DAEMONS; i++) {
		const struct child *c = current(&up->daemons[i]);
		printf("  %-14s pid %d%s%s\n", c->name, (int)c->pid, c->listen.len ? ", listens on " : "",
		       text_string(&c->listen));
	}
	fflush(stdout);
	ready_notify(up->ready_fd);
	on_alive(up->loop, &up->alive, 0);
}

static void start_next(struct up *up)
{
	ev_timer_stop(up->loop, &up->limit);
	if (up->next == DAEMONS) {
		announce(up);
		return;
	}
	up->limit.repeat = START_SECONDS;
	ev_timer_again(up->loop, &up->limit);
	start(up, &up->daemons[up->next]);
}

static void on_ready(struct child *child)
{
	struct daemon *d = child->owner;
	struct up *up = d->up;
	if (up->stopping)
		return;
	if (up->next < DAEMONS && d == &up->daemons[up->next]) {
		up->next++;
		start_next(up);
		return;
	}
	if (child != current(d)) {
		d->now = !d->now;
		d->replacing = false;
		d->started = ev_time();
		log_info("daemon replaced name=%s pid=%d former=%d", child->name, (int)child->pid, (int)other(d)->pid);
		return;
	}
	log_info("daemon serves again name=%s pid=%d", child->name, (int)child->pid);
}

static void tell_exit(const struct child *child, int status, double pause)
{
	char last[256];
	bool killed = WIFSIGNALED(status);
	log_warn("daemon ended name=%s %s=%d restart_seconds=%.1f last=%s", child->name, killed ? "signal" : "code",
	         killed ? WTERMSIG(status) : WEXITSTATUS(status), pause,
	         log_quote(last, sizeof last, child_reason(child)));
}

/* One that was about to take a place, or had it. */
static void tell_other_exit(const struct daemon *d, const struct child *child)
{
	char last[256];
	if (d->replacing)
		log_warn("daemon not replaced name=%s: %s; the one before goes on", child->name,
		         log_quote(last, sizeof last, child_reason(child)));
	else
		log_info("daemon that was replaced has ended name=%s", child->name);
}

static void on_exit_status(struct child *child, int status)
{
	struct daemon *d = child->owner;
	struct up *up = d->up;
	if (up->stopping) {
		if (runs(d))
			return;
		ev_timer_stop(up->loop, &up->limit);
		stop_one(up);
		return;
	}
	if (child != current(d)) {
		tell_other_exit(d, child);
		d->replacing = false;
		return;
	}
	if (up->next < DAEMONS && d == &up->daemons[up->next]) {
		say_refused("%s could not start: %s", child->name, child_reason(child));
		stop_all(up, 1);
		return;
	}
	double pause = d->replacing ? 0 : backoff_next(&d->backoff, ev_time() - d->started);
	tell_exit(child, status, pause);
	if (d->replacing) { /* who was about to take the place is there already */
		d->now = !d->now;
		d->replacing = false;
		d->started = ev_time();
		return;
	}
	if (pause == 0) {
		start(up, d);
		return;
	}
	d->pause.repeat = pause;
	ev_timer_again(up->loop, &d->pause);
}

static void on_pause(struct ev_loop *loop, ev_timer *w, int events)
{
	struct daemon *d = w->data;
	(void)events;
	ev_timer_stop(loop, w);
	start(d->up, d);
}

static void replace(struct up *up, struct daemon *d)
{
	const char *name = current(d)->name;
	if (!current(d)->pid || !current(d)->serves || other(d)->pid) {
		log_warn("daemon not replaced name=%s: %s; try again later", name,
		         other(d)->pid ? "another one still ends, or begins" : "it does not run");
		return;
	}
	d->replacing = child_start(other(d), up->loop) == 0;
	if (!d->replacing)
		log_error("daemon not replaced name=%s: %s", name, strerror(errno));
}

/* What is installed now takes the place of what runs. The agent hands nothing over: it is started anew by being killed. */
static void on_replace(struct ev_loop *loop, ev_signal *w, int events)
{
	struct up *up = w->data;
	(void)loop, (void)events;
	for (int i = 0; i < DAEMONS && !up->stopping; i++)
		if (up->daemons[i].hands_over)
			replace(up, &up->daemons[i]);
}

/* ------------------------------------------------------------------------------------------------ command line */

static void add_word(struct daemon *d, const char *word)
{
	d->argv = mem_grow(d->argv, d->argc + 1, &d->room, sizeof *d->argv);
	d->argv[d->argc++] = mem_text(word);
	d->argv[d->argc] = NULL;
}

static void add_flag(struct daemon *d, const char *flag, const char *value)
{
	if (!value)
		return;
	add_word(d, flag);
	add_word(d, value);
}

static void add_common(struct daemon *d, struct call *call)
{
	char *program = child_program(current(d)->name);
	add_word(d, program);
	free(program);
	add_flag(d, "--registry", call->path);
	add_flag(d, "--ready-fd", "3");
	add_flag(d, "--host", call_text(call, "host"));
	add_flag(d, "--log-format", call_text(call, "log-format"));
	if (call_on(call, "verbose", false))
		add_word(d, "--verbose");
}

static void add_words(struct daemon *d, struct call *call, const char *list)
{
	const char *word;
	for (size_t i = 0; (word = call_item(call, list, i)); i++)
		add_word(d, word);
}

static void read_flags(struct up *up, struct call *call)
{
	static const char *const names[DAEMONS] = {"flycast-agent", "flycast-dns", "flycast-proxy"};
	struct daemon *agent = &up->daemons[0], *dns = &up->daemons[1], *proxy = &up->daemons[2];
	const char *address;
	for (int i = 0; i < DAEMONS; i++) {
		struct daemon *d = &up->daemons[i];
		d->up = up;
		d->hands_over = d != agent;
		for (int k = 0; k < 2; k++)
			d->children[k] = (struct child){
			    .name = names[i], .owner = d, .on_ready = on_ready, .on_exit = on_exit_status};
		add_common(d, call);
		ev_init(&d->pause, on_pause);
		d->pause.data = d;
	}
	for (size_t i = 0; (address = call_item(call, "dns-listen", i)); i++)
		add_flag(dns, "--listen", address);
	add_flag(dns, "--user", call_text(call, "user"));
	add_flag(proxy, "--user", call_text(call, "user"));
	add_flag(proxy, "--autostop-interval", call_text(call, "autostop-interval"));
	char *control = layout_beside(call->path, "proxy.sock");
	add_flag(proxy, "--control", control);
	free(control);
	control = layout_beside(call->path, "dns.sock");
	add_flag(dns, "--control", control);
	free(control);
	add_words(agent, call, "agent");
	add_words(dns, call, "dns");
	add_words(proxy, call, "proxy");
	for (int i = 0; i < DAEMONS; i++)
		up->daemons[i].children[0].argv = up->daemons[i].children[1].argv = up->daemons[i].argv;
}

/* 0, or the exit code; *out stays when there is none. */
static int read_ready_fd(int *out, struct call *call)
{
	int64_t fd = call_number(call, "ready-fd", -1);
	if (fd > INT_MAX || (fd >= 0 && fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0))
		return say_misuse(call, "--ready-fd %lld is no open descriptor", (long long)fd);
	*out = (int)fd;
	return 0;
}

static void free_all(struct up *up)
{
	for (int i = 0; i < DAEMONS; i++) {
		child_free(&up->daemons[i].children[0]);
		child_free(&up->daemons[i].children[1]);
		for (size_t k = 0; k < up->daemons[i].argc; k++)
			free(up->daemons[i].argv[k]);
		free((void *)up->daemons[i].argv);
	}
	ev_loop_destroy(up->loop);
	free(up);
}

static int run(struct call *call)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	int ready_fd = -1;
	int code = read_ready_fd(&ready_fd, call);
	if (code)
		return code;
	/* The sentence for a registry that is not there is better here than from the first daemon. */
	if (session_read(call) < 0)
		return 1;
	registry_close(call->registry);
	call->registry = NULL;
	const char *format = call_text(call, "log-format");
	log_open("flycast", LOG_INFO, format && strcmp(format, "json") == 0);
	signal(SIGPIPE, SIG_IGN);
	struct up *up = mem_new(sizeof *up);
	up->loop = ev_default_loop(0);
	up->ready_fd = ready_fd;
	read_flags(up, call);
	ev_init(&up->alive, on_alive);
	up->alive.repeat = (double)ready_watchdog_ms() / 2000;
	ev_init(&up->limit, on_limit);
	up->limit.data = up;
	for (int i = 0; i < 3; i++) {
		ev_signal_init(&up->signals[i], on_signal, signals[i]);
		up->signals[i].data = up;
		ev_signal_start(up->loop, &up->signals[i]);
	}
	ev_signal_init(&up->replace, on_replace, SIGUSR2);
	up->replace.data = up;
	ev_signal_start(up->loop, &up->replace);
	start_next(up);
	ev_run(up->loop, 0);
	code = up->code;
	free_all(up);
	return code;
}

static const struct command_flag flags[] = {
    {"dns-listen", 0, FLAG_LIST, "[ADDR]:PORT", "where the name server listens", NULL, NULL},
    {"autostop-interval", 0, FLAG_SECONDS, "TIME",
     "how often the proxy looks for Machines that nobody uses (default 1m)", NULL, NULL},
    {"user", 0, FLAG_TEXT, "NAME", "name server and proxy become this user", NULL, NULL},
    {"host", 0, FLAG_TEXT, "NAME", "this computer's row in table host (default: by hostname, else the only one)", NULL,
     NULL},
    {"agent", 0, FLAG_LIST, "FLAG", "one more flag for flycast-agent, for example --agent=--verbose", NULL, NULL},
    {"dns", 0, FLAG_LIST, "FLAG", "one more flag for flycast-dns, for example --dns=--threads=2", NULL, NULL},
    {"proxy", 0, FLAG_LIST, "FLAG", "one more flag for flycast-proxy, for example --proxy=--metrics=[::1]:9154", NULL,
     NULL},
    {"log-format", 0, FLAG_TEXT, "FORMAT", "text or json, on stderr (default text)", NULL, "text json"},
    {"verbose", 0, FLAG_SWITCH, NULL, "the daemons log debug lines too", NULL, NULL},
    {"ready-fd", 0, FLAG_NUMBER, "N", "write a newline to descriptor N and close it once all of them serve", NULL,
     NULL},
    {0}};

const struct command up_command = {
    .name = "up",
    .summary = "Run this host: agent, name server and proxy, in the foreground",
    .details =
        "A daemon that dies is started again, at once the first time, then after 0.1 s, doubling to 5 s. SIGTERM or\n"
        "SIGINT ends all of them; Machines live on and are adopted by the next flycast up. SIGUSR2 replaces name "
        "server\n"
        "and proxy by what is installed now: they hand over their sockets, and nothing that comes meanwhile is lost.",
    .examples = "flycast up\nflycast up --dns-listen '[fdaa::3]:53' --autostop-interval 10s",
    .flags = flags,
    .run = run};
