/* container.h - a Machine made of an image: the root it gets, and the OCI runtime that runs its program in there.
 *
 * Everything it makes is in a file system in memory that ends with the Machine's mount namespace: what the program writes
 * to its root, the runtime's bundle and state. The runtime ends as soon as the program runs, which then is a child of
 * flycast-init like any command. */
#ifndef INIT_CONTAINER_H
#define INIT_CONTAINER_H

#include <sys/types.h>

#include "plan.h"

/* Below the scratch directory of the plan. */
#define CONTAINER_ROOT "root"
#define CONTAINER_PLACES "places"
/* First argument of the flycast-init that the runtime calls, with the root, once that is mounted and before it counts. */
#define CONTAINER_HOOK "no-devices"

enum { CONTAINER_WORDS = 16, CONTAINER_PATHS = 4, CONTAINER_PATH = 4096, CONTAINER_WHY = 512 };

struct container_call { /* of the runtime; points into itself, so it stays where it is */
	char *argv[CONTAINER_WORDS];
	char paths[CONTAINER_PATHS][CONTAINER_PATH];
};

/* With /proc and /sys in place: the root and the bundle. -1: error[SETUP_ERROR] is the sentence. */
int container_mount(const struct plan *plan, char *error);
void container_call(struct container_call *out, const struct plan *plan);
/* In that call: no device among the image's files can be opened from now on. -1 with errno. */
int container_no_devices(const char *root);
/* The runtime has ended well: the program's number. -1: it left none. */
pid_t container_pid(const struct container_call *call);
/* The runtime has failed: its last words. */
void container_why(const struct container_call *call, char why[CONTAINER_WHY]);

#endif
