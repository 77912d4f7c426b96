/* process.h - the process driver: a Machine is a command in namespaces of its own on this host (driver.h). */
#ifndef AGENT_PROCESS_H
#define AGENT_PROCESS_H

#include <stdbool.h>

#include "driver.h"

struct ev_loop;
struct builder;
struct netns_place;

struct process_options {
	const char *state;        /* directory of the Machines' directories, made when missing */
	const char *cgroup;       /* NULL: a group of our own one */
	const char *machine_user; /* who commands run as, when we are really root */
	const char *registry;     /* path of the file */
	const char *hide;         /* its directory */
};

/* NULL: *error (free it) says what is missing. */
struct driver *process_driver_start(struct ev_loop *loop, struct builder *builder,
                                    const struct process_options *options, char **error);
/* Every instance was left or destroyed. */
void process_driver_stop(struct driver *driver);
/* Ends and removes what belongs to no Machine that keep() knows: processes, groups, directories. */
void process_driver_sweep(struct driver *driver, bool (*keep)(void *owner, const char *id), void *owner);

/* false: the row's addresses are none. */
bool process_place(struct netns_place *out, const struct spec *spec);

#endif
