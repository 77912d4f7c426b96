/* tcp_inside.h - what tcp.c (listeners, places, time) and tcp_conn.c (one connection's octets) share. For these two only. */
#ifndef DNS_TCP_INSIDE_H
#define DNS_TCP_INSIDE_H

#include <ev.h>
#include <pthread.h>
#include <sys/queue.h>

#include "dot_session.h"
#include "stream.h"
#include "tcp.h"

enum {
	TCP_LISTENERS_MAX = 32,
	TCP_PREFIX = 2, /* the length before a message */
	TCP_READ = 16384,
	TCP_ANSWER = TCP_PREFIX + WIRE_MESSAGE_MAX, /* room for one more */
	TCP_OUT = TCP_ANSWER + TCP_READ,
	/* A question that is not whole yet, what is read, and with TLS what was left of a record. */
	TCP_IN = TCP_PREFIX + RESPONDER_QUERY_MAX + TCP_READ + DOT_RECORD_MAX,
};

enum tcp_state {
	TCP_IDLE,     /* nothing of a question is here */
	TCP_GREETING, /* TLS begins */
	TCP_ASKING,   /* part of a question is here; its time runs from its first octet */
	TCP_TELLING,  /* an answer waits for room; not read meanwhile */
	TCP_LEAVING,  /* said FIN; reads on until the client's, so that the last answer is not torn away by a RST */
};

TAILQ_HEAD(tcp_conns, tcp_conn);

struct tcp_conn {
	struct tcp *tcp;
	struct dot_session *session; /* NULL: no TLS */
	ev_io io;
	struct responder_client client;
	enum tcp_state state;
	bool named;            /* whose it is is known, and counted; else a front's header is to come */
	bool last;             /* no question will be answered any more */
	bool ended;            /* the client said that it asks nothing more; what is here will be answered */
	unsigned asked;        /* questions */
	double since;          /* seconds, monotonic: when its state's time began */
	struct stream *stream; /* what comes next of an answer in pieces, NULL: none */
	bool later; /* ... which is not there yet; then `wake` tells when to look again, and nothing is read */
	ev_io wake;
	uint8_t *kept; /* of the question that is not complete, or not to be answered yet */
	size_t kept_len;
	uint8_t *unsent;
	size_t unsent_len;
	size_t unsent_at;
	size_t moved_at; /* unsent_at when the time began anew */
	struct tcp_conns *among;
	TAILQ_ENTRY(tcp_conn) by_age;
};

struct tcp {
	pthread_t thread;
	struct ev_loop *loop;
	ev_async stop;
	ev_async drain;
	ev_async turn;
	uint64_t turn_asked, turn_taken; /* atomic */
	ev_timer resume;
	bool short_of;   /* descriptors or memory for another connection, which was said */
	double short_at; /* the last time, monotonic */
	ev_timer sweep;  /* when the next one's time is over, or before */
	struct tcp_limits limits;
	struct responder responder;
	struct tcp_counts counts;
	struct dot *dot;
	struct forward_lane *lane; /* NULL: nothing is forwarded */
	bool draining;             /* atomic */
	size_t listener_count;
	struct tcp_door {
		ev_io io;
		bool tls;
	} doors[TCP_LISTENERS_MAX];
	struct tcp_conns idle; /* the one that was quiet longest first */
	struct tcp_conns busy; /* the one whose state lasts longest first */
	uint8_t in[TCP_IN];
	uint8_t out[TCP_OUT];
	uint8_t cipher_in[TCP_READ];
	uint8_t cipher_out[TCP_OUT + TCP_READ + 1024]; /* answers, their records' heads and ends, the handshake's */
};

void tcp_count(uint64_t *counter, int64_t more);
double tcp_patience(const struct tcp *tcp);    /* seconds that a connection may be silent now */
uint16_t tcp_keepalive(const struct tcp *tcp); /* the same as RFC 7828 tells it; 0: leave */
/* Puts it among those of its state, where its time begins anew, and sees to it that its end is noticed. */
void tcp_await(struct tcp_conn *conn);
void tcp_conn_free(struct tcp_conn *conn); /* says close_notify and FIN */

/* Counts one more connection of this client. false: it has its share, which is counted. */
bool tcp_enter(struct tcp *tcp, const struct in6_addr *ip, bool tls);

/* In tcp_conn.c: takes over a socket. named: its client has entered; false: it is a front's, whose header says who it is. */
void tcp_conn_start(struct tcp *tcp, int fd, const struct responder_client *client, bool tls, bool named);

#endif
