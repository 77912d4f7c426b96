/* main.c - flycast-proxy: open, drop privileges, read the registry, serve, drain. */
#include <errno.h>
#include <ev.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "autostop.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/daemon.h"
#include "base/hash.h"
#include "base/heirloom.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/ready.h"
#include "base/tls_context.h"
#include "catalog.h"
#include "estate.h"
#include "feed.h"
#include "greet.h"
#include "metrics.h"
#include "proxy.h"
#include "sealed.h"
#include "signer.h"
#include "sounder.h"
#include "vip.h"
#include "wake.h"
#include "worker.h"

enum { BURST_SECONDS = 2 }; /* handshakes that a source may be early with */

struct settings { /* texts in it live as long as the process */
	struct daemon_options common;
	const char *agent;
	const char *access_log;
	const char *access_format;
	const char *proxy_from;
	const char *vip;
	double autostop_interval;
	double probe_interval;
	int network_connections; /* 0: any; -1: a share of all descriptors */
};

struct control { /* the main thread's loop */
	struct proxy *proxy;
	struct wakes *wakes;
	ev_timer autostop;
	ev_timer retry; /* addresses that could not be opened */
	double autostop_interval;
	ev_signal term;
	ev_signal interrupt;
	ev_signal rotated[2];
	struct metrics *metrics;
	struct estate *estate;
	ev_timer gone; /* looks whether the workers have ended */
};

/* name NULL: the default; -1: no such way. */
static int vip_way(const char *name)
{
	return !name || strcmp(name, "auto") == 0 ? VIP_AUTO
	       : strcmp(name, "sk_lookup") == 0   ? VIP_LOOKUP
	       : strcmp(name, "freebind") == 0    ? VIP_FREEBIND
	                                          : -1;
}

/* What is wrong with what was asked for, or NULL. */
static const char *fault_of(const struct settings *s, struct proxy *proxy)
{
	static char fault[160];
	const struct proxy_limits *limits = &proxy->limits;
	const char *format = s->access_format ? s->access_format : "text";
	const char *fronts = s->proxy_from ? fronts_read(&proxy->fronts, s->proxy_from) : NULL;
	if (s->common.listen_count)
		return "--listen: it listens on the Flycast addresses of the registry only";
	if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		return "--access-format: text or json";
	if (vip_way(s->vip) < 0)
		return "--vip: auto, sk_lookup or freebind";
	if (limits->queue_timeout <= 0)
		return "--queue-timeout: waiting needs an end, a time above 0";
	if (limits->wake_timeout <= 0)
		return "--wake-timeout: waiting needs an end, a time above 0";
	if (limits->idle_timeout <= 0)
		return "--idle-timeout: waiting needs an end, a time above 0";
	if (limits->handshake_timeout <= 0)
		return "--handshake-timeout: waiting needs an end, a time above 0";
	snprintf(fault, sizeof fault, "--proxy-from: %s", fronts ? fronts : "");
	return fronts ? fault : NULL;
}

static void settings_read(struct settings *s, struct proxy *proxy, int argc, char **argv)
{
	struct proxy_limits *limits = &proxy->limits;
	bool *server_timing = &proxy->server_timing;
	const struct daemon_flag flags[] = {
	    {"agent", DAEMON_TEXT, &s->agent,
	     "PATH  socket of this host's agent (default: agent.sock beside the registry)"},
	    {"access-log", DAEMON_TEXT, &s->access_log,
	     "PATH  a line for each request and connection; -: standard output"},
	    {"access-format", DAEMON_TEXT, &s->access_format, "text|json  of the access log (default text)"},
	    {"proxy-from", DAEMON_TEXT, &s->proxy_from,
	     "PREFIX[,PREFIX]  sources that begin with a PROXY header, which is believed"},
	    {"vip", DAEMON_TEXT, &s->vip,
	     "auto|sk_lookup|freebind  how connections to the addresses are heard of (default auto)"},
	    {"server-timing", DAEMON_SWITCH, server_timing, "responses say how long the proxy took for what"},
	    {"autostop-interval", DAEMON_SECONDS, &s->autostop_interval,
	     "TIME  how often to look for idle Machines (default 1m; 0: never)"},
	    {"probe-interval", DAEMON_SECONDS, &s->probe_interval,
	     "TIME  how often another host is asked how far it is (default 5s; 0: never)"},
	    {"queue-limit", DAEMON_NUMBER, &limits->queue_limit, "N  waiting requests of one app (default 1000)"},
	    {"queue-timeout", DAEMON_SECONDS, &limits->queue_timeout,
	     "TIME  wait for room when all are at their hard limit (default 30s)"},
	    {"wake-timeout", DAEMON_SECONDS, &limits->wake_timeout,
	     "TIME  wait for a Machine to wake and to listen (default 30s)"},
	    {"response-timeout", DAEMON_SECONDS, &limits->response_timeout,
	     "TIME  wait for the first byte of a response (default 5m; 0: for ever)"},
	    {"handshake-timeout", DAEMON_SECONDS, &limits->handshake_timeout,
	     "TIME  a client's TLS handshake (default 10s)"},
	    {"handshake-rate", DAEMON_NUMBER, &limits->handshake_rate,
	     "N  TLS handshakes a second from one Machine or client network (default 500; 0: any)"},
	    {"handshake-name-rate", DAEMON_NUMBER, &limits->handshake_name_rate,
	     "N  TLS handshakes a second for one server name, from whomever (default 0: any)"},
	    {"network-connections", DAEMON_NUMBER, &s->network_connections,
	     "N  open connections of one network's clients (default a quarter of the descriptors; 0: any)"},
	    {"idle-timeout", DAEMON_SECONDS, &limits->idle_timeout,
	     "TIME  HTTP connections between two requests (default 1m)"},
	    {"drain-timeout", DAEMON_SECONDS, &limits->drain_timeout,
	     "TIME  finish what is open after SIGTERM (default 30s)"},
	};
	const struct daemon_program program = {
	    .name = "flycast-proxy",
	    .summary = "owns the Flycast addresses and brings their connections to Machines",
	    .flags = flags,
	    .flag_count = sizeof flags / sizeof *flags,
	    .examples = "\nExample: flycast-proxy --registry /var/lib/flycast/registry.db --user flycast\n",
	};
	*limits = (struct proxy_limits){.queue_timeout = 30,
	                                .wake_timeout = 30,
	                                .response_timeout = 300,
	                                .connect_timeout = 5,
	                                .handshake_timeout = 10,
	                                .handshake_rate = 500,
	                                .head_timeout = 10,
	                                .body_timeout = 60,
	                                .write_timeout = 60,
	                                .idle_timeout = 60,
	                                .pool_timeout = 4,
	                                .linger_timeout = 2,
	                                .drain_timeout = 30,
	                                .queue_limit = 1000};
	daemon_options_read(&s->common, &program, argc, argv);
	const char *wrong = fault_of(s, proxy);
	if (wrong) {
		fprintf(stderr, "flycast-proxy: %s. Try: flycast-proxy --help\n", wrong);
		exit(2);
	}
	if (!s->agent)
		s->agent = daemon_beside(s->common.registry, "agent.sock");
}

static bool is_json(const char *format)
{
	return format && strcmp(format, "json") == 0;
}

/* Every connection costs two, and without sk_lookup every address one per thread. Returns how many there may be. */
static rlim_t raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	rlim_t before = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return limit.rlim_cur;
	log_warn("limit of open files not raised: %s", strerror(errno));
	return before;
}

/* The client connections that one network may have: with theirs to Machines, half of all descriptors. */
static uint32_t network_share(int asked, rlim_t descriptors)
{
	if (asked >= 0)
		return (uint32_t)asked;
	return descriptors / 4 < INT32_MAX ? (uint32_t)(descriptors / 4) : INT32_MAX;
}

static void on_autostop(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct control *control = timer->data;
	(void)loop, (void)events;
	autostop_pass(control->proxy, control->wakes, (int)(control->autostop_interval * 1000));
}

static void retry_addresses(void *owner, struct registry *registry)
{
	(void)registry;
	vip_retry(owner);
}

static void on_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct fleet *fleet = timer->data;
	(void)loop, (void)events;
	if (vip_missing(fleet->vip) > 0)
		feed_run(catalog_feed((struct catalog *)fleet->catalog), retry_addresses, fleet->vip);
}

static void on_gone(struct ev_loop *loop, ev_timer *timer, int events)
{
	const struct control *control = timer->data;
	(void)events;
	for (unsigned i = 0; i < control->proxy->worker_count; i++)
		if (!atomic_load(&control->proxy->workers[i].ended))
			return;
	ev_break(loop, EVBREAK_ALL);
}

static void drain(struct control *control, struct ev_loop *loop, bool handed)
{
	atomic_store(&control->proxy->draining, true);
	estate_spend(control->estate);
	ev_timer_stop(loop, &control->autostop);
	vip_leave(control->proxy->fleet.vip);
	sounder_rest(control->proxy->fleet.sounder);
	for (unsigned i = 0; i < control->proxy->worker_count; i++)
		worker_drain(&control->proxy->workers[i], handed);
	ev_timer_start(loop, &control->gone);
}

static void on_signal(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct control *control = signal->data;
	(void)events;
	if (ev_is_active(&control->gone)) {
		log_warn("second signal: ending without draining");
		_exit(1);
	}
	log_info("draining signal=%d: accepting nothing more", signal->signum);
	ready_say("STOPPING=1");
	drain(control, loop, false);
}

/* Another proxy accepts on the same sockets from now on. */
static void on_taken(void *owner)
{
	struct control *control = owner;
	metrics_stop(control->metrics);
	control->metrics = NULL;
	if (!ev_is_active(&control->gone))
		drain(control, ev_default_loop(0), true);
}

/* The proxy whose place this one took has ended: what it had open no longer counts for nothing here. */
static void on_alone(void *owner)
{
	struct control *control = owner;
	atomic_store(&control->proxy->former, false);
	if (control->autostop_interval > 0 && !ev_is_active(&control->gone))
		ev_timer_start(ev_default_loop(0), &control->autostop);
}

static void on_rotated(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct control *control = signal->data;
	struct access_file *file = &control->proxy->access;
	(void)loop, (void)events;
	if (access_reopen(file) < 0)
		log_error("access log not opened again path=%s: %s; going on in the old file", file->path,
		          strerror(errno));
	else if (file->path)
		log_info("access log opened again path=%s", file->path);
}

static void control_init(struct control *control, struct ev_loop *loop, struct proxy *proxy, double autostop_interval)
{
	*control = (struct control){.proxy = proxy, .wakes = proxy->wakes, .autostop_interval = autostop_interval};
	ev_timer_init(&control->autostop, on_autostop, autostop_interval, autostop_interval);
	control->autostop.data = control;
	if (autostop_interval > 0 && !proxy->heirloom) /* see on_alone() */
		ev_timer_start(loop, &control->autostop);
	ev_timer_init(&control->retry, on_retry, 1., 1.);
	control->retry.data = &proxy->fleet;
	ev_timer_start(loop, &control->retry);
	ev_timer_init(&control->gone, on_gone, 0.01, 0.01);
	control->gone.data = control;
	ev_signal_init(&control->term, on_signal, SIGTERM);
	ev_signal_init(&control->interrupt, on_signal, SIGINT);
	control->term.data = control->interrupt.data = control;
	ev_signal_start(loop, &control->term);
	ev_signal_start(loop, &control->interrupt);
	for (int i = 0; i < 2; i++) {
		ev_signal_init(&control->rotated[i], on_rotated, i ? SIGUSR1 : SIGHUP);
		control->rotated[i].data = control;
		ev_signal_start(loop, &control->rotated[i]);
	}
}

/* While we may still read it: the seal is for nobody else's eyes. Without one everything but TLS is served, and
 * nobody is told who calls. */
static int keys_init(struct proxy *proxy, const char *registry)
{
	struct text why = {0};
	proxy->has_seal = sealed_open(&proxy->seal, registry, &why) == 0;
	if (!proxy->has_seal)
		log_warn("no private keys: %s", text_string(&why));
	if (proxy->has_seal)
		proxy->signer = signer_new(&proxy->seal);
	text_free(&why);
	proxy->handshakes.per_second = (uint32_t)proxy->limits.handshake_rate;
	proxy->handshakes.burst = (uint32_t)proxy->limits.handshake_rate * BURST_SECONDS;
	proxy->names.per_second = (uint32_t)proxy->limits.handshake_name_rate;
	proxy->names.burst = (uint32_t)proxy->limits.handshake_name_rate * BURST_SECONDS;
	proxy->tls = greet_context_new();
	return proxy->tls ? 0 : -1;
}

static void keys_fini(struct proxy *proxy)
{
	tls_context_free(proxy->tls);
	signer_free(proxy->signer);
}

static void start_workers(struct proxy *proxy)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the main thread's */
	for (unsigned i = 0; i < proxy->worker_count; i++) {
		if (worker_start(&proxy->workers[i]) < 0) {
			log_error("thread not started: %s", strerror(errno));
			exit(1);
		}
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* Before there are threads and privileges are dropped: everything that the proxy behind --control listens on, if there is
 * one, and how we do. */
static void take_over(struct proxy *proxy, const struct settings *settings)
{
	char *error;
	const char *path = settings->common.control;
	proxy->heirloom = path ? heirloom_take(path, ESTATE_PROGRAM, &error) : NULL;
	if (path && !proxy->heirloom && error) {
		log_error("nothing taken over: %s", error);
		exit(1);
	}
	unsigned threads = settings->common.threads > 0 ? (unsigned)settings->common.threads
	                                                : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	proxy->worker_count = proxy->heirloom ? heirloom_threads(proxy->heirloom) : threads;
	if (proxy->worker_count != threads)
		log_warn("threads=%u as the proxy whose sockets were taken over has; another number takes a new start",
		         proxy->worker_count);
	if (vip_prepare(proxy, (enum vip_way)vip_way(settings->vip)) < 0)
		exit(1);
}

static void make_fleet(struct proxy *proxy, struct ev_loop *loop, const struct settings *settings)
{
	if (fleet_init(&proxy->fleet, proxy, settings->common.host) < 0)
		exit(1);
	proxy->fleet.sounder = sounder_start(proxy, loop, settings->probe_interval);
}

static void settle(void *owner, struct registry *registry)
{
	(void)registry;
	heirloom_settle(owner);
}

/* Everything listens and is served. The old proxy, if there is one, stops; from now on this one can be followed. */
static void succeed(struct control *control, struct ev_loop *loop, const char *path)
{
	struct proxy *proxy = control->proxy;
	if (!path)
		return;
	if (proxy->heirloom) {
		feed_run(catalog_feed((struct catalog *)proxy->fleet.catalog), settle, proxy->heirloom);
		atomic_store(&proxy->former, true);
		heirloom_ready(proxy->heirloom, loop, on_alone, control);
	}
	const struct estate_facts facts = {proxy, path, metrics_socket(control->metrics), on_taken, control};
	control->estate = estate_open(loop, &facts);
	if (!control->estate)
		log_warn("control socket not opened path=%s: %s; nobody can ask there, or take over", path,
		         strerror(errno));
}

int main(int argc, char **argv)
{
	static const int keep[] = {CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, -1};
	static struct settings settings = {.autostop_interval = 60, .probe_interval = 5, .network_connections = -1};
	static struct proxy proxy;
	struct inbox inbox;
	struct control control;
	struct metrics *metrics = NULL;
	char text[ADDR_TEXT] = "none";
	char *error = NULL;

	settings_read(&settings, &proxy, argc, argv);
	proxy.began_ms = clock_mono_ms();
	signal(SIGPIPE, SIG_IGN);
	hash_seed();
	proxy.crowd.most = network_share(settings.network_connections, raise_descriptors());
	struct ev_loop *loop = ev_default_loop(EVFLAG_NOENV);
	inbox_start(&inbox, loop, &proxy);
	proxy.control = &inbox;
	pgsessions_init(&proxy.sessions);
	take_over(&proxy, &settings);
	proxy.workers = mem_new_array(proxy.worker_count, sizeof *proxy.workers);
	for (unsigned i = 0; i < proxy.worker_count; i++)
		worker_init(&proxy.workers[i], &proxy, i);
	int taken = heirloom_only(proxy.heirloom, HEIR_METRICS);
	if (!settings.common.has_metrics && taken >= 0)
		close(taken);
	if (settings.common.has_metrics && !(metrics = metrics_start(&proxy, loop, &settings.common.metrics, taken))) {
		log_error("metrics not served address=%s: %s", addr_text(text, &settings.common.metrics),
		          strerror(errno));
		exit(1);
	}
	if (keys_init(&proxy, settings.common.registry) < 0)
		exit(1);
	/* Capabilities belong to threads: the feeder, which opens addresses, must be started after this. */
	if (daemon_drop(settings.common.user, keep) < 0)
		exit(1);
	if (access_open(&proxy.access, settings.access_log, is_json(settings.access_format)) < 0) {
		log_error("access log not opened path=%s: %s", settings.access_log, strerror(errno));
		exit(1);
	}
	make_fleet(&proxy, loop, &settings);
	struct catalog_observer observer = fleet_observer(&proxy.fleet);
	struct catalog *catalog = catalog_start(settings.common.registry, &observer, &error);
	if (!catalog) {
		log_error("registry not read: %s", error);
		free(error);
		exit(1);
	}
	struct rcu_loop *rcu = rcu_loop_start(loop);
	struct wakes *wakes = wakes_start(&proxy, loop, settings.agent);
	control_init(&control, loop, &proxy, settings.autostop_interval);
	start_workers(&proxy);
	log_info("ready threads=%u registry=%s metrics=%s", proxy.worker_count, settings.common.registry,
	         metrics ? addr_text(text, &settings.common.metrics) : "none");
	control.metrics = metrics;
	succeed(&control, loop, settings.common.control);
	ready_notify(settings.common.ready_fd);

	ev_run(loop, 0);

	for (unsigned i = 0; i < proxy.worker_count; i++)
		worker_join(&proxy.workers[i]);
	metrics_stop(control.metrics);
	estate_close(control.estate);
	rcu_loop_stop(rcu); /* nothing is published any more after the next line, so nobody need be waited for */
	catalog_stop(catalog);
	inbox_stop(&inbox); /* its jobs use wakes, whose last answers go to the workers */
	sounder_stop(proxy.fleet.sounder);
	estate_free(control.estate);
	heirloom_free(proxy.heirloom);
	wakes_stop(wakes);
	for (unsigned i = 0; i < proxy.worker_count; i++)
		worker_fini(&proxy.workers[i]);
	pgsessions_fini(&proxy.sessions);
	access_close(&proxy.access);
	fleet_fini(&proxy.fleet);
	keys_fini(&proxy);
	free(proxy.workers);
	ev_loop_destroy(loop);
	return 0;
}
