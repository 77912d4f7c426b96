/* main.c - flycast-dns: bind, drop, read the registry, answer, until a signal says to end. */
#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/daemon.h"
#include "base/log.h"
#include "base/metrics_http.h"
#include "base/rcu.h"
#include "base/ready.h"
#include "base/sock.h"
#include "console.h"
#include "dnstap.h"
#include "moment.h"
#include "print.h"
#include "reload.h"
#include "sandbox.h"
#include "server.h"
#include "succession.h"
#include "watchdog.h"

struct options {
	struct daemon_options daemon;
	struct server_options server;
	int tcp_clients;
	int tcp_clients_per_source;
	int tcp_questions;
	double drain_seconds;
	struct moment_facts moment;
	struct {
		struct daemon_addresses listen;
		const char *certificate;
		const char *key;
		int greetings_per_source;
	} tls;
	struct daemon_addresses forward;
	const char *dnstap; /* NULL: nobody is told */
	const char *print;  /* NULL: serve */
	bool no_sandbox;
};

struct pages {
	struct metrics_page page;
	struct metrics_http *tcp;
	struct console console;
	struct server *server;
	struct moment *moment;
	struct succession *succession;
	struct watchdog *watchdog;
};

static char host_name[REPLY_OPTION_MAX + 1];

static int failed(const char *what, const char *which, const char *why)
{
	log_error("%s %s: %s", what, which, why);
	return -1;
}

static void misuse(const char *sentence)
{
	fprintf(stderr, "flycast-dns: %s\n", sentence);
	exit(2);
}

static void read_forward(struct options *o)
{
	struct forward_options *out = &o->server.forward;
	if (o->forward.count > FORWARD_SERVERS)
		misuse("--forward: more than 8 servers");
	*out = (struct forward_options){.count = o->forward.count, .most = FORWARD_MOST};
	for (size_t i = 0; i < out->count; i++) {
		const struct sockaddr_in6 *at = &o->forward.at[i];
		if (IN6_IS_ADDR_UNSPECIFIED(&at->sin6_addr) || at->sin6_port == 0)
			misuse("--forward: an address of another server, and not port 0; for example 192.0.2.53 or "
			       "[::1]:5353");
		for (size_t j = 0; j < o->daemon.listen_count; j++)
			if (memcmp(&o->daemon.listen[j].sin6_addr, &at->sin6_addr, sizeof at->sin6_addr) == 0 &&
			    o->daemon.listen[j].sin6_port == at->sin6_port)
				misuse("--forward: this is our own --listen; name the server that resolves everything "
				       "else");
		out->servers[i] = *at;
	}
}

/* Ends with a sentence about the first that cannot be. */
static void options_check(const struct options *o)
{
	if (o->server.udp_size < WIRE_UDP_PLAIN || o->server.udp_size > 4096)
		misuse("--udp-size: not a size from 512 to 4096 octets; 1232 passes everywhere");
	if (strlen(o->server.identity) > REPLY_OPTION_MAX)
		misuse("--id: longer than 64 octets");
	if (strlen(o->server.version) > REPLY_OPTION_MAX)
		misuse("--version-text: longer than 64 octets");
	if (o->tcp_clients < 1 || o->tcp_clients_per_source < 1)
		misuse("--tcp-clients, --tcp-clients-per-source: at least 1");
	if (o->server.rrl.rate > RRL_RATE_MAX || o->server.rrl.error_rate > RRL_RATE_MAX)
		misuse("--rate-limit, --error-rate-limit: more than a million a second; 0 is no limit");
	if (o->tls.listen.count > 0 ? !o->tls.certificate || !o->tls.key : o->tls.certificate || o->tls.key)
		misuse("--tls-listen, --tls-cert, --tls-key: each takes the other two");
}

static void options_read(struct options *o, int argc, char **argv)
{
	const struct daemon_flag flags[] = {
	    {"id", DAEMON_TEXT, &o->server.identity,
	     "TEXT  what id.server and NSID tell (default: the host's name; \"\": nothing)"},
	    {"version-text", DAEMON_TEXT, &o->server.version, "TEXT  what version.bind tells (default: nothing)"},
	    {"cookie-secrets", DAEMON_TEXT, &o->moment.secrets,
	     "PATH  secrets of DNS cookies, a line of 32 hex digits each; none: no cookies (default: one of its own)"},
	    {"stale-after", DAEMON_SECONDS, &o->moment.stale_seconds,
	     "TIME  without the registry, then answers say that they are stale (default 30s; 0: never)"},
	    {"udp-size", DAEMON_NUMBER, &o->server.udp_size,
	     "BYTES  the largest answer over UDP, 512 to 4096 (default 1232)"},
	    {"tcp-clients", DAEMON_NUMBER, &o->tcp_clients, "N  TCP connections at a time (default 1024)"},
	    {"tcp-clients-per-source", DAEMON_NUMBER, &o->tcp_clients_per_source, "N  of one client (default 64)"},
	    {"tcp-idle", DAEMON_SECONDS, &o->server.limits.idle_seconds,
	     "TIME  a connection may be silent (default 10s)"},
	    {"tcp-io", DAEMON_SECONDS, &o->server.limits.io_seconds,
	     "TIME  a question may take to arrive (default 5s)"},
	    {"proxy-from", DAEMON_PREFIXES, &o->server.fronts,
	     "PREFIX  fronts, which say in a PROXY header of version 2 who asks; repeatable"},
	    {"drain-timeout", DAEMON_SECONDS, &o->drain_seconds,
	     "TIME  what is connected may go on once another one took over (default 30s)"},
	    {"ecs-from", DAEMON_PREFIXES, &o->server.resolvers,
	     "PREFIX  resolvers, which say in EDNS client subnets who asks; repeatable"},
	    {"rate-limit", DAEMON_NUMBER, &o->server.rrl.rate,
	     "N  answers a second to one client over UDP, of each kind (default 0: no limit)"},
	    {"error-rate-limit", DAEMON_NUMBER, &o->server.rrl.error_rate,
	     "N  refusals and errors a second to one client over UDP (default 0: no limit)"},
	    {"rate-slip", DAEMON_NUMBER, &o->server.rrl.slip,
	     "N  one of N answers above the rate says to come by TCP, the others are dropped (default 2)"},
	    {"rate-exempt", DAEMON_PREFIXES, &o->server.rrl.exempt, "PREFIX  clients without these limits; repeatable"},
	    {"tcp-questions", DAEMON_NUMBER, &o->tcp_questions, "N  of one connection, then it ends (default 0: any)"},
	    {"tls-listen", DAEMON_ADDRESSES, &o->tls.listen, "[ADDR]:PORT  DNS over TLS; repeatable"},
	    {"tls-cert", DAEMON_TEXT, &o->tls.certificate,
	     "PATH  its certificates in PEM, read again when they change"},
	    {"tls-key", DAEMON_TEXT, &o->tls.key, "PATH  the key of the first of them"},
	    {"tls-handshakes", DAEMON_NUMBER, &o->tls.greetings_per_source,
	     "N  a second of one client (default 100; 0: any)"},
	    {"forward", DAEMON_ADDRESSES, &o->forward,
	     "ADDR or [ADDR]:PORT  ask this server what is in none of our zones; repeatable"},
	    {"dnstap", DAEMON_TEXT, &o->dnstap,
	     "PATH|unix:PATH  tell every question and answer, as dnstap, to a file or to who listens there"},
	    {"print", DAEMON_TEXT, &o->print, "NETWORK[/ZONE]  print the zones of a network by its number, and end"},
	    {"no-sandbox", DAEMON_SWITCH, &o->no_sandbox, " may call and open whatever it likes; for debugging"},
	};
	const struct daemon_program program = {
	    "flycast-dns", "answers .flycast, .internal and the reverse zone, per network", flags,
	    sizeof flags / sizeof *flags,
	    "\nExamples:\n"
	    "  flycast-dns --registry /var/lib/flycast/registry.db --listen [fdaa::3]:53 --user flycast\n"
	    "  flycast-dns --registry ./registry.db --listen [::1]:5353 --metrics [::1]:9153\n"};
	gethostname(host_name, sizeof host_name - 1);
	*o = (struct options){.tcp_clients = 1024,
	                      .tcp_clients_per_source = 64,
	                      .drain_seconds = 30,
	                      .moment.stale_seconds = 30,
	                      .tls.greetings_per_source = 100,
	                      .forward.port = 53};
	o->server = (struct server_options){.identity = host_name,
	                                    .version = "",
	                                    .udp_size = 1232,
	                                    .limits = {.idle_seconds = 10, .io_seconds = 5},
	                                    .rrl = {.slip = 2}};
	daemon_options_read(&o->daemon, &program, argc, argv);
	if (o->daemon.listen_count == 0)
		addr_parse(&o->daemon.listen[o->daemon.listen_count++], ":53");
	options_check(o);
	read_forward(o);
	o->server.registry = o->daemon.registry;
	o->server.host = o->daemon.host;
	o->server.threads = o->daemon.threads ? o->daemon.threads : (int)sysconf(_SC_NPROCESSORS_ONLN);
	o->server.limits.clients = (unsigned)o->tcp_clients;
	o->server.clients_per_source = (unsigned)o->tcp_clients_per_source;
	o->server.limits.questions = (unsigned)o->tcp_questions;
	o->server.greetings_per_source = (unsigned)o->tls.greetings_per_source;
}

/* As many descriptors as we are allowed: every TCP client has one. */
static void raise_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int bind_all(struct server *server, struct heirloom *heirloom, struct options *o)
{
	struct sockets_wish wishes[2 * DAEMON_LISTEN_MAX];
	char text[ADDR_TEXT];
	size_t count = 0, wrong;
	for (size_t i = 0; i < o->daemon.listen_count; i++)
		wishes[count++] = (struct sockets_wish){&o->daemon.listen[i], false};
	for (size_t i = 0; i < o->tls.listen.count; i++)
		wishes[count++] = (struct sockets_wish){&o->tls.listen.at[i], true};
	if (server_open(server, heirloom, wishes, count, &wrong) == 0)
		return 0;
	return failed("cannot listen on", addr_text(text, wishes[wrong].address), strerror(errno));
}

/* Before privileges go: who may read the key may be root alone. */
static int open_dot(struct options *o)
{
	struct text why = {0};
	if (!o->tls.certificate)
		return 0;
	o->server.dot = dot_open(o->tls.certificate, o->tls.key, &why);
	if (!o->server.dot)
		failed("cannot use", "the certificate for TLS", text_string(&why));
	text_free(&why);
	return o->server.dot ? 0 : -1;
}

/* Before privileges go, for the same reason. */
static int open_moment(struct pages *pages, const struct options *o)
{
	struct text why = {0};
	pages->moment = moment_open(&o->moment, &why);
	if (!pages->moment)
		failed("cannot use", "the secrets of cookies", text_string(&why));
	text_free(&why);
	return pages->moment ? 0 : -1;
}

/* Another one has our place. */
static void on_left(void *owner)
{
	struct pages *pages = owner;
	metrics_http_stop(pages->tcp);
	pages->tcp = NULL;
	watchdog_stop(pages->watchdog);
	pages->watchdog = NULL;
}

/* Its file is made by the user we were started as. */
static int open_dnstap(struct options *o)
{
	struct text why = {0};
	if (!o->dnstap)
		return 0;
	o->server.dnstap = dnstap_open(o->dnstap, o->server.identity, 2 * (size_t)o->server.threads, &why);
	if (!o->server.dnstap)
		failed("cannot write dnstap to", o->dnstap, text_string(&why));
	text_free(&why);
	return o->server.dnstap ? 0 : -1;
}

/* Bound as the user we were started as, like the questions' sockets. */
static int open_pages(struct pages *pages, struct options *o, struct ev_loop *loop)
{
	struct daemon_options *daemon = &o->daemon;
	char text[ADDR_TEXT];
	int metrics = daemon->has_metrics ? succession_metrics(pages->succession, &daemon->metrics) : -1;
	pages->page = (struct metrics_page){"/metrics", "text/plain; version=0.0.4", server_metrics, pages->server};
	if (daemon->has_metrics) {
		if (metrics < 0 && (metrics = sock_tcp(&daemon->metrics, false)) < 0)
			return failed("cannot listen for metrics on", addr_text(text, &daemon->metrics),
			              strerror(errno));
		pages->tcp = metrics_http_start(loop, metrics, &pages->page, 1);
	}
	pages->console = (struct console){pages->server, clock_mono_ms()};
	const struct succession_facts facts = {.server = pages->server,
	                                       .control = daemon->control,
	                                       .answer = console_answer,
	                                       .asked = &pages->console,
	                                       .threads = o->server.threads,
	                                       .metrics = metrics,
	                                       .drain_seconds = o->drain_seconds,
	                                       .left = on_left,
	                                       .owner = pages};
	if (succession_open(pages->succession, &facts) < 0)
		return failed("cannot listen for control on", daemon->control, strerror(errno));
	return 0;
}

/* The files that are opened later, or again. */
static int confine(const struct options *o)
{
	struct sandbox sandbox = {0};
	if (o->no_sandbox)
		return 0;
	sandbox_file(&sandbox, o->daemon.registry, SANDBOX_WRITE);
	sandbox_file(&sandbox, o->tls.certificate, SANDBOX_READ);
	sandbox_file(&sandbox, o->tls.key, SANDBOX_READ);
	if (o->moment.secrets && strcmp(o->moment.secrets, "none") != 0)
		sandbox_file(&sandbox, o->moment.secrets, SANDBOX_READ);
	if (o->dnstap && strncmp(o->dnstap, "unix:", 5) != 0)
		sandbox_file(&sandbox, o->dnstap, SANDBOX_WRITE);
	sandbox_file(&sandbox, o->daemon.control, SANDBOX_REMOVE);
	return sandbox_enter(&sandbox);
}

static void announce(const struct options *options)
{
	const struct daemon_options *o = &options->daemon;
	struct text line = {0};
	char text[ADDR_TEXT];
	for (size_t i = 0; i < o->listen_count; i++)
		text_format(&line, " listen=%s", addr_text(text, &o->listen[i]));
	for (size_t i = 0; i < options->tls.listen.count; i++)
		text_format(&line, " tls=%s", addr_text(text, &options->tls.listen.at[i]));
	if (o->has_metrics)
		text_format(&line, " metrics=%s", addr_text(text, &o->metrics));
	log_info("ready%s threads=%d registry=%s", text_string(&line), options->server.threads, o->registry);
	text_free(&line);
	ready_notify(o->ready_fd);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)events;
	log_info("ending signal=%s", strsignal(watcher->signum));
	ready_say("STOPPING=1");
	ev_break(loop, EVBREAK_ALL);
}

/* Answers until a signal; the exit code. */
static int run(struct ev_loop *loop, struct pages *pages, const struct options *o)
{
	char *error = NULL;
	ev_signal ends[2];
	if (dnstap_start(o->server.dnstap) < 0) {
		failed("cannot write dnstap to", o->dnstap, strerror(errno));
		return 1;
	}
	moment_tell(pages->moment, server_look(pages->server).now);
	if (server_start(pages->server, &error) < 0) {
		failed("cannot serve", o->daemon.registry, error);
		free(error);
		return 1;
	}
	for (int i = 0; i < 2; i++) {
		ev_signal_init(&ends[i], on_signal, i ? SIGINT : SIGTERM);
		ev_signal_start(loop, &ends[i]);
	}
	succession_ready(pages->succession);
	struct rcu_loop *rcu = rcu_loop_start(loop);
	if (o->server.dot)
		dot_watch(o->server.dot, loop);
	struct reload reload;
	const struct server_look look = server_look(pages->server);
	reload_start(&reload, loop, look.catalog);
	moment_watch(pages->moment, loop, look.catalog);
	announce(o);
	pages->watchdog = watchdog_start(pages->server, ready_watchdog_ms());
	ev_run(loop, 0);
	watchdog_stop(pages->watchdog);
	rcu_loop_stop(rcu);
	return 0;
}

int main(int argc, char **argv)
{
	struct ev_loop *loop = ev_default_loop(0);
	struct options o;
	struct pages pages = {0};
	int code = 1;

	options_read(&o, argc, argv);
	if (o.print)
		return print_view(o.daemon.registry, o.print);
	raise_limit();
	signal(SIGPIPE, SIG_IGN);
	pages.succession = succession_begin(loop, o.daemon.control);
	if (!pages.succession)
		return 1;
	struct heirloom *heirloom = succession_heirloom(pages.succession, &o.server.threads);
	bool has_files = open_dot(&o) == 0 && open_moment(&pages, &o) == 0 && open_dnstap(&o) == 0;
	pages.server = server_new(&o.server);
	/* Privileges go before there is a second thread: capabilities are a thread's own. */
	if (has_files && bind_all(pages.server, heirloom, &o) == 0 && open_pages(&pages, &o, loop) == 0 &&
	    daemon_drop(o.daemon.user, NULL) == 0 && confine(&o) == 0)
		code = run(loop, &pages, &o);

	succession_close(pages.succession);
	metrics_http_stop(pages.tcp);
	server_stop(pages.server);
	dnstap_stop(o.server.dnstap);
	succession_free(pages.succession);
	dot_free(o.server.dot);
	moment_free(pages.moment);
	ev_default_destroy();
	return code;
}
