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

struct record {
	char run[DRIVER_RUN];
	pid_t pid; /* of flycast-init, as this /proc counts */
	unsigned long long start;
	bool this_boot; /* the host was not restarted since */
};

/* Makes it when missing, and writes the files for /etc. A directory descriptor, or -1 with errno. */
int record_make(int state, const struct spec *spec);
int record_open(int state, const char *id); /* one that was made; -1 with errno */
/* Locked and ours; -1: somebody lives there (errno EWOULDBLOCK), or it failed. */
int record_lock(int dir);
bool record_read(int dir, struct record *out);         /* false: none, or not all of it is written yet */
bool record_exit(int dir, const char *run, int *code); /* how that run ended */
bool record_alive(const struct record *record);        /* that very process is still there */
void record_remove(int state, const char *id);
/* Removes the directories of Machines that keep() does not want, and ends what still runs there. */
void record_sweep(int state, bool (*keep)(void *owner, const char *id), void *owner);

#endif
