/* machine_plan.h - the flags of machine run, create and update, as a plan for store/machine.h. Never touches the registry. */
#ifndef COMMAND_MACHINE_PLAN_H
#define COMMAND_MACHINE_PLAN_H

#include "check.h"
#include "command/machine_config.h"
#include "machine.h"
#include "service.h"

struct call;

struct wanted { /* owns what the plan points to */
	struct machine_plan plan;
	struct machine_config base; /* --machine-config: what no flag says */
	struct port *ports;
	size_t port_count;
	size_t removed; /* so many of them, the last, are to go; 0 unless change */
	bool change;    /* of a Machine that is there: what was not said stays */
	struct service_policy policy;
	struct check *checks;
	size_t check_count;
	struct guest guest;
	const char *image;
	char *command, *entrypoint, *env, *metadata; /* JSON */
	char host[256];
};

/* 0, or the exit code after a sentence. wanted_free() in both cases. */
int wanted_read(struct wanted *wanted, struct call *call);
/* The same for a change of a Machine: all but the plan; env and metadata are what is to be added, command is NULL when there
 * are no words. */
int wanted_read_change(struct wanted *wanted, struct call *call);
void wanted_free(struct wanted *wanted);
/* Both are JSON objects; the members of the second count. free() it. */
char *wanted_merge(const char *old, const char *added);
/* The size that the --vm flags say; {0}: they say nothing. 0, or the exit code after a sentence. */
int wanted_guest(struct guest *out, const struct call *call);
/* The same, but what they do not say stays as *guest has it; --vm-size says all of it. */
int wanted_guest_change(struct guest *guest, const struct call *call);
/* The words as a JSON array; NULL after a sentence when they are not UTF-8. free() it. */
char *wanted_words(char *const *words, int count);

#endif
