/* process_inside.h - what the files of the process driver share: process.c, and process_freeze.c for suspend and resume. */
#ifndef AGENT_PROCESS_INSIDE_H
#define AGENT_PROCESS_INSIDE_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "driver.h"
#include "groups.h"
#include "launch.h"
#include "netns.h"
#include "root.h"
#include "spec.h"

struct builder;

enum { REPORT_SIZE = 1024 };

struct processes {
	struct driver driver; /* first: a struct driver * is one of these */
	struct ev_loop *loop;
	struct builder *builder;
	struct groups groups;
	struct images *images; /* NULL: we are not really root and can use none */
	struct launch_house house;
	int state; /* directory of the Machines' directories */
	int home;  /* our own network namespace */
};

struct instance {
	struct processes *all;
	struct driver_watch watch;
	struct netns_place place;
	char id[SPEC_ID];
	char run[DRIVER_RUN];
	int netns; /* -1: not made yet */
	int group; /* cgroup of this run; -1: none */
	int pidfd; /* -1: nothing runs */
	int report_fd;
	pid_t pid; /* of flycast-init */
	ev_io exited;
	ev_io reported;
	ev_timer freezing; /* until it stands still; then until its group can be removed */
	double freeze_since;
	char report[REPORT_SIZE];
	size_t report_len;
	unsigned long kills; /* quota_kills() when the run began */
	int removals;
	struct root root; /* its image */
	bool making;      /* its network */
	bool furnished;   /* its directory is */
};

/* To flycast-init, with a value that INIT_PACE has a meaning for. */
void process_signal(const struct instance *in, int signal, int value);
bool process_stands_still(const struct instance *in);
void process_on_freezing(struct ev_loop *loop, ev_timer *watcher, int events);
void process_suspend(struct instance *in); /* verbs of driver.h */
int process_resume(struct instance *in);

#endif
