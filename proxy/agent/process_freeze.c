/* process_freeze.c - see process_inside.h: a Machine that stands still, and goes on. */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "cgroup.h"
#include "init/plan.h"
#include "process_inside.h"
#include "stopped.h"

static const double freeze_first = 0.0005, freeze_longest = 0.02, freeze_limit = 5.0;

void process_signal(const struct instance *in, int signal, int value)
{
	siginfo_t info = {.si_signo = signal, .si_code = SI_QUEUE};
	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_int = value;
	if (in->pidfd >= 0 && syscall(SYS_pidfd_send_signal, in->pidfd, signal, &info, 0) < 0 && errno != ESRCH)
		log_warn("signal not sent machine=%s signal=%d: %s", in->id, signal, strerror(errno));
}

bool process_stands_still(const struct instance *in)
{
	return in->group >= 0 ? cgroup_frozen(in->group) : stopped_children(in->pid);
}

void process_on_freezing(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct instance *in = watcher->data;
	(void)events;
	if (process_stands_still(in)) {
		in->watch.suspended(in->watch.owner, NULL);
		return;
	}
	if (ev_now(loop) - in->freeze_since > freeze_limit) {
		in->watch.suspended(in->watch.owner, "a process of it waits for a device and cannot be frozen");
		return;
	}
	watcher->repeat = watcher->repeat < freeze_longest ? watcher->repeat * 2 : freeze_longest;
	ev_timer_again(loop, watcher);
}

void process_suspend(struct instance *in)
{
	struct ev_loop *loop = in->all->loop;
	if (cgroup_freeze(in->group, true) < 0)
		process_signal(in, INIT_PACE, INIT_STILL);
	in->freeze_since = ev_now(loop);
	ev_set_cb(&in->freezing, process_on_freezing);
	in->freezing.repeat = freeze_first;
	ev_timer_again(loop, &in->freezing);
}

int process_resume(struct instance *in)
{
	ev_timer_stop(in->all->loop, &in->freezing);
	if (in->pidfd < 0)
		return -1;
	if (cgroup_freeze(in->group, false) < 0)
		process_signal(in, INIT_PACE, INIT_GO);
	return 0;
}
