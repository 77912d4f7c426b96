/* launch.h - starts flycast-init for one run of a Machine: one clone, one exec. */
#ifndef AGENT_LAUNCH_H
#define AGENT_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/text.h"

struct image;
struct quota_run;
struct spec;

/* The same for every Machine. */
struct launch_house {
	char init[4096];    /* the program flycast-init */
	char *state;        /* path of the directory of Machines' directories */
	char *registry;     /* path of the file */
	const char **hides; /* directories Machines do not see; NULL-terminated */
	char *fly;          /* shown as /.fly (fly_dir.h); NULL: none */
	char *releases;     /* in one of them: the directory of releases' folders */
	uid_t user;
	gid_t group;
	unsigned long files; /* soft limit of open files */
	size_t log_bytes;
};

struct launch {
	const struct spec *spec;
	const char *run;
	int netns;
	int dir;
	int lock;
	int group; /* cgroup directory; -1: none */
	const struct quota_run *quota;
	const struct image *image; /* the spec's; NULL: it has none */
};

struct launched {
	pid_t pid;
	int pidfd;
	int report;      /* readable, non-blocking: init/plan.h says what comes */
	struct text why; /* of a failure that errno cannot tell: a sentence to free */
};

/* Nothing of *in is consumed. -1 with errno, or a sentence: no process was made. */
int launch(struct launched *out, const struct launch_house *house, const struct launch *in);
/* Adds what came of the report to text[size], which already has *len bytes, and a NUL. true: that was all. */
bool launch_report(int report, char *text, size_t size, size_t *len);

#endif
