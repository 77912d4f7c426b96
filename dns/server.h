/* server.h - the running responder: catalog, zone, sockets and threads, put together and taken apart.
 * Owns all of them. Used by main.c only; one thread. */
#ifndef DNS_SERVER_H
#define DNS_SERVER_H

#include "tcp.h"
#include "udp.h"

struct metrics;
struct server;
struct text;

struct server_options {
	const char *registry;
	const char *host;     /* this machine's row in table host, NULL: see catalog_host() */
	const char *identity; /* "": tell nobody */
	int udp_size;
	struct tcp_limits limits; /* clients: of all threads together; sources: none yet */
	unsigned clients_per_source;
	struct rrl_settings rrl;
	int threads;
};

struct server *server_new(const struct server_options *options); /* never NULL */
/* Is the address free? Ask for all of them before the first is bound. -1 with errno: no. */
int server_probe(const struct sockaddr_in6 *addr);
/* Binds UDP and TCP at `addr`, once per thread; a port of 0 becomes the one both got. -1 with errno. */
int server_bind(struct server *server, struct sockaddr_in6 *addr);
/* Reads the registry and starts to answer. -1: *error (free it) is the sentence. */
int server_start(struct server *server, char **error);
void server_stop(struct server *server); /* ends the threads, frees everything; NULL is fine */

/* Both by a thread that is registered with RCU (rcu.h), while the server runs. */
void server_count(const struct server *server, struct metrics *out); /* metrics_free() it */
void server_metrics(void *server, struct text *out);                 /* Prometheus' text; a metrics_page */

#endif
