/* conn.h - one client's connection, from accept to close: checks, search for a Machine, refusals. The bytes are moved by
 * relay.c (no handler, or after an upgrade) and exchange.c (HTTP).
 *
 * Belongs to one thread for life. Holds buffers only while they hold data.
 *
 * budget: eighteen functions, because clients, those in front of them, Machines, the queue, time and the registry all move it on. */
#ifndef PROXY_CONN_H
#define PROXY_CONN_H

#include <ev.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "account.h"
#include "backend.h"
#include "block.h"
#include "choose.h"
#include "deadline.h"
#include "greet.h"
#include "queue.h"
#include "rotation.h"
#include "wire.h"

struct exchange;
struct http1_hop;
struct patience;
struct http2;

struct conn_way { /* from where, to where */
	struct in6_addr client;
	uint16_t client_port;
	struct in6_addr address;
	uint16_t port;
};

struct conn {
	struct worker *worker;
	struct conn *prev;
	struct conn *next;
	struct wire client;
	struct deadline deadline;
	struct backend *backend;   /* the Machine's connection, or NULL */
	struct exchange *exchange; /* HTTP: a request is being read or answered */
	struct http2 *http2;       /* the client speaks HTTP/2: its requests have conns of their own (http2.h) */
	struct http1_hop *hop;     /* HTTP: prepared with the first request */
	struct patience *patience; /* HTTP: limits of the port's own, or NULL */
	struct block *in;          /* HTTP: read from the client and not used yet */
	struct block *to_client;   /* written on, but the socket did not take it yet */
	struct block *to_machine;
	struct pour *pours[2];     /* the same in a pipe: to the Machine, to the client */
	struct pgsession *session; /* pg_tls: the Machine's server has begun one; or NULL */
	struct waiter *waiter;     /* waiting for a Machine, or for an explanation */
	struct conn_way way;
	struct account account;
	struct tried tried;      /* Machines that failed this request */
	char failed_id[LIVE_ID]; /* the last of them, for the refusal */
	uint16_t failed_port;
	uint32_t network; /* that the client is in, and that it is counted for */
	struct greeting greeting;
	uint8_t failure;       /* enum refusal */
	uint8_t proxy_version; /* of the PROXY header the Machine gets before anything else; 0: none */
	int failed_errno;
	uint32_t tries;        /* connects of the wake that failed */
	uint32_t waited_ms;    /* in the queue, or for the client */
	uint8_t full_reads[2]; /* in a row, from the client and from the Machine */
	bool http;
	bool fronted;       /* a front said who the client is (front.h) */
	bool secure;        /* the client came over TLS that ended here */
	bool http2_machine; /* HTTP: the request goes to its Machine as HTTP/2 */
	bool tunnel;        /* bytes go both ways unread */
	bool for_room;      /* waits in the queue at a hard limit */
	bool probed;        /* waited for this request until a Machine that was just started listens */
	bool client_ends;   /* the client sent its FIN */
	bool machine_ends;
	bool client_shut; /* we sent ours */
	bool machine_shut;
	bool fresh;   /* HTTP: only a new connection to a Machine will do, the last one had gone stale */
	bool stalls;  /* HTTP: to_client waits, and its limit runs since the client last took something */
	bool lingers; /* answered and shut; what still comes in is thrown away */
};

void conn_accept(struct worker *worker, int fd, const struct conn_way *way);
/* Its front has said who the client is: conn->way. The client is let in or refused. */
void conn_introduced(struct conn *conn);
/* A conn for one stream of the client's HTTP/2 connection. */
struct conn *conn_branch(const struct conn *trunk, struct http2_stream *stream);
/* What the client sends from here on is for a Machine. */
void conn_begin(struct conn *conn);
/* The same at this service, which the caller holds and gives away, even above its hard limit. */
void conn_begin_at(struct conn *conn, struct live_service *service);
/* Looks for a Machine: sooner or later the bytes go on with conn->backend set, or the client is refused. */
void conn_seek(struct conn *conn);
/* The Machine's connection could not be made: another Machine, or a refusal. err: errno. */
void conn_machine_failed(struct conn *conn, int err);
/* The service as the registry has it for this client, by the address and port it dialled. NULL: they do not lead there,
 * or not any more. */
const struct site_service *conn_rule(const struct conn *conn, const struct live_service *service);
/* Counts the refusal and logs its sentence, which is in out[CONN_SENTENCE] then. */
enum { CONN_SENTENCE = 2048 };
void conn_report(struct conn *conn, enum refusal refusal, const char *detail, char *out);
void conn_refuse(struct conn *conn, enum refusal refusal, const char *detail);
/* Before there is a connection to speak of: RST, a log line, and nothing learned by the other side. address: the one that
 * was dialled, or NULL. Closes fd. */
void conn_turn_away(struct worker *worker, int fd, const struct conn_way *way, enum refusal refusal,
                    const struct site_address *address);
void conn_free(struct conn *conn, bool reset);

/* The Machine was put to sleep by hand: wakes it when a request of this thread waits for its answer. */
void conns_rouse(struct worker *worker, const struct live_machine *machine);

/* The limit of draining is over: who waits for a Machine or its answer is told, what is in the middle is cut. */
void conns_end(struct worker *worker);

/* Events from elsewhere. */
void conn_answered(struct waiter *waiter);        /* the queue's answer */
void conn_machine(struct conn *conn, int events); /* the Machine's socket */
void conn_deadlines(struct worker *worker);

/* The connect had an outcome: the Machine took it. */
static inline void conn_taken(struct conn *conn)
{
	conn->backend->connected = true;
	deadline_clear(&conn->backend->deadline);
	account_took(conn, &conn->account.connect_us);
	rotation_good(conn->backend, false);
}

/* The Machine's connection that was kept for the client's next request is let go. */
static inline void conn_unkeep(struct conn *conn)
{
	struct backend *backend = conn->backend;
	conn->backend = NULL;
	backend_free(backend, false);
}

#endif
