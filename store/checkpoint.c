/* checkpoint.c - see checkpoint.h.
 *
 * Two connections: `lock` holds the write lock (BEGIN IMMEDIATE) while `copy` runs a PASSIVE checkpoint; on one
 * connection SQLite refuses that. Both stay open for ever, so that no other process is ever the last to close the file,
 * which would checkpoint too.
 *
 * Byte 121 of the -shm file is SQLite's checkpoint lock (walformat.html, "WAL Locks"). POSIX locks belong to the process,
 * so holding it keeps other processes from checkpointing but not our own connections; their unlocking takes ours away
 * with it, hence it is taken again after every turn, while the write lock is still held. The -shm descriptor is never
 * closed: that would drop every lock this process has on the file, those of its readers too. */
#include "checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "registry.h"
#include "statement.h"
#include "trim.h"

enum {
	TICK_MS = 100,
	PAUSE_MS = 1000,                 /* between two checkpoints, unless */
	GROWN_BYTES = 400 * (4096 + 24), /* the log grew by so much */
	TRIM_MS = 10000,
	TRIM_PAUSE_MS = 20,
	REOPEN_MS = 1000,
	FOREIGN_MS = 2000, /* how long another process's checkpoint is waited for with the write lock held */
	CHECKPOINT_BYTE = 121,
	ROLE_BYTE = 0,  /* of <registry>-role: the checkpointer */
	OWNER_BYTE = 1, /* an agent is here */
};

static const struct trim_limits trim_limits = {.most_rows = 100000, .most_ms = 3600000, .least = 1000};
static const char sql_version[] = "PRAGMA data_version";

struct checkpoint {
	char *path;
	char *program;
	int patience_ms; /* CHECKPOINT_AGENT: none */
	pthread_t thread;
	int wake;             /* eventfd: the end */
	bool stopping, holds; /* atomic */

	int role_fd;           /* -1: not open */
	int64_t free_since_ms; /* standby: the role has had no holder since; 0: it has one */

	struct registry *lock, *copy; /* NULL: not open */
	struct statement version;     /* of copy */
	int shm_fd;                   /* -1: not open */
	dev_t device;
	ino_t inode;
	int64_t seen_version, log_bytes; /* at the last checkpoint */
	int64_t copied_ms, trim_ms, reopen_ms;
	bool dirty;       /* something was committed since the last complete checkpoint */
	bool troubled;    /* and it was said */
	bool trim_failed; /* the last time */
};

/* ------------------------------------------------------------------------------------------------ words */

/* Once until it works again: reasons may come in turns, several times a second. */
static void say_trouble(struct checkpoint *c, const char *why)
{
	if (c->troubled)
		log_debug("checkpointer still cannot work path=%s: %s", c->path, why);
	else
		log_warn("checkpointer cannot work path=%s: %s", c->path, why);
	c->troubled = true;
}

/* Both parts of its work were done since. */
static void say_good(struct checkpoint *c)
{
	if (!c->troubled || c->trim_failed)
		return;
	c->troubled = false;
	log_info("checkpointer works again path=%s", c->path);
}

static int64_t log_size(const char *path)
{
	char name[4096];
	struct stat st;
	snprintf(name, sizeof name, "%s-wal", path);
	return stat(name, &st) == 0 ? st.st_size : 0;
}

/* ------------------------------------------------------------------------------------------------ the role */

static bool lock_byte(int fd, int byte, bool lock)
{
	struct flock l = {.l_type = lock ? F_WRLCK : F_UNLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
	return fcntl(fd, F_OFD_SETLK, &l) == 0;
}

static bool is_locked(int fd, int byte)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
	return fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

static int open_role(const char *path, int flags)
{
	char name[4096];
	snprintf(name, sizeof name, "%s-role", path);
	return open(name, flags | O_CLOEXEC | O_NOFOLLOW, 0660);
}

static void write_holder(const struct checkpoint *c)
{
	char text[64];
	int len = snprintf(text, sizeof text, "%ld %.31s\n", (long)getpid(), c->program);
	if (ftruncate(c->role_fd, 0) < 0 || pwrite(c->role_fd, text, (size_t)len, 0) < 0)
		log_debug("checkpointer cannot write its name path=%s: %s", c->path, strerror(errno));
}

static void drop_role(struct checkpoint *c)
{
	if (!c->holds)
		return;
	lock_byte(c->role_fd, ROLE_BYTE, false);
	__atomic_store_n(&c->holds, false, __ATOMIC_RELAXED);
	log_info("checkpointer is another process now path=%s", c->path);
}

/* A standby waits until nobody had the role for a while; an agent that is starting is somebody. */
static bool may_take(struct checkpoint *c)
{
	if (c->patience_ms == CHECKPOINT_AGENT)
		return true;
	if (is_locked(c->role_fd, ROLE_BYTE) || is_locked(c->role_fd, OWNER_BYTE)) {
		c->free_since_ms = 0;
		return false;
	}
	if (!c->free_since_ms)
		c->free_since_ms = clock_mono_ms();
	return clock_mono_ms() - c->free_since_ms >= c->patience_ms;
}

static bool have_role(struct checkpoint *c)
{
	if (c->role_fd < 0) {
		c->role_fd = open_role(c->path, O_RDWR | O_CREAT);
		if (c->role_fd < 0) {
			/* A daemon that may only read is no standby; that is how it is meant to be. */
			if (c->patience_ms == CHECKPOINT_AGENT)
				say_trouble(c, strerror(errno));
			return false;
		}
		if (c->patience_ms == CHECKPOINT_AGENT)
			lock_byte(c->role_fd, OWNER_BYTE, true);
	}
	if (c->holds)
		return true;
	if (!may_take(c) || !lock_byte(c->role_fd, ROLE_BYTE, true))
		return false;
	write_holder(c);
	__atomic_store_n(&c->holds, true, __ATOMIC_RELAXED);
	log_info("checkpointer is this process path=%s", c->path);
	return true;
}

static bool must_give_back(const struct checkpoint *c)
{
	return c->holds && c->patience_ms != CHECKPOINT_AGENT && is_locked(c->role_fd, OWNER_BYTE);
}

/* ------------------------------------------------------------------------------------------------ the connections */

static bool lock_shm(int fd, short type)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = CHECKPOINT_BYTE, .l_len = 1};
	return fcntl(fd, F_SETLK, &l) == 0;
}

/* In another journal mode there is no such file, and nothing to keep from anybody. When the registry was replaced the
 * descriptor of the old one stays behind. */
static void open_shm(struct checkpoint *c)
{
	char name[4096];
	struct stat now, before;
	snprintf(name, sizeof name, "%s-shm", c->path);
	if (c->shm_fd >= 0 && stat(name, &now) == 0 && fstat(c->shm_fd, &before) == 0 && now.st_dev == before.st_dev &&
	    now.st_ino == before.st_ino)
		return;
	c->shm_fd = open(name, O_RDWR | O_CLOEXEC);
}

static void close_registry(struct checkpoint *c)
{
	statement_close(&c->version);
	registry_close(c->copy);
	registry_close(c->lock);
	c->copy = c->lock = NULL;
	if (c->shm_fd >= 0)
		lock_shm(c->shm_fd, F_UNLCK);
}

static int64_t read_version(struct checkpoint *c)
{
	int64_t version = statement_step(&c->version) > 0 ? statement_number(&c->version, 0) : -1;
	statement_reset(&c->version);
	return version;
}

static bool open_one(struct checkpoint *c, struct registry **opened)
{
	*opened = registry_open(c->path, REGISTRY_WRITE);
	if (!registry_failed(*opened))
		return true;
	say_trouble(c, registry_error(*opened));
	return false;
}

static bool open_registry(struct checkpoint *c)
{
	struct stat st;
	if (clock_mono_ms() < c->reopen_ms || stat(c->path, &st) < 0)
		return false;
	c->reopen_ms = clock_mono_ms() + REOPEN_MS;
	if (!open_one(c, &c->lock) || !open_one(c, &c->copy) || statement_open(&c->version, c->copy, sql_version) < 0 ||
	    read_version(c) < 0) {
		close_registry(c);
		return false;
	}
	c->device = st.st_dev;
	c->inode = st.st_ino;
	open_shm(c);
	c->dirty = true; /* so that pages are copied soon, which tells whether it works */
	return true;
}

static bool was_replaced(const struct checkpoint *c)
{
	struct stat st;
	return stat(c->path, &st) == 0 && (st.st_dev != c->device || st.st_ino != c->inode);
}

/* ------------------------------------------------------------------------------------------------ checkpointing */

static bool keep_checkpoint_lock(const struct checkpoint *c)
{
	return c->shm_fd < 0 || lock_shm(c->shm_fd, F_WRLCK);
}

/* Our own checkpoint gave the lock away. Another process may have begun one in that moment; with the write lock held nobody
 * can start the log anew, so it does no harm, and is waited for. One that in turn waits for the write lock has read nothing
 * yet: it is let through in the end, before writers who wait for us give up. */
static void take_back_checkpoint_lock(const struct checkpoint *c)
{
	int64_t until_ms = clock_mono_ms() + FOREIGN_MS;
	while (!keep_checkpoint_lock(c) && clock_mono_ms() < until_ms)
		poll(NULL, 0, 1);
}

/* Pages that readers still need stay in the log until the next turn. */
static int copy_pages(struct checkpoint *c)
{
	int in_log = 0, copied = 0;
	if (registry_begin(c->lock, NULL) < 0) {
		say_trouble(c, registry_error(c->lock));
		return -1;
	}
	int64_t version = read_version(c);
	int rc = sqlite3_wal_checkpoint_v2(registry_handle(c->copy), NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
	take_back_checkpoint_lock(c);
	registry_rollback(c->lock);
	c->copied_ms = clock_mono_ms();
	c->log_bytes = log_size(c->path);
	if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY) {
		registry_fail_sqlite(c->copy, "checkpoint");
		say_trouble(c, registry_error(c->copy));
		return -1;
	}
	c->seen_version = version;
	c->dirty = rc != SQLITE_OK || copied < in_log;
	say_good(c);
	return 0;
}

static bool is_due(const struct checkpoint *c)
{
	return c->dirty &&
	       (clock_mono_ms() - c->copied_ms >= PAUSE_MS || log_size(c->path) - c->log_bytes > GROWN_BYTES);
}

/* 0 or -1: the connections are of no use any more. */
static int look(struct checkpoint *c)
{
	/* This read also mends the log's index when a writer was killed in the middle of changing it, which the others
	 * cannot while the checkpoint lock is kept from them. */
	int64_t version = read_version(c);
	if (version < 0) {
		say_trouble(c, registry_error(c->copy));
		return -1;
	}
	keep_checkpoint_lock(c);
	if (version != c->seen_version) {
		c->dirty = true;
		c->seen_version = version;
	}
	return is_due(c) ? copy_pages(c) : 0;
}

/* 1: more to trim soon, 0, or -1. */
static int trim(struct checkpoint *c)
{
	if (clock_mono_ms() < c->trim_ms)
		return 0;
	int more = trim_some(c->lock, &trim_limits, clock_wall_ms());
	c->trim_ms = clock_mono_ms() + (more > 0 ? TRIM_PAUSE_MS : TRIM_MS);
	c->trim_failed = more < 0;
	if (more < 0)
		say_trouble(c, registry_error(c->lock));
	else if (!c->dirty)
		say_good(c);
	return more;
}

static int work(struct checkpoint *c)
{
	if (!have_role(c))
		return TICK_MS;
	if (must_give_back(c)) {
		close_registry(c);
		drop_role(c);
		return TICK_MS;
	}
	if (c->lock && was_replaced(c))
		close_registry(c);
	if (!c->lock && !open_registry(c))
		return TICK_MS;
	if (look(c) < 0) {
		close_registry(c);
		return TICK_MS;
	}
	return trim(c) > 0 ? TRIM_PAUSE_MS : TICK_MS;
}

static void *run(void *owner)
{
	struct checkpoint *c = owner;
	struct pollfd end = {.fd = c->wake, .events = POLLIN};
	while (!__atomic_load_n(&c->stopping, __ATOMIC_ACQUIRE))
		poll(&end, 1, work(c));
	if (c->copy)
		copy_pages(c); /* so that a file that is copied by hand afterwards is complete */
	close_registry(c);
	drop_role(c);
	return NULL;
}

/* ------------------------------------------------------------------------------------------------ outside */

struct checkpoint *checkpoint_start(const char *registry, const char *program, int patience_ms)
{
	struct checkpoint *c = mem_new(sizeof *c);
	sigset_t all, before;
	c->path = mem_text(registry);
	c->program = mem_text(program);
	c->patience_ms = patience_ms;
	c->role_fd = c->shm_fd = -1;
	c->wake = eventfd(0, EFD_CLOEXEC);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (c->wake < 0 || pthread_create(&c->thread, NULL, run, c) != 0) {
		log_error("checkpointer cannot be started path=%s: %s", registry, strerror(errno));
		abort();
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return c;
}

void checkpoint_stop(struct checkpoint *checkpoint)
{
	uint64_t one = 1;
	if (!checkpoint)
		return;
	__atomic_store_n(&checkpoint->stopping, true, __ATOMIC_RELEASE);
	if (write(checkpoint->wake, &one, sizeof one) < 0)
		log_error("checkpointer cannot be woken: %s", strerror(errno)); /* it looks by itself every tick */
	pthread_join(checkpoint->thread, NULL);
	if (checkpoint->role_fd >= 0)
		close(checkpoint->role_fd);
	close(checkpoint->wake);
	free(checkpoint->program);
	free(checkpoint->path);
	free(checkpoint);
}

bool checkpoint_holds(const struct checkpoint *checkpoint)
{
	return __atomic_load_n(&checkpoint->holds, __ATOMIC_RELAXED);
}

/* Mended in 3.51.3, and in the branches 3.44 and 3.50. */
static bool has_reset_bug(int version)
{
	return version >= 3007000 && version < 3051003 && !(version >= 3050007 && version < 3051000) &&
	       !(version >= 3044006 && version < 3045000);
}

void checkpoint_status(struct checkpoint_status *out, const char *registry)
{
	*out = (struct checkpoint_status){
	    .sqlite_version = sqlite3_libversion(),
	    .reset_bug = has_reset_bug(sqlite3_libversion_number()),
	    .log_bytes = log_size(registry),
	};
	char text[64] = "";
	long pid;
	int fd = open_role(registry, O_RDONLY);
	if (fd < 0)
		return;
	struct flock l = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = ROLE_BYTE, .l_len = 1};
	out->held = fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
	if (out->held && pread(fd, text, sizeof text - 1, 0) > 0 && sscanf(text, "%ld %31s", &pid, out->program) == 2)
		out->pid = (pid_t)pid;
	close(fd);
}
