/* watch.c - see watch.h. */
#include "watch.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "layout.h"
#include "registry.h"
#include "statement.h"

enum { SAFETY_MS = 100 };

struct watch {
	struct registry *registry;
	int fd;       /* inotify; -1: there is none, the timer alone has to do */
	int home;     /* watch descriptor of the registry's directory */
	int64_t seen; /* data_version */
	int pause_ms; /* until the next look */
};

static int64_t data_version(struct registry *registry)
{
	struct statement s;
	int64_t version = -1;
	statement_open(&s, registry, "PRAGMA data_version");
	if (statement_step(&s) > 0)
		version = statement_number(&s, 0);
	statement_close(&s);
	return version;
}

static const uint32_t interesting = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE;

struct watch *watch_open(struct registry *registry)
{
	struct watch *w = mem_new(sizeof *w);
	char *directory = layout_beside(registry_path(registry), "");
	*w = (struct watch){.registry = registry, .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .pause_ms = SAFETY_MS};
	w->home = inotify_add_watch(w->fd, directory, interesting);
	w->seen = data_version(registry);
	free(directory);
	return w;
}

void watch_close(struct watch *watch)
{
	if (!watch)
		return;
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
}

void watch_directory(struct watch *watch, const char *path)
{
	(void)inotify_add_watch(watch->fd, path, interesting);
}

/* Empties the descriptor. true: a directory other than the registry's changed. */
static bool drain(struct watch *w, bool *any)
{
	_Alignas(struct inotify_event) char room[4096];
	bool other = false;
	ssize_t len;
	*any = false;
	while ((len = read(w->fd, room, sizeof room)) > 0) {
		const struct inotify_event *e;
		*any = true;
		for (char *at = room; at < room + len; at += sizeof *e + e->len) {
			e = (const struct inotify_event *)(void *)at;
			other = other || e->wd != w->home;
		}
	}
	return other;
}

/* A commit is seen in the file a little before data_version tells it. */
static void choose_pause(struct watch *w, bool event)
{
	if (event)
		w->pause_ms = 1;
	else
		w->pause_ms = w->pause_ms < SAFETY_MS / 2 ? w->pause_ms * 2 : SAFETY_MS;
}

bool watch_wait(struct watch *watch, int64_t deadline_ms)
{
	struct pollfd poll_fd = {.fd = watch->fd, .events = POLLIN};
	bool event, other = false;
	for (;;) {
		int64_t version = data_version(watch->registry), left = deadline_ms - clock_mono_ms();
		if (other || version != watch->seen) {
			watch->seen = version;
			return true;
		}
		if (left <= 0)
			return false;
		(void)poll(&poll_fd, 1, (int)(left < watch->pause_ms ? left : watch->pause_ms));
		other = drain(watch, &event);
		choose_pause(watch, event);
	}
}
