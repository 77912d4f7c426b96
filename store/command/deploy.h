/* deploy.h - flycast deploy, also as the end of flycast launch. */
#ifndef COMMAND_DEPLOY_H
#define COMMAND_DEPLOY_H

#include <stdbool.h>

struct call;

struct deploy_order {         /* borrowed */
	const char *strategy; /* rolling immediate; NULL: as the configuration says */
	const char *app;      /* NULL: the one of the call */
	const char *path;     /* of the configuration */
	bool address;         /* give the app one when it has none */
	bool detach;          /* immediate, and wait for nothing */
	double seconds;       /* to wait for a Machine; negative: as the configuration says */
};

/* The exit code, after it said what came of it. */
int deploy_run(struct call *call, const struct deploy_order *order);

#endif
