/* server.c - see server.h. */
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics.h"
#include "catalog.h"
#include "transfers.h"
#include "zone_change.h"

struct worker {
	struct udp *udp;
	struct tcp *tcp;
};

struct server {
	struct server_options options;
	struct zone *zone;
	struct catalog_region here;   /* where this host is; code "": nowhere */
	const struct catalog *places; /* the catalog, from its first call on; the changing thread's */
	struct catalog *catalog;
	struct responder_settings settings;
	struct sources *sources;
	struct transfers *transfers;
	struct sockets *sockets;
	struct forward *forward; /* NULL: nothing is forwarded */
	size_t workers_count;
	struct worker *workers;
};

/* ------------------------------------------------------------------------------------------------ registry to zone */

/* As the proxy of this host measured, else by the map. */
static uint32_t distance(void *owner, const char *region)
{
	const struct server *s = owner;
	if (strcmp(region, s->here.code) == 0)
		return 0;
	uint32_t measured = catalog_round_trip(s->places, region);
	const struct catalog_region *there = s->here.code[0] ? catalog_region(s->places, region) : NULL;
	return measured ? measured : there ? catalog_guess(&s->here, there) : UINT32_MAX;
}

static void on_app(void *owner, const struct catalog_app *old, const struct catalog_app *now)
{
	zone_app(((struct server *)owner)->zone, old, now);
}

static void on_network(void *owner, const struct catalog_network *old, const struct catalog_network *now)
{
	zone_network(((struct server *)owner)->zone, old, now);
}

static void on_places(void *owner, const struct catalog *catalog)
{
	struct server *s = owner;
	const struct catalog_host *host = catalog_host(catalog, s->options.host);
	const struct catalog_region *here = host ? catalog_region(catalog, host->region) : NULL;
	s->places = catalog;
	s->here = here ? *here : (struct catalog_region){.code = ""};
	zone_places(s->zone);
}

static void on_transfers(void *owner, const struct catalog_transfers *rows)
{
	transfers_take(((struct server *)owner)->transfers, rows);
}

static void on_round_trips(void *owner, const struct catalog *catalog)
{
	(void)catalog;
	zone_places(((struct server *)owner)->zone);
}

static void on_settled(void *owner, int64_t seq)
{
	zone_settle(((struct server *)owner)->zone, (uint32_t)seq);
	transfers_settled(((struct server *)owner)->transfers);
}

static void on_idle(void *owner)
{
	zone_reclaim(((struct server *)owner)->zone);
	transfers_reclaim(((struct server *)owner)->transfers);
}

static uint32_t network_of(const void *owner, const struct in6_addr *source)
{
	return catalog_network_of(((const struct server *)owner)->catalog, source);
}

static uint8_t block_of(const void *owner, const struct in6_addr *source)
{
	return catalog_block_of(((const struct server *)owner)->catalog, source);
}

/* ------------------------------------------------------------------------------------------------ life */

struct server *server_new(const struct server_options *options)
{
	struct server *s = mem_new(sizeof *s);
	s->options = *options;
	s->zone = zone_new(distance, s);
	s->sources = sources_new(options->clients_per_source, options->greetings_per_source);
	s->workers_count = (size_t)options->threads;
	s->workers = mem_new_array(s->workers_count, sizeof *s->workers);
	s->settings = (struct responder_settings){.zone = s->zone,
	                                          .taps = dnstap_taps(options->dnstap),
	                                          .network_of = network_of,
	                                          .owner = s,
	                                          .identity = bytes_of(options->identity),
	                                          .version = bytes_of(options->version),
	                                          .udp_size = (uint16_t)options->udp_size,
	                                          .block_of = block_of,
	                                          .resolvers = options->resolvers.count ? &s->options.resolvers : NULL,
	                                          .fronts = options->fronts.count ? &s->options.fronts : NULL,
	                                          .rrl = rrl_new(&options->rrl),
	                                          .forwards = options->forward.count > 0};
	s->transfers = transfers_new(options->registry, &s->settings, s->zone);
	return s;
}

int server_open(struct server *server, struct heirloom *heirloom, const struct sockets_wish *wishes, size_t count,
                size_t *failed)
{
	server->sockets = sockets_new(server->workers_count, heirloom);
	return sockets_open(server->sockets, wishes, count, failed);
}

static unsigned share(unsigned limit, size_t threads)
{
	return (unsigned)((limit + threads - 1) / threads);
}

static int take_address(void *transfers, enum sockets_kind kind, const struct sockaddr_in6 *address, int fd)
{
	(void)kind, (void)fd;
	transfers_tell_from(transfers, address);
	return 0;
}

static int no_threads(char **error)
{
	if (asprintf(error, "threads cannot be started: %s", strerror(errno)) < 0)
		abort();
	return -1;
}

static struct forward_lane *lane(const struct server *server, size_t index)
{
	return server->forward ? forward_lane(server->forward, index) : NULL;
}

int server_start(struct server *server, char **error)
{
	const struct catalog_observer observer = {.owner = server,
	                                          .app = on_app,
	                                          .network = on_network,
	                                          .places = on_places,
	                                          .round_trips = on_round_trips,
	                                          .transfers = on_transfers,
	                                          .host = server->options.host,
	                                          .settled = on_settled,
	                                          .idle = on_idle};
	struct tcp_limits limits = server->options.limits;
	limits.clients = share(limits.clients, server->workers_count);
	limits.sources = server->sources;
	sockets_each(server->sockets, take_address, server->transfers);
	if (transfers_start(server->transfers) < 0) {
		if (asprintf(error, "secondaries cannot be told: %s", strerror(errno)) < 0)
			abort();
		return -1;
	}
	server->catalog = catalog_start(server->options.registry, &observer, error);
	if (!server->catalog)
		return -1;
	if (server->settings.forwards) {
		server->forward = forward_start(&server->options.forward, 2 * server->workers_count);
		if (!server->forward)
			return no_threads(error);
	}
	for (size_t i = 0; i < server->workers_count; i++) {
		struct worker *w = &server->workers[i];
		struct sockets_share mine = sockets_share(server->sockets, i);
		const struct tcp_facts tcp = {&server->settings,       &limits,  server->options.dot,
		                              lane(server, 2 * i + 1), mine.tcp, mine.tcp_count};
		w->udp = udp_start(&server->settings, mine.udp, mine.udp_count, lane(server, 2 * i));
		w->tcp = tcp_start(&tcp);
		if (!w->udp || !w->tcp)
			return no_threads(error);
	}
	return 0;
}

int server_each_socket(const struct server *server, sockets_visit *visit, void *owner)
{
	return sockets_each(server->sockets, visit, owner);
}

void server_drain(struct server *server)
{
	for (size_t i = 0; i < server->workers_count; i++) {
		udp_rest(server->workers[i].udp);
		tcp_drain(server->workers[i].tcp);
	}
}

bool server_drained(const struct server *server)
{
	for (size_t i = 0; i < server->workers_count; i++)
		if (!tcp_drained(server->workers[i].tcp))
			return false;
	return !server->forward || forward_counts(server->forward).in_flight == 0;
}

void server_stop(struct server *server)
{
	if (!server)
		return;
	forward_stop(server->forward); /* it sends through the sockets of the others */
	for (size_t i = 0; i < server->workers_count; i++) {
		udp_stop(server->workers[i].udp);
		tcp_stop(server->workers[i].tcp);
	}
	forward_free(server->forward);
	catalog_stop(server->catalog);
	transfers_free(server->transfers);
	zone_free(server->zone);
	sources_free(server->sources);
	rrl_free(server->settings.rrl);
	sockets_free(server->sockets);
	free(server->workers);
	free(server);
}

struct server_look server_look(struct server *server)
{
	return (struct server_look){&server->settings, server->catalog, &server->settings.now};
}

struct server_threads server_threads(const struct server *server, size_t index)
{
	if (index >= server->workers_count)
		return (struct server_threads){NULL, NULL};
	return (struct server_threads){server->workers[index].udp, server->workers[index].tcp};
}

/* ------------------------------------------------------------------------------------------------ what it counted */

/* "organization/network", or its id when it went away meanwhile. */
static void name_view(const struct server *s, struct metrics_view *view)
{
	const struct catalog_network *network = catalog_network(s->catalog, view->network);
	if (network)
		snprintf(view->name, sizeof view->name, "%s/%s", network->org, network->name);
	else if (view->network)
		snprintf(view->name, sizeof view->name, "%u", view->network);
}

static void count_views(const struct server *s, struct metrics *m)
{
	struct tally_cell *cells;
	size_t count = 2 * s->workers_count;
	const struct tally **tallies = mem_new_array(count, sizeof *tallies);
	for (size_t i = 0; i < s->workers_count; i++) {
		tallies[2 * i] = udp_responder(s->workers[i].udp)->tally;
		tallies[2 * i + 1] = tcp_responder(s->workers[i].tcp)->tally;
	}
	m->view_count = tally_sum(&cells, tallies, count);
	m->views = mem_new_array(m->view_count, sizeof *m->views);
	for (size_t i = 0; i < m->view_count; i++) {
		m->views[i].network = cells[i].network;
		memcpy(m->views[i].counts, cells[i].counts, sizeof m->views[i].counts);
		name_view(s, &m->views[i]);
	}
	free(cells);
	free((void *)tallies);
}

void server_count(const struct server *server, struct metrics *out)
{
	const struct server *s = server;
	*out = (struct metrics){.catalog = catalog_stats(s->catalog), .zone = zone_stats(s->zone)};
	out->threads = mem_new_array(s->workers_count, sizeof *out->threads);
	out->thread_count = s->workers_count;
	for (size_t i = 0; i < s->workers_count; i++) {
		const struct worker *w = &s->workers[i];
		metrics_add_answers(out, &udp_responder(w->udp)->counts);
		metrics_add_answers(out, &tcp_responder(w->tcp)->counts);
		metrics_add_udp(out, udp_counts(w->udp));
		metrics_add_tcp(out, tcp_counts(w->tcp));
		metrics_add_thread(out, i, udp_counts(w->udp));
		out->overflowed += udp_overflowed(w->udp);
	}
	if (s->forward) {
		out->forward = forward_counts(s->forward);
		out->forward_lost = forward_lost(s->forward);
	}
	out->dnstap = dnstap_stats(s->options.dnstap);
	out->notify = transfers_counts(s->transfers);
	count_views(s, out);
}

void server_metrics(void *server, struct text *out)
{
	struct metrics m;
	server_count(server, &m);
	metrics_write(&m, out);
	metrics_free(&m);
}
