/* plan.h - what flycast-init is to run, as the agent wrote it: a list of key NUL value NUL in one descriptor.
 *
 *   arg TEXT        program and arguments, in order
 *   env KEY=VALUE   the whole environment, in order
 *   machine ID      also the hostname
 *   run TEXT        the name of this run, written into the files `init` and `exit`
 *   place PATH      mounted over the file of the same name in /etc
 *   fly DIRECTORY   shown as /.fly, read only
 *   hide DIRECTORY  an empty one is mounted over it
 *   folder PATH     in a directory that is hidden, and shown all the same, read only; the command begins there
 *   user UID        GID and no other groups likewise; the same as our own: stay who we are
 *   group GID
 *   files NUMBER    soft limit of open files
 *   image PATH      its root, read only, for a Machine made of an image; then also:
 *   scratch PATH    a directory in whose place a file system in memory is mounted, with all that the Machine writes
 *   scratch_bytes SIZE  at most; 0: the kernel's default
 *   config TEXT     the OCI runtime's, with paths below scratch as container.h has them
 *   runtime PATH    the program that is that runtime
 *   log_bytes SIZE  of one log file; there are two
 *   warning TEXT    a sentence for the log, at most one */
#ifndef INIT_PLAN_H
#define INIT_PLAN_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

/* Descriptors that flycast-init is started with; 0, 1 and 2 are /dev/null. */
enum {
	INIT_PLAN_FD = 3,   /* the list above, from its beginning */
	INIT_DIR_FD = 4,    /* the Machine's directory */
	INIT_REPORT_FD = 5, /* "ok\n" once the command was executed, else a sentence; then closed */
	INIT_LOCK_FD = 6,   /* locked by flock(2) as long as this Machine has a process */
	INIT_OOM_FD = 7,    /* of its control group, with a line "oom_kill N"; or empty */
	INIT_LAST_FD = INIT_OOM_FD
};

/* Bytes of the files init and exit, which are written in place: the agent has taken that room before. */
enum { INIT_RECORD = 256 };

/* Signals with a meaning of their own, when they come from outside; every other one goes to the command. Stopping and
 * going on are values of one signal: two signals that wait are taken by number, not in the order they were sent. */
#define INIT_PACE (SIGRTMIN + 1)
#define INIT_PASS_STOP (SIGRTMIN + 2) /* SIGSTOP to the command; it would stop flycast-init itself */
enum { INIT_GO = 0, INIT_STILL = 1 }; /* values of INIT_PACE: every process of the Machine */

struct plan {
	char *bytes; /* what all the others point into */
	char **argv; /* NULL-terminated, as are the next three */
	char **envp;
	char **places;
	char **hides;
	const char *fly;    /* NULL: none */
	const char *folder; /* NULL: none; the command begins in / */
	const char *machine;
	const char *run;
	uid_t user;
	gid_t group;
	unsigned long files;
	size_t log_bytes;
	const char *image; /* NULL: a command among the host's files; the next four mean nothing then */
	const char *scratch;
	size_t scratch_bytes;
	const char *config;
	const char *runtime;
	const char *warning; /* NULL: none */
};

/* 0: plan_fini() it. -1: unreadable, or no arg in it; there is nothing to free. */
int plan_read(struct plan *out, int fd);
void plan_fini(struct plan *plan);

#endif
