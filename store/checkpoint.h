/* checkpoint.h - the registry's one checkpointer: moves committed pages from the write-ahead log into the file.
 *
 * SQLite 3.7.0 to 3.51.2 can lose committed transactions when one process checkpoints while another commits and starts
 * the log anew ("WAL-reset bug"). Nothing of ours checkpoints by itself; exactly one process does, in a thread of its
 * own, and only while it holds the write lock. It also keeps SQLite's checkpoint lock, so that a bulk edit in a shell
 * does not checkpoint either (PRAGMA wal_checkpoint there says busy). Who it is, is decided by a lock on
 * <registry>-role: the agent takes it at once, another daemon when nobody had it for a while, and gives it back when an
 * agent comes. The same thread trims the change log and the audit.
 *
 * Its errors are logged on a change of state; they never end the process, and it goes on when the file is good again. */
#ifndef STORE_CHECKPOINT_H
#define STORE_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct checkpoint;

enum { CHECKPOINT_AGENT = 0, CHECKPOINT_PATIENCE_MS = 10000 };

/* patience_ms: CHECKPOINT_AGENT takes the role at once and makes others give it back; another daemon takes it when
 * nobody had it for so long (CHECKPOINT_PATIENCE_MS is usual), and never when it may not write to the registry.
 * program: how `flycast doctor` names the holder. Never NULL; the registry need not be there yet. */
struct checkpoint *checkpoint_start(const char *registry, const char *program, int patience_ms);
void checkpoint_stop(struct checkpoint *checkpoint);        /* joins the thread; NULL is fine */
bool checkpoint_holds(const struct checkpoint *checkpoint); /* any thread: this process is the checkpointer now */

struct checkpoint_status {
	const char *sqlite_version; /* of the library this program runs with */
	bool reset_bug;             /* that version has the WAL-reset bug */
	bool held;                  /* some process is the checkpointer */
	pid_t pid;                  /* its id as it wrote it, 0: not known */
	char program[32];
	int64_t log_bytes; /* size of the write-ahead log, 0: there is none */
};
void checkpoint_status(struct checkpoint_status *out, const char *registry);

#endif
