/* child.h - one daemon as a child: started, ready, its output passed on line by line, ended.
 *
 * Lives on the default loop (libev reaps there). A child dies with us (PR_SET_PDEATHSIG), has a process group of its own,
 * so that a Ctrl-C reaches only us, and finds no NOTIFY_SOCKET: it is us whom systemd asks. */
#ifndef COMMAND_CHILD_H
#define COMMAND_CHILD_H

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/text.h"

struct child {
	const char *name; /* "flycast-dns" */
	char **argv;      /* NULL-terminated; argv[0] is the file; "--ready-fd N" is added */
	void *owner;
	void (*on_ready)(struct child *child);
	void (*on_exit)(struct child *child, int status); /* as wait(2) has it; may start it again */
	/* the rest is its own */
	struct ev_loop *loop;
	ev_child exit;
	ev_io ready, output;
	pid_t pid; /* 0: it does not run */
	bool serves;
	struct text line;   /* that has no end yet */
	struct text last;   /* the last whole one: why it ended, most likely */
	struct text listen; /* the addresses it said it listens on */
};

/* The file of a program of ours: beside our own, else in PATH. free() it. */
char *child_program(const char *name);
/* The six fields of the caller must be set. 0; -1 with errno. */
int child_start(struct child *child, struct ev_loop *loop);
void child_signal(struct child *child, int signal); /* nothing when it does not run */
void child_free(struct child *child);               /* what it said; it must have ended */
/* The message of a log line, without time, program and level. */
const char *child_reason(const struct child *child);

#endif
