/* server.h - the running responder: catalog, zone, sockets and threads, put together and taken apart.
 * Owns all of them; one thread, except where it says so.
 *
 * budget: eleven functions: the six of a life, and what the control socket, the watchdog and a successor ask for. */
#ifndef DNS_SERVER_H
#define DNS_SERVER_H

#include "sockets.h"

struct metrics;
struct server;
struct text;

struct server_options {
	const char *registry;
	const char *host;     /* this machine's row in table host, NULL: see catalog_host() */
	const char *identity; /* "": tell nobody */
	const char *version;  /* the same */
	int udp_size;
	struct tcp_limits limits; /* clients: of all threads together; sources: none yet */
	unsigned clients_per_source;
	struct rrl_settings rrl;
	struct forward_options forward; /* count 0: nothing is forwarded */
	unsigned greetings_per_source;  /* TLS handshakes in a second; 0: any number */
	struct prefix_list fronts;
	struct prefix_list resolvers;
	int threads;
	struct dot *dot;       /* NULL: no TLS; outlives the server */
	struct dnstap *dnstap; /* NULL: nobody is told; outlives the server, has two rings for each thread */
};

struct server *server_new(const struct server_options *options); /* never NULL */
/* Binds what is wished for, or takes it over; as sockets_open(). */
int server_open(struct server *server, struct heirloom *heirloom, const struct sockets_wish *wishes, size_t count,
                size_t *failed);
/* Reads the registry and starts to answer. -1: *error (free it) is the sentence. */
int server_start(struct server *server, char **error);
/* What it answers from; while it runs. */
struct server_look {
	const struct responder_settings *settings;
	struct catalog *catalog;
	struct responder_now *now;
};
struct server_look server_look(struct server *server);
int server_each_socket(const struct server *server, sockets_visit *visit, void *owner); /* while it takes questions */
/* No new questions: another one has the sockets. Those that came are answered, and so are connections until they end. */
void server_drain(struct server *server);
bool server_drained(const struct server *server);
/* Of each kind the index-th, while it runs; NULL after the last. */
struct server_threads {
	struct udp *udp;
	struct tcp *tcp;
};
struct server_threads server_threads(const struct server *server, size_t index);
void server_stop(struct server *server); /* ends the threads, frees everything; NULL is fine */

/* Both by a thread that is registered with RCU (rcu.h), while the server runs. */
void server_count(const struct server *server, struct metrics *out); /* metrics_free() it */
void server_metrics(void *server, struct text *out);                 /* Prometheus' text; a metrics_page */

#endif
