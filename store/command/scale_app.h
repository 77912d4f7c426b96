/* scale_app.h - the Machines of an app, and the plan that brings their number to what was asked for. Owns what it reads;
 * writes nothing. */
#ifndef COMMAND_SCALE_APP_H
#define COMMAND_SCALE_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest.h"

struct app_config;
struct call;
struct machine;
struct text;

struct scale_target {   /* what was asked for a process group */
	char group[64]; /* "": the default one */
	char sign;      /* '+' or '-': so many more or fewer; '\0': so many */
	size_t number;
};

struct scale_item {        /* of the plan */
	const char *group; /* the target's */
	char region[4];
	long delta;
};

struct scale {
	struct call *call;
	const char *app;
	struct scale_target *targets;
	size_t target_count;
	/* what there is */
	struct machine *machines; /* those that do not count have no group */
	size_t count;
	struct app_config *config; /* of the newest release that is complete; NULL: there is none */
	int64_t version;           /* its */
	/* what is to become of it */
	struct scale_item *items;
	size_t item_count, item_room;
};

/* Reads the app in the transaction that is open and makes the plan; out gets it for people, a line for each item. 0 or the
 * exit code after a sentence. May be called again. */
int scale_app_plan(struct scale *scale, struct text *out);
void scale_app_forget(struct scale *scale); /* what was read and planned; the targets stay */

/* Does the Machine count for the group? */
bool scale_app_has(const struct machine *machine, const char *group);
/* The one that a new Machine is made like, from the item's region when there is one; NULL: the group has none. */
const struct machine *scale_app_model(const struct scale *scale, const struct scale_item *item);

#endif
