/* machine_config.h - --machine-config: what a Machine is, as JSON. "config" of Fly's Machines API and of flycast machine
 * status --json; of an object that has a member of this name, that member counts. */
#ifndef COMMAND_MACHINE_CONFIG_H
#define COMMAND_MACHINE_CONFIG_H

#include <stdbool.h>

#include "machine.h"

struct app_config;
struct call;

struct machine_config { /* owns everything; {0}: nothing was said */
	struct app_config
	    *app; /* its env, services, restart, kill signal and size, as fly.toml has them; NULL: none was read */
	char *command, *entrypoint, *env, *metadata; /* JSON; NULL: not said */
	char *process_group, *image;                 /* NULL: not said */
	bool has_services, has_auto_destroy, auto_destroy, has_skip_dns, skip_dns;
};

/* The flag of the call; without it nothing is read. 0, or 1 after a sentence. machine_config_fini() in both cases. */
int machine_config_read(struct machine_config *out, const struct call *call);
void machine_config_fini(struct machine_config *config);
/* Puts what was said into the plan, but not what a flag of the call says; the plan then borrows from both. Its size,
 * image and process group are the caller's to settle afterwards. */
void machine_config_plan(const struct machine_config *config, const struct call *call, struct machine_plan *plan);
/* Inside the transaction: the Machine's services with their checks. 0 or -1. */
int machine_config_services(const struct machine_config *config, struct call *call, const char *machine);

#endif
