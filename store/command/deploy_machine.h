/* deploy_machine.h - a Machine of a release: what fly.toml says of its process group becomes rows. Whether it is fit for
 * requests then, deploy_proof.h tells. */
#ifndef COMMAND_DEPLOY_MACHINE_H
#define COMMAND_DEPLOY_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"

struct app_config;
struct call;

struct deploy_group { /* borrowed */
	struct call *call;
	const struct app_config *config;
	const char *app;
	const char *name;    /* "web" */
	const char *command; /* JSON array of words */
	int64_t version;     /* of the release */
	bool once;           /* a task: without services, in no name, never started again */
};

/* The group's command as JSON; NULL after a sentence. free() it. */
char *deploy_words(const struct app_config *config, const char *group);

/* Inside the transaction of the call: a Machine that is asked to start, with its services and checks; cordoned: no
 * request comes to it yet. old: the one whose place it takes, or NULL. 0, or 1 after a sentence. */
int deploy_machine_put(const struct deploy_group *group, const struct machine *old, bool cordoned, char id[MACHINE_ID]);
/* Inside the transaction: the services of the group and their checks, for a Machine that is there. 0 or -1. */
int deploy_services_put(const struct deploy_group *group, const char *id);

#endif
