/* record.h - a Machine's directory: who runs in it now, how its last run ended, the files it sees in /etc, its log.
 *
 * <state>/<id>/ holds lock, init, exit (written by flycast-init), hosts, resolv.conf, hostname, log, log.1. A process of the
 * Machine lives exactly as long as somebody holds `lock`, whatever else was or was not written in time. */
#ifndef AGENT_RECORD_H
#define AGENT_RECORD_H

#include <stdbool.h>
#include <sys/types.h>

#include "driver.h"

struct spec;

enum { RECORD_KILLED = 128 + 9 }; /* the exit code of a run that could not write one */

struct record {
	char run[DRIVER_RUN];
	pid_t pid; /* of flycast-init, as this /proc counts */
	unsigned long long start;
	bool this_boot; /* the host was not restarted since */
};

/* Makes it when missing. A directory descriptor, or -1 with errno. */
int record_make(int state, const char *id);
/* Writes the files for /etc, and takes the room that flycast-init will need: a disk that is full later keeps nothing from being
 * remembered. Only while nobody lives there. -1 with errno. */
int record_furnish(int dir, const struct spec *spec);
int record_open(int state, const char *id); /* one that was made; -1 with errno */
/* Locked and ours; -1: somebody lives there (errno EWOULDBLOCK), or it failed. */
int record_lock(int dir);
/* The pidfd of the flycast-init that holds the lock, and what it wrote. -1: it has ended meanwhile. Waits up to 2 s for one
 * that holds the lock and has not written yet who it is. */
int record_adopt(int dir, struct record *out);
/* The last run there and how it ended. false: there was none. */
bool record_past(int dir, struct record *out, struct driver_end *end);
void record_remove(int state, const char *id);
/* Removes the directories of Machines that keep() does not want, and ends what still runs there. */
void record_sweep(int state, bool (*keep)(void *owner, const char *id), void *owner);

#endif
