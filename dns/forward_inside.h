/* forward_inside.h - what forward.c (lanes, clients, the thread) and forward_try.c (asking servers) share. For these two
 * only; everything here is the forwarding thread's, but the lanes. */
#ifndef DNS_FORWARD_INSIDE_H
#define DNS_FORWARD_INSIDE_H

#include <ev.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/queue.h>

#include "forward.h"
#include "outward.h"

struct parcel; /* an answer for a stream */

/* One client's question. */
struct forward_task {
	struct outward outward;
	uint32_t network;
	struct in6_addr source;
	struct parcel *parcel; /* NULL: over UDP, and the rest says where to */
	int fd;
	socklen_t to_len;
	socklen_t control_len;
	struct sockaddr_in6 to;
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct waiter {
	SLIST_ENTRY(waiter) link;
	struct forward_task task;
};

/* A question on its way to a server, with everybody who waits for its answer. */
struct pending {
	LIST_ENTRY(pending) link;
	SLIST_HEAD(waiters, waiter) waiters;
	struct forward *forward;
	struct outward outward;
	uint32_t network;
	bool stream;     /* over TCP */
	bool broken;     /* the last server could not be reached, or hung up; else it was silent */
	uint16_t id;     /* of this try */
	unsigned tries;  /* with this one */
	unsigned server; /* of this one; the next try is the next one's */
	unsigned foreign;
	ev_io io;
	ev_timer timer;
	size_t sent; /* over TCP: octets of the question, with its length */
	size_t got;  /* ... of the answer, in `in` */
	uint8_t *in;
};

enum { FORWARD_BUCKETS = 1024, FORWARD_SHARES = 1024 };

struct forward_server {
	struct sockaddr_in6 address;
	unsigned timeouts; /* since it answered */
	bool silent;       /* which was said */
	int64_t said_ms;   /* when; 0: never */
};

struct forward {
	pthread_t thread;
	struct ev_loop *loop;
	ev_async news; /* in a lane */
	ev_async stop;
	struct forward_server servers[FORWARD_SERVERS];
	size_t server_count;
	unsigned best; /* the server that is asked first */
	unsigned most;
	unsigned waiting;                /* clients */
	uint16_t shares[FORWARD_SHARES]; /* ... by a hash of their network: two may share one share */
	int64_t loop_logged;             /* when, by clock_mono_ms() */
	struct forward_counts counts;
	struct forward_lane *lanes;
	size_t lane_count;
	LIST_HEAD(pendings, pending) buckets[FORWARD_BUCKETS];
	uint8_t packet[WIRE_MESSAGE_MAX];
	uint8_t reply[WIRE_MESSAGE_MAX];
};

void forward_count(uint64_t *counter, int64_t more);

/* In forward_try.c: asks the next server, or ends it. */
void forward_try(struct pending *pending);
void forward_try_end(struct pending *pending); /* closes what is open */
/* In forward.c: the answer to all who wait, len 0: there is none. Frees it. */
void forward_done(struct pending *pending, const uint8_t *packet, size_t len);

#endif
