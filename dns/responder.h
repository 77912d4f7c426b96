/* responder.h - the one door: a question's octets in, an answer's octets out. UDP, TCP, tests and the fuzzer come here.
 * Pure: no socket, no allocation, no lock, no system call. One struct per thread; the thread is registered (rcu.h) and
 * quiescent only outside of responder_respond(). */
#ifndef DNS_RESPONDER_H
#define DNS_RESPONDER_H

#include <netinet/in.h>

#include "cookie.h"
#include "reply.h"
#include "grants.h"
#include "rrl.h"
#include "stream.h"
#include "tally.h"

enum responder_transport { RESPONDER_UDP, RESPONDER_TCP, RESPONDER_TLS, RESPONDER_TRANSPORTS };

struct responder_client {
	struct in6_addr source;
	struct in6_addr destination; /* that was asked; :: when it is not known */
	uint16_t port;               /* the source's, host order */
	enum responder_transport transport;
	uint16_t keepalive; /* TCP, TLS: how long the connection may be silent, in tenths of a second */
};

/* What changes while questions are answered: one thread tells it, every thread reads it with atomic loads. */
struct responder_now {
	uint32_t seconds;                     /* since 1970, about */
	bool stale;                           /* the registry cannot be read for so long now that answers say so */
	const struct cookie_secrets *secrets; /* RCU; NULL: no cookies */
};

struct responder_settings {
	const struct zone *zone;
	struct taps *taps; /* dnstap's, one for each thread; NULL: it is not told anything */
	/* The network of a source outside fdaa::/16, 0: none. */
	uint32_t (*network_of)(const void *owner, const struct in6_addr *source);
	/* How long a prefix around a source may be so that all of it is in the same network. */
	uint8_t (*block_of)(const void *owner, const struct in6_addr *source);
	const void *owner;
	struct bytes version;                /* version.bind, at most REPLY_OPTION_MAX octets; len 0: not told */
	struct bytes identity;               /* id.server and NSID, at most REPLY_OPTION_MAX octets; len 0: not told */
	uint16_t udp_size;                   /* the largest answer over UDP, 512 at least */
	const struct grants *grants;         /* keys that questions are signed with; rcu_get, NULL: there are none */
	const struct prefix_list *fronts;    /* whose PROXY headers are believed; NULL: nobody's */
	const struct prefix_list *resolvers; /* whose client subnets are believed; NULL: nobody's */
	struct rrl *rrl;                     /* how many answers a client gets over UDP; NULL: as many as it asks for */
	bool forwards;                       /* what is in no zone of ours is asked elsewhere, for networks that may */
	struct responder_now now;
};

enum { RESPONDER_TYPES = 256 };

/* Counters of one thread; it alone writes, any thread reads. */
struct responder_counts {
	uint64_t answered[RESPONDER_TRANSPORTS][RCODE_COUNT];
	uint64_t types[RESPONDER_TYPES]; /* of questions that could be read; [0]: those with a larger number */
	uint64_t truncated;
	uint64_t silent;         /* no answer was due */
	uint64_t transfers;      /* that began */
	uint64_t transfers_busy; /* that were too many at a time */
	uint64_t rate_slipped;
	uint64_t rate_dropped;
	uint64_t proxied_stray; /* questions that begin as a PROXY header does, of somebody who is no front */
	uint64_t proxied_bad;   /* of a front, without a good one */
	uint64_t subnet_stray;  /* client subnets of somebody who is not believed */
	uint64_t cookies[COOKIE_VALID + 1];
};

/* A question that somebody else has the answer to (forward.h), and that its client may ask us. */
struct responder_outside {
	uint32_t network;      /* on whose behalf; 0: there is none */
	uint16_t question_len; /* octets behind the header */
	uint16_t room;         /* what the client takes */
	bool has_edns;
	bool dnssec_ok;
};

struct responder {
	const struct responder_settings *settings;
	uint32_t turn;       /* rotates answers */
	struct tally *tally; /* by network, too; NULL: not counted. Not owned */
	struct tap *tap;     /* what is told dnstap by who calls; NULL: nothing. Not owned */
	/* What follows the message that responder_respond() returned last, over TCP and TLS only; NULL: nothing. Who called takes
	 * it and clears this. */
	struct stream *stream;
	struct responder_outside
	    outside; /* the last question, when responder_respond() returned 0; settings->forwards */
	struct responder_counts counts;
};

enum {
	RESPONDER_QUERY_MAX = 4096, /* no question needs more; longer ones are malformed */
	/* out must have this much at least: any query's header and question, and OPT */
	RESPONDER_ROOM_MIN = 1232,
};

void responder_init(struct responder *responder, const struct responder_settings *settings);
/* Returns the answer's length; 0: stay silent, or ask elsewhere (responder->outside). */
size_t responder_respond(struct responder *responder, const struct responder_client *client, struct bytes in,
                         uint8_t *out, size_t room);
/* The network whose names a client sees; 0: none. */
uint32_t responder_view(const struct responder_settings *settings, const struct responder_client *client);

#endif
