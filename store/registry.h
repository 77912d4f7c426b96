/* registry.h - one connection to the registry file.
 *
 * Owns opening, the schema's version, transactions and the sentences for everything that can be wrong with the file.
 * A connection belongs to one thread. Automatic checkpoints are off (checkpoint.h does them); foreign keys and
 * recursive triggers are on, defensive mode is on.
 *
 * budget: fourteen functions: five of them are begin and end, four are for the other files of store/ only. */
#ifndef STORE_REGISTRY_H
#define STORE_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

struct registry;
struct sqlite3;

enum registry_mode {
	REGISTRY_READ,  /* query_only; must exist and be of this program's version */
	REGISTRY_LOOK,  /* query_only; may be of an older version: for what has to work before a migration */
	REGISTRY_WRITE, /* must exist; migrated forward when it is older */
	REGISTRY_CREATE /* must not exist yet; the schema is laid down */
};

/* Never NULL: ask registry_failed() once. A failed one only answers registry_error() and registry_close(). */
struct registry *registry_open(const char *path, enum registry_mode mode);
void registry_close(struct registry *registry); /* rolls back what is open; NULL is fine */

bool registry_failed(const struct registry *registry); /* opening failed */
/* The sentence for the last failure: what, why and what to do. Valid until the next call. */
const char *registry_error(const struct registry *registry);
const char *registry_path(const struct registry *registry);

/* BEGIN IMMEDIATE, waiting up to 5 s for another writer. command: how the audit names us (NULL: no actor row). */
int registry_begin(struct registry *registry, const char *command);
int registry_commit(struct registry *registry); /* rolls back when it fails */
void registry_rollback(struct registry *registry);
int registry_read_begin(struct registry *registry); /* one consistent picture until registry_read_end() */
void registry_read_end(struct registry *registry);

/* For the other files of store/ only. */
void registry_patience(struct registry *registry,
                       int ms); /* how long a lock is waited for from now on; 5000 at first */
struct sqlite3 *registry_handle(struct registry *registry);
int registry_fail(struct registry *registry, const char *format, ...) __attribute__((format(printf, 2, 3))); /* -1 */
int registry_fail_sqlite(struct registry *registry, const char *doing); /* turns SQLite's error into a sentence; -1 */

enum { REGISTRY_APPLICATION = 0x466c7963, /* "Flyc" */ REGISTRY_MAJOR = 1 };

#endif
