/* machine.h - table machine: commands and how to run them, read together with what their hosts' agents say they do.
 *
 * A Machine is written here and carried out by the agent of its host: `ask` names what is wanted and ask_serial counts
 * the wishes; the agent answers in machine_state (done_serial, state, message). Writing happens inside the caller's
 * transaction. What fails leaves registry_error().
 *
 * budget: ten functions: five to read, five to write. */
#ifndef STORE_MACHINE_H
#define STORE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest.h"

struct registry;

enum { MACHINE_ID = 15 }; /* bytes of an id: 14 hex digits and NUL */
#define MACHINE_IMAGE_COMMAND "[\"\"]"

struct machine_plan { /* a Machine to be; borrowed */
	const char *app;
	const char *name;   /* NULL: one is made up */
	const char *region; /* NULL: any */
	const char *host;   /* taken when it is in the region; NULL or unknown: the one with the fewest Machines */
	const char *process_group;
	const char *command;  /* JSON array of strings; MACHINE_IMAGE_COMMAND: the image's own */
	const char *env;      /* JSON object of strings */
	const char *metadata; /* JSON object of strings */
	const char *restart;  /* no always on-failure */
	int64_t max_retries;
	const char *kill_signal;
	int64_t kill_timeout; /* seconds */
	bool auto_destroy;
	bool skip_dns;
	bool start;             /* ask for it at once */
	struct guest guest;     /* its size; {0}: not limited */
	const char *image;      /* what it is made of; NULL: a command among its host's files */
	const char *entrypoint; /* JSON array of strings, before the command; NULL: the image's own */
};

/* Puts the Machine on a host, with a number of its own there. id gets its id. 0 or -1. */
int machine_put(struct registry *registry, const struct machine_plan *plan, char id[MACHINE_ID]);

struct machine { /* a row and what it does; every text is owned and never NULL */
	char *id, *app, *name, *host, *region, *address, *ipv4, *process_group;
	char *command, *env, *metadata; /* JSON */
	char *restart, *kill_signal;
	char *image, *entrypoint; /* "": none; entrypoint is JSON */
	char *state; /* "created" until its agent saw it; "destroying" when only the agent still knows it */
	char *instance, *message;
	int64_t max_retries, kill_timeout;
	bool auto_destroy, skip_dns, cordoned;
	bool exists;        /* false: the row is gone, the agent has yet to clean up */
	bool exited;        /* exit_code means something */
	bool oom_killed;    /* in that run a process of it was killed for want of memory */
	struct guest guest; /* its size */
	int64_t exit_code, ask_serial, done_serial;
	int64_t created_at, updated_at, since; /* ms */
};

/* By id, by the beginning of one id, or by name, in the app (NULL: anywhere, by id only). free with machine_free().
 * NULL: none, several, or failed; registry_error() says which. */
struct machine *machine_find(struct registry *registry, const char *app, const char *word);
/* By full id; a Machine whose agent still cleans up is found too (exists is false). NULL: gone altogether; or failed,
 * then *failed is true. */
struct machine *machine_look(struct registry *registry, const char *id, bool *failed);
/* Was there ever a Machine of this full id? As far as the audit goes back. 1 yes, 0 no, -1 failed. */
int machine_was(struct registry *registry, const char *id);
/* All of an app, by process group, region and id. 0 or -1. */
int machine_list(struct registry *registry, const char *app, struct machine **out, size_t *count);
void machine_free(struct machine *machines, size_t count);

/* ask: start stop suspend restart. options: JSON or NULL. serial gets the number of the wish. */
int machine_ask(struct registry *registry, const char *id, const char *ask, const char *options, int64_t *serial);
/* Gives it the plan's command, image and entrypoint, environment, restart policy, kill signal and timeout, size,
 * auto_destroy and skip_dns, and adds its metadata. The rest of a plan cannot change. 0 or -1. */
int machine_change(struct registry *registry, const char *id, const struct machine_plan *plan);
int machine_cordon(struct registry *registry, const char *id, bool cordoned);
int machine_delete(struct registry *registry, const char *id);

#endif
