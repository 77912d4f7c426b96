/* backup.h - copies of a registry: made while it is in use, checked, and put back without stopping anybody.
 * Owns nothing. What fails leaves registry_error(). */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include <stdbool.h>

struct registry;

/* A compact, consistent and synced copy at `path`, which must not exist; outside a transaction. 0 or -1. */
int backup_write(struct registry *registry, const char *path);

/* Every page, index and reference of the registry (integrity_check, foreign_key_check). 0 or -1: the first thing wrong. */
int backup_check(struct registry *registry);

/* Makes the content of the registry at `from` (of this program's schema) the content of `registry`, in one transaction
 * that readers see at once; `generation` changes, so they read everything again. What says what happened stays the
 * registry's own: its change log and audit, the states and events of Machines (their agents write those). Counters never
 * go back. 0 or -1. */
struct backup_load {
	const char *from;
	const char *command; /* how the audit names it */
	const char *action;  /* "restore", "import": the audit's key */
	const char *refuse;  /* a query: its first column, if there is a row, is why it must not happen; NULL: none */
	bool wishes;         /* keep what Machines were asked to do last; else nothing is asked of them */
};
int backup_load(struct registry *registry, const struct backup_load *load);

/* A new generation: readers of this file will read everything again. Inside a transaction. 0 or -1. */
int backup_renew(struct registry *registry);

#endif
