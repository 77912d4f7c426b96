/* watchdog.c - see watchdog.h. */
#include "watchdog.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/ready.h"
#include "server.h"

enum { TIMES = 2 }; /* in an interval */

/* A pair of threads, and what the last look saw of them. */
struct watched {
	struct server_threads threads;
	uint64_t taken, batches;
	bool waiting; /* questions were in its sockets */
	bool udp_stands, tcp_stands;
};

struct watchdog {
	pthread_t thread;
	int stop; /* eventfd */
	int pause_ms;
	uint64_t look; /* how many there were */
	struct watched *all;
	size_t count;
};

static void tell(const char *transport, size_t thread, bool *stood, bool stands)
{
	if (stands && !*stood)
		log_error(
		    "thread stands transport=%s thread=%zu: it does not answer, and systemd is not told that we live",
		    transport, thread);
	if (!stands && *stood)
		log_info("thread moves again transport=%s thread=%zu", transport, thread);
	*stood = stands;
}

static bool udp_stands(struct watched *was)
{
	const struct udp_counts *counts = udp_counts(was->threads.udp);
	struct watched now = {.taken = __atomic_load_n(&counts->taken, __ATOMIC_RELAXED),
	                      .batches = __atomic_load_n(&counts->batches, __ATOMIC_RELAXED),
	                      .waiting = udp_waiting(was->threads.udp)};
	bool moved = now.taken != was->taken || now.batches != was->batches;
	bool due = now.taken != now.batches || (now.waiting && was->waiting);
	was->taken = now.taken;
	was->batches = now.batches;
	was->waiting = now.waiting;
	return !moved && due;
}

static bool tcp_stands(uint64_t look, struct tcp *tcp)
{
	bool answered = look == 0 || tcp_turned(tcp) == look;
	tcp_turn(tcp, look + 1);
	return !answered;
}

static bool all_move(struct watchdog *w)
{
	bool good = true;
	for (size_t i = 0; i < w->count; i++) {
		struct watched *watched = &w->all[i];
		tell("udp", i, &watched->udp_stands, udp_stands(watched));
		tell("tcp", i, &watched->tcp_stands, tcp_stands(w->look, watched->threads.tcp));
		good = good && !watched->udp_stands && !watched->tcp_stands;
	}
	w->look++;
	return good;
}

static void *run(void *owner)
{
	struct watchdog *w = owner;
	struct pollfd end = {.fd = w->stop, .events = POLLIN};
	do
		if (all_move(w))
			ready_say("WATCHDOG=1");
	while (poll(&end, 1, w->pause_ms) == 0);
	return NULL;
}

struct watchdog *watchdog_start(const struct server *server, int64_t interval_ms)
{
	sigset_t all, old;
	if (interval_ms <= 0)
		return NULL;
	struct watchdog *w = mem_new(sizeof *w);
	w->pause_ms = (int)(interval_ms / TIMES < 1 ? 1 : interval_ms / TIMES > 60000 ? 60000 : interval_ms / TIMES);
	struct server_threads threads;
	for (size_t room = 0; (threads = server_threads(server, w->count)).udp; w->count++) {
		w->all = mem_grow(w->all, w->count, &room, sizeof *w->all);
		w->all[w->count] = (struct watched){.threads = threads};
	}
	w->stop = eventfd(0, EFD_CLOEXEC);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the main thread's */
	int rc = w->stop < 0 ? errno : pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0)
		return w;
	log_error("no watchdog, so systemd will end us: %s", strerror(rc));
	if (w->stop >= 0)
		close(w->stop);
	free(w->all);
	free(w);
	return NULL;
}

void watchdog_stop(struct watchdog *watchdog)
{
	if (!watchdog)
		return;
	eventfd_write(watchdog->stop, 1);
	pthread_join(watchdog->thread, NULL);
	close(watchdog->stop);
	free(watchdog->all);
	free(watchdog);
}
