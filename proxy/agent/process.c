/* process.c - see process.h. One struct instance per Machine; what it waits for is a watcher in it. */
#include "process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"
#include "builder.h"
#include "explain.h"
#include "groups.h"
#include "house.h"
#include "images.h"
#include "init/plan.h"
#include "launch.h"
#include "process_inside.h"
#include "record.h"
#include "spec.h"

static const double remove_again = 0.01;

/* ---------------------------------------------------------------------------------------- the end of a run */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool read_report(struct instance *in)
{
	return launch_report(in->report_fd, in->report, sizeof in->report, &in->report_len);
}

static void finish_report(struct instance *in)
{
	ev_io_stop(in->all->loop, &in->reported);
	close_fd(&in->report_fd);
}

static bool report_is_ok(const struct instance *in)
{
	return strcmp(in->report, "ok\n") == 0;
}

static void on_reported(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct instance *in = watcher->data;
	(void)loop, (void)events;
	if (!read_report(in))
		return;
	finish_report(in);
	/* Bad news waits until flycast-init has ended, which it does next: nothing runs then. */
	if (report_is_ok(in))
		in->watch.ran(in->watch.owner, NULL);
}

static struct driver_end end_of_run(const struct instance *in)
{
	siginfo_t info;
	struct record record;
	struct driver_end end;
	/* Reaps it when it is ours; an adopted one is somebody else's child. */
	(void)waitid(P_PIDFD, (id_t)in->pidfd, &info, WEXITED | WNOHANG);
	int dir = record_open(in->all->state, in->id);
	/* Of another run: flycast-init was killed before it wrote anything. */
	bool known = dir >= 0 && record_past(dir, &record, &end) && strcmp(record.run, in->run) == 0;
	close_fd(&dir);
	if (!known)
		end = (struct driver_end){.code = RECORD_KILLED};
	/* flycast-init itself may be among those that were killed for want of memory. */
	if (end.code == RECORD_KILLED && quota_kills(&in->all->groups.quota, in->id, in->group) > in->kills)
		end.oom = true;
	return end;
}

static void on_exited(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct instance *in = watcher->data;
	(void)events;
	if (in->report_fd >= 0) {
		(void)read_report(in);
		finish_report(in);
		if (report_is_ok(in))
			in->watch.ran(in->watch.owner, NULL);
	}
	struct driver_end end = end_of_run(in);
	ev_io_stop(loop, &in->exited);
	ev_timer_stop(loop, &in->freezing);
	close_fd(&in->pidfd);
	in->pid = 0;
	/* The group is used again, and a frozen one would hold the next run. */
	(void)cgroup_freeze(in->group, false);
	if (report_is_ok(in)) {
		in->watch.exited(in->watch.owner, &end);
	} else {
		root_forget(&in->root);
		in->watch.ran(in->watch.owner,
		              in->report[0] ? in->report : "flycast-init ended before it ran the command");
	}
}

static void watch_process(struct instance *in)
{
	ev_io_init(&in->exited, on_exited, in->pidfd, EV_READ);
	in->exited.data = in;
	ev_io_start(in->all->loop, &in->exited);
}

/* ---------------------------------------------------------------------------------------- create, adopt */

bool process_place(struct netns_place *out, const struct spec *spec)
{
	*out = (struct netns_place){.network = spec->network, .slot = spec->slot};
	return inet_pton(AF_INET6, spec->address, &out->address) == 1 &&
	       inet_pton(AF_INET, spec->ipv4, &out->ipv4) == 1;
}

static void on_made(void *owner, int fd, const char *error)
{
	struct instance *in = owner;
	in->making = false;
	in->netns = fd;
	if (!in->root.looking)
		in->watch.created(in->watch.owner, fd >= 0 ? in->root.error : error);
}

static void on_root_settled(void *owner)
{
	struct instance *in = owner;
	if (!in->making)
		in->watch.created(in->watch.owner, in->root.error);
}

static void make_network(struct instance *in)
{
	const struct builder_job job = {.kind = BUILDER_MAKE, .place = in->place, .done = on_made, .owner = in};
	if (in->making)
		return;
	in->making = true;
	builder_submit(in->all->builder, &job);
}

static bool adopt(struct instance *in, int dir, struct driver_past *past)
{
	struct record record;
	char path[64];
	in->pidfd = record_adopt(dir, &record);
	if (in->pidfd < 0)
		return false;
	snprintf(path, sizeof path, "/proc/%d/ns/net", (int)record.pid);
	in->netns = open(path, O_RDONLY | O_CLOEXEC);
	if (in->netns < 0) {
		close_fd(&in->pidfd); /* it ends just now, and has left its network already */
		return false;
	}
	in->pid = record.pid;
	in->group = cgroup_find(record.pid, in->id);
	in->kills = quota_kills(&in->all->groups.quota, in->id, in->group);
	snprintf(in->run, sizeof in->run, "%s", record.run);
	snprintf(in->report, sizeof in->report, "ok\n");
	past->found = process_stands_still(in) ? FOUND_STILL : FOUND_RUNNING;
	if (past->found == FOUND_RUNNING)
		(void)process_resume(in); /* a freeze may have been asked for and not be complete yet */
	snprintf(past->run, sizeof past->run, "%s", record.run);
	watch_process(in);
	return true;
}

static void look_back(int dir, struct driver_past *past)
{
	struct record record;
	if (!record_past(dir, &record, &past->end))
		return;
	snprintf(past->run, sizeof past->run, "%s", record.run);
	past->found = record.this_boot ? FOUND_ENDED : FOUND_REBOOTED;
}

/* Before a start, again when it failed. */
static int furnish(struct instance *in, int dir, const struct spec *spec)
{
	in->furnished = in->furnished || record_furnish(dir, spec) == 0;
	return in->furnished ? 0 : -1;
}

static struct instance *process_create(struct driver *driver, const struct spec *spec, const struct driver_watch *watch,
                                       struct driver_past *past)
{
	struct processes *all = (struct processes *)driver;
	struct instance *in = mem_new(sizeof *in);
	*past = (struct driver_past){0};
	*in = (struct instance){.all = all, .watch = *watch, .netns = -1, .group = -1, .pidfd = -1, .report_fd = -1};
	snprintf(in->id, sizeof in->id, "%s", spec->id);
	in->root = (struct root){.images = all->images, .owner = in, .settled = on_root_settled};
	ev_init(&in->freezing, process_on_freezing);
	in->freezing.data = in;
	bool usable = process_place(&in->place, spec);
	int dir = record_make(all->state, in->id);
	int lock = dir >= 0 ? record_lock(dir) : -1;
	if (dir < 0 || lock >= 0 || errno != EWOULDBLOCK || !adopt(in, dir, past)) {
		if (dir >= 0)
			look_back(dir, past);
		if (usable)
			make_network(in);
		if (all->images)
			(void)root_renew(&in->root, spec);
	}
	if (dir < 0 || (lock >= 0 && furnish(in, dir, spec) < 0))
		log_error("directory of the Machine not made, a start will try again id=%s: %s", in->id,
		          strerror(errno));
	close_fd(&lock);
	close_fd(&dir);
	if (in->pidfd >= 0)
		in->watch.created(in->watch.owner, NULL);
	else if (!usable && !in->root.looking)
		in->watch.created(in->watch.owner, "its addresses in the registry are none");
	return in;
}

static bool process_renew(struct instance *in, const struct spec *spec)
{
	return in->all->images && root_renew(&in->root, spec);
}

static void process_hurry(struct instance *in)
{
	builder_hurry(in->all->builder, in->place.slot);
}

/* ---------------------------------------------------------------------------------------- start, stop */

static int launch_grouped(struct launched *made, struct instance *in, struct launch *what)
{
	struct processes *all = in->all;
	int rc = launch(made, &all->house, what);
	if (rc == 0 || what->group < 0 || (errno != EACCES && errno != EPERM && errno != EBUSY && errno != EOPNOTSUPP))
		return rc;
	groups_give_up(&all->groups, in->id, errno);
	close_fd(&in->group);
	what->group = -1;
	return launch(made, &all->house, what);
}

static int start_run(struct launched *made, struct instance *in, struct launch *what, struct groups_run *run)
{
	what->dir = record_make(in->all->state, in->id);
	if (what->dir < 0 || (what->lock = record_lock(what->dir)) < 0 || furnish(in, what->dir, what->spec) < 0)
		return -1;
	close_fd(&in->group);
	groups_make(&in->all->groups, in->id, &what->spec->guest, run);
	what->group = in->group = run->group;
	in->kills = quota_kills(&in->all->groups.quota, in->id, in->group);
	int rc = launch_grouped(made, in, what);
	int error = errno;
	quota_run_fini(&run->quota);
	errno = error;
	return rc;
}

static bool has_network(struct instance *in, const struct spec *spec)
{
	if (in->netns >= 0)
		return true;
	const char *error = "its addresses in the registry are none";
	if (process_place(&in->place, spec)) {
		make_network(in);
		error = "its network is not there yet, and is made again: try again in a moment";
	}
	in->watch.ran(in->watch.owner, error);
	return false;
}

static bool has_image(struct instance *in, const struct spec *spec)
{
	if (!spec->image || in->root.image)
		return true;
	in->watch.ran(in->watch.owner, !in->all->images ? "images need an agent that is root outside of namespaces too"
	                               : in->root.error ? in->root.error
	                                                : "its image was not looked for: try again");
	return false;
}

static void process_start(struct instance *in, const struct spec *spec, const char *run)
{
	struct processes *all = in->all;
	struct groups_run groups;
	struct launch what = {
	    .spec = spec, .run = run, .netns = in->netns, .dir = -1, .lock = -1, .group = -1, .quota = &groups.quota};
	struct launched made = {0};
	if (!has_network(in, spec) || !has_image(in, spec))
		return;
	what.image = spec->image ? in->root.image : NULL;
	in->report[0] = '\0';
	in->report_len = 0;
	snprintf(in->run, sizeof in->run, "%s", run);
	int rc = start_run(&made, in, &what, &groups);
	int error = errno;
	close_fd(&what.lock);
	close_fd(&what.dir);
	if (rc < 0) {
		snprintf(in->report, sizeof in->report, "no process for the Machine: %s",
		         error == EWOULDBLOCK ? "an earlier one still ends: try again in a moment"
		         : made.why.len       ? made.why.at
		                              : strerror(error));
		text_free(&made.why);
		in->watch.ran(in->watch.owner, in->report);
		return;
	}
	in->pid = made.pid;
	in->pidfd = made.pidfd;
	in->report_fd = made.report;
	ev_io_init(&in->reported, on_reported, in->report_fd, EV_READ);
	in->reported.data = in;
	ev_io_start(all->loop, &in->reported);
	watch_process(in);
}

static void process_stop(struct instance *in, int signal)
{
	/* When process 1 of a process namespace dies, the kernel kills all the others in it, frozen ones too. cgroup.kill
	 * would do the same, but Linux 6.18 also kills whatever is cloned into such a group later. */
	process_signal(in, signal == SIGSTOP ? INIT_PASS_STOP : signal, 0);
}

/* ---------------------------------------------------------------------------------------- destroy, leave */

static void instance_free(struct instance *in)
{
	/* Fails, as it should, while a process of the Machine is in it. */
	(void)groups_remove(&in->all->groups, in->id);
	ev_timer_stop(in->all->loop, &in->freezing);
	if (in->all->images)
		root_fini(&in->root);
	if (in->pidfd >= 0)
		ev_io_stop(in->all->loop, &in->exited);
	if (in->report_fd >= 0)
		finish_report(in);
	close_fd(&in->pidfd);
	close_fd(&in->netns);
	close_fd(&in->group);
	free(in);
}

/* The kernel takes an ended process out of its group a little after everybody can see that it ended. */
static void on_removing(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct instance *in = watcher->data;
	(void)loop, (void)events;
	if (groups_remove(&in->all->groups, in->id) < 0) {
		if (++in->removals < 100)
			return;
		log_warn("cgroup of the Machine not removed id=%s: %s", in->id, strerror(errno));
	}
	struct driver_watch watch = in->watch;
	record_remove(in->all->state, in->id);
	instance_free(in);
	watch.destroyed(watch.owner);
}

static void on_network_removed(void *owner, int fd, const char *error)
{
	struct instance *in = owner;
	(void)fd, (void)error;
	ev_set_cb(&in->freezing, on_removing);
	in->freezing.repeat = remove_again;
	ev_timer_start(in->all->loop, &in->freezing);
	ev_feed_event(in->all->loop, &in->freezing, EV_TIMER);
}

static void process_destroy(struct instance *in)
{
	const struct builder_job job = {
	    .kind = BUILDER_REMOVE, .place = in->place, .done = on_network_removed, .owner = in};
	close_fd(&in->netns);
	builder_submit(in->all->builder, &job);
}

static void process_explain(struct instance *in, struct text *out)
{
	int dir = record_open(in->all->state, in->id);
	explain_machine(out, in->pid ? in->netns : -1, in->all->home, dir);
	close_fd(&dir);
}

/* ---------------------------------------------------------------------------------------- the driver */

struct driver *process_driver_start(struct ev_loop *loop, struct builder *builder,
                                    const struct process_options *options, char **error)
{
	struct processes *all = mem_new(sizeof *all);
	all->driver = (struct driver){.create = process_create,
	                              .hurry = process_hurry,
	                              .renew = process_renew,
	                              .start = process_start,
	                              .stop = process_stop,
	                              .suspend = process_suspend,
	                              .resume = process_resume,
	                              .destroy = process_destroy,
	                              .leave = instance_free,
	                              .explain = process_explain};
	all->loop = loop;
	all->builder = builder;
	all->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	all->state = house_open(&all->house, options, error);
	if (all->state < 0) {
		process_driver_stop(&all->driver);
		return NULL;
	}
	groups_open(&all->groups, options->cgroup, all->state);
	if (all->house.user != getuid())
		all->images = images_start(loop);
	return &all->driver;
}

void process_driver_stop(struct driver *driver)
{
	struct processes *all = (struct processes *)driver;
	if (!all)
		return;
	images_stop(all->images);
	groups_close(&all->groups);
	house_close(&all->house);
	close_fd(&all->state);
	close_fd(&all->home);
	free(all);
}

void process_driver_sweep(struct driver *driver, bool (*keep)(void *owner, const char *id), void *owner)
{
	struct processes *all = (struct processes *)driver;
	groups_sweep(&all->groups, keep, owner);
	record_sweep(all->state, keep, owner);
}
