/* udp.h - one thread that answers on UDP sockets, in batches: read up to 64 questions, answer them, write the answers.
 * Owns its thread and its sockets. Never allocates, locks or logs per packet; an answer the kernel has no room for is
 * dropped and counted, for the client asks again. Offline for RCU while it waits. */
#ifndef DNS_UDP_H
#define DNS_UDP_H

#include "lapse.h"
#include "responder.h"

enum { UDP_SOCKETS_MAX = 16 };

struct udp;

struct udp_counts {
	uint64_t taken;   /* batches that were read; one more than answered: the thread is at work */
	uint64_t batches; /* ... and answered */
	uint64_t unsent;
	uint64_t seq; /* the zone's serial after the last batch */
	struct lapse
	    lapse; /* from the read until the kernel had the answers, of every UDP_TIMED-th batch's questions */
};
enum { UDP_TIMED = 16 };

struct forward_lane;

/* Takes over the bound sockets (sock.h) and starts the thread. lane: what is to be asked elsewhere goes there; NULL: nothing
 * is. NULL with errno: there is none, the sockets are yours. */
struct udp *udp_start(const struct responder_settings *settings, const int *sockets, size_t count,
                      struct forward_lane *lane);
/* Ends the thread after the batch it is at, and closes the sockets; questions that wait in them are for whoever else has
 * them. What was counted stays. */
void udp_rest(struct udp *udp);
void udp_stop(struct udp *udp); /* the same, and frees it; NULL is fine */

/* Any thread reads their counters, with relaxed loads. */
const struct responder *udp_responder(const struct udp *udp);
const struct udp_counts *udp_counts(const struct udp *udp);
bool udp_waiting(const struct udp *udp); /* is there a question in its sockets? */
/* Questions that the kernel dropped because the sockets were full. */
uint64_t udp_overflowed(const struct udp *udp);

#endif
