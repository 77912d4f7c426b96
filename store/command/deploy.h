/* deploy.h - a release of an app is made and carried out: flycast deploy, rollback, and the end of flycast launch. */
#ifndef COMMAND_DEPLOY_H
#define COMMAND_DEPLOY_H

#include <stdbool.h>
#include <stdint.h>

struct call;

struct deploy_order {            /* borrowed; { .seconds = -1, .task_seconds = -1 }: as the configuration says */
	const char *app;         /* NULL: the one of the call */
	const char *path;        /* of the configuration; the working directory is copied */
	int64_t version;         /* not 0: the configuration and the copy of that release instead */
	const char *description; /* NULL: "Release" */
	const char *strategy;    /* rolling canary bluegreen immediate; NULL: as the configuration says */
	const char *groups;      /* "web,worker": Machines of the others stay as they are; NULL: all */
	double max_unavailable;  /* as deploy_plan.h has it; 0: as the configuration says */
	bool address;            /* give the app one when it has none */
	bool spare;              /* two Machines for a new group that serves */
	bool detach;             /* immediate, and wait for nothing */
	bool force;              /* what nobody wants is carried out too (CONFIG_FOLLY) */
	bool no_task;            /* without the release_command */
	double task_seconds;     /* for that; negative: as the configuration says */
	double seconds;          /* for Machines to be ready; negative: as the configuration says */
};

/* The exit code, after it said what came of it. */
int deploy_run(struct call *call, const struct deploy_order *order);

#endif
