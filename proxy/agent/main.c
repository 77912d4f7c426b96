/* main.c - flycast-agent: runs this host's Machines, and is the only writer of what they do. */
#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/daemon.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics_http.h"
#include "base/ready.h"
#include "base/sock.h"
#include "builder.h"
#include "control.h"
#include "checkpoint.h"
#include "fleet.h"
#include "follow.h"
#include "host.h"
#include "process.h"
#include "registry.h"
#include "writer.h"

struct agent {
	struct ev_loop *loop;
	struct fleet *fleet;
	const char *path; /* of the control socket */
	struct control *control;
	struct builder *builder;
	struct driver *driver;
	struct writer *writer;
	struct checkpoint *checkpoint;
	struct follow *follow;
	struct metrics_page page;
	struct metrics_http *metrics;
	struct host host;
	ev_signal signals[2];
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "flycast-agent: %s%s%s\n", what, *what ? ": " : "", why ? why : strerror(errno));
	exit(1);
}

static void find_host(struct host *out, const struct daemon_options *o)
{
	struct registry *r = registry_open(o->registry, REGISTRY_READ);
	int rc = registry_failed(r) ? -1 : o->host ? host_need(r, out, o->host) : host_self(r, out);
	if (rc < 0)
		die("", mem_text(registry_error(r)));
	registry_close(r);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)events;
	log_info("agent ends signal=%d: Machines go on without it", watcher->signum);
	ev_break(loop, EVBREAK_ALL);
}

static void watch_signals(struct agent *a)
{
	static const int numbers[] = {SIGTERM, SIGINT};
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 2; i++) {
		ev_signal_init(&a->signals[i], on_signal, numbers[i]);
		ev_signal_start(a->loop, &a->signals[i]);
	}
}

static void start(struct agent *a, const struct daemon_options *o, const struct process_options *p)
{
	char *error = NULL, network[NETNS_ERROR] = "";
	a->path = o->control ? o->control : daemon_beside(o->registry, "agent.sock");
	const struct control_handler handler = {a->fleet, fleet_greet, fleet_asked, fleet_left};
	const struct follow_handler follow = {a->fleet, fleet_follow};
	/* The socket comes first: it is how a second agent learns that there is one. */
	if (!(a->control = control_start(a->loop, a->path, &handler)))
		die(a->path, errno == EADDRINUSE ? "another agent serves there: end it, or name another --control"
		             : errno == ENOTSOCK ? "that is no socket: name another path with --control"
		                                 : NULL);
	if (!(a->builder = builder_start(a->loop, network)))
		die("network of the host cannot be set up", network);
	if (!(a->driver = process_driver_start(a->loop, a->builder, p, &error)))
		die("", error);
	if (!(a->writer = writer_start(o->registry, a->host.name, &error)))
		die("", error);
	a->checkpoint = checkpoint_start(o->registry, "flycast-agent", CHECKPOINT_AGENT);
	const struct fleet_parts parts = {.loop = a->loop,
	                                  .builder = a->builder,
	                                  .driver = a->driver,
	                                  .writer = a->writer,
	                                  .control = a->control,
	                                  .sweep = process_driver_sweep};
	fleet_join(a->fleet, &parts);
	if (!(a->follow = follow_start(a->loop, o->registry, a->host.name, &follow, &error)))
		die("", error);
}

static void start_metrics(struct agent *a, struct daemon_options *o)
{
	char text[ADDR_TEXT];
	if (!o->has_metrics)
		return;
	int fd = sock_tcp(&o->metrics, false);
	if (fd < 0)
		die("metrics cannot be served", NULL);
	a->page = (struct metrics_page){"/metrics", "text/plain; version=0.0.4", fleet_metrics, a->fleet};
	a->metrics = metrics_http_start(a->loop, fd, &a->page, 1);
	log_info("metrics listen=%s", addr_text(text, &o->metrics));
}

/* Flags of every daemon that mean nothing here are refused, or somebody would believe in them. */
static void check(const struct daemon_options *o)
{
	const char *wrong = o->listen_count ? "--listen: the agent serves on --control only"
	                    : o->user    ? "--user: the agent makes namespaces and stays who it is; see --machine-user"
	                    : o->threads ? "--threads: the agent has no use for more"
	                                 : NULL;
	if (wrong) {
		fprintf(stderr, "flycast-agent: %s. Try: flycast-agent --help\n", wrong);
		exit(2);
	}
	if (geteuid() != 0)
		die("", "namespaces and devices of Machines need root: run it with sudo, or inside unshare -Urnmpf "
		        "--mount-proc");
}

static void stop(struct agent *a)
{
	metrics_http_stop(a->metrics);
	follow_stop(a->follow);
	control_stop(a->control);
	size_t alive = fleet_free(a->fleet);
	/* As long as a Machine runs, its network is needed; the next agent finds it and goes on. */
	if (!alive)
		builder_submit(a->builder, &(struct builder_job){.kind = BUILDER_LEAVE});
	builder_stop(a->builder);
	process_driver_stop(a->driver);
	writer_stop(a->writer);
	checkpoint_stop(a->checkpoint);
	ev_loop_destroy(a->loop);
}

int main(int argc, char **argv)
{
	static struct process_options process = {.machine_user = "nobody"};
	static const struct daemon_flag flags[] = {
	    {"machine-user", DAEMON_TEXT, &process.machine_user,
	     "NAME  who commands of Machines run as, when the agent is root (default: nobody)"},
	    {"state", DAEMON_TEXT, &process.state,
	     "DIRECTORY  logs and records of Machines (default: machines, beside the registry)"},
	    {"cgroup", DAEMON_TEXT, &process.cgroup,
	     "DIRECTORY  cgroup2 directory for Machines (default: below the agent's own)"},
	};
	static const struct daemon_program program = {
	    .name = "flycast-agent",
	    .summary = "runs this host's Machines",
	    .flags = flags,
	    .flag_count = sizeof flags / sizeof flags[0],
	    .examples =
	        "\nExample: flycast-agent --registry /var/lib/flycast/registry.db --machine-user flycast-machines\n",
	};
	struct daemon_options options;
	static struct agent agent;
	daemon_options_read(&options, &program, argc, argv);
	check(&options);
	if (!process.state)
		process.state = daemon_beside(options.registry, "machines");
	process.registry = options.registry;
	process.hide = daemon_beside(options.registry, ".");
	hash_seed();
	find_host(&agent.host, &options);
	agent.loop = ev_loop_new(EVFLAG_AUTO);
	agent.fleet = fleet_new();
	watch_signals(&agent);
	start(&agent, &options, &process);
	start_metrics(&agent, &options);
	log_info("agent ready host=%s registry=%s", agent.host.name, options.registry);
	ready_notify(options.ready_fd);
	ev_run(agent.loop, 0);
	ready_say("STOPPING=1");
	stop(&agent);
	return 0;
}
