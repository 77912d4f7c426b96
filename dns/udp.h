/* udp.h - one thread that answers on UDP sockets, in batches: read up to 64 questions, answer them, write the answers.
 * Owns its thread and its sockets. Never allocates, locks or logs per packet; an answer the kernel has no room for is
 * dropped and counted, for the client asks again. Offline for RCU while it waits. */
#ifndef DNS_UDP_H
#define DNS_UDP_H

#include "responder.h"

enum { UDP_SOCKETS_MAX = 16 };

struct udp;

struct udp_counts {
	uint64_t batches;
	uint64_t unsent;
};

/* Takes over the bound sockets (sock.h) and starts the thread. NULL with errno: there is none, the sockets are yours. */
struct udp *udp_start(const struct responder_settings *settings, const int *sockets, size_t count);
void udp_stop(struct udp *udp); /* joins the thread, closes the sockets; NULL is fine */

const struct responder_counts *udp_answers(const struct udp *udp); /* any thread reads these, with relaxed loads */
const struct udp_counts *udp_counts(const struct udp *udp);

#endif
