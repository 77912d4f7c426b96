/* resolver_judge.h - what is wrong with a resolver in front of the responder, judged from what the two say to the same
 * question; and the lines that mend it. Pure: asks nobody, owns nothing. */
#ifndef COMMAND_RESOLVER_JUDGE_H
#define COMMAND_RESOLVER_JUDGE_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/text.h"

/* One answer, as far as it matters. */
struct resolver_look {
	bool answered; /* false: nobody spoke */
	unsigned rcode;
	bool data;     /* records of the type that was asked for */
	bool same;     /* those that the responder has */
	char soa[256]; /* owner of the SOA among the authorities, as text with its last dot; "": there is none */
};

struct resolver_case {
	bool address; /* AAAA was asked for, which filters against rebinding look at */
	bool reverse; /* a name below ip6.arpa */
	struct resolver_look plain;
	struct resolver_look unchecked; /* with CD (RFC 4035 3.2.2); asked only where plain is SERVFAIL */
	bool alive;                     /* it answers at all, if only about itself */
	bool zone_answers;              /* the zone's SOA comes through */
	/* How many questions reached the responder meanwhile and how many it refused; -1: not known. */
	int64_t arrived, refused;
};

enum resolver_culprit {
	RESOLVER_FINE,
	RESOLVER_SILENT,        /* nobody at that address and port */
	RESOLVER_CLOSED,        /* it refuses us */
	RESOLVER_VALIDATES,     /* without an exception for the zone: the signed root denies it */
	RESOLVER_FILTERS,       /* private addresses, against rebinding */
	RESOLVER_OWN_ZONE,      /* it has a zone of its own for private addresses' names (RFC 6303) */
	RESOLVER_NO_FORWARD,    /* it asks the public root */
	RESOLVER_WRONG_PORT,    /* or address: its questions do not reach the responder */
	RESOLVER_WRONG_SOURCE,  /* its questions come from no network */
	RESOLVER_UNREACHED,     /* one of those two */
	RESOLVER_WRONG_NETWORK, /* its questions come from another network than ours */
	RESOLVER_DIFFERS,       /* other records, for no reason that can be seen */
	RESOLVER_CULPRITS
};

enum resolver_culprit resolver_judge(const struct resolver_case *c);
/* A sentence that says what, why and what to do. */
const char *resolver_sentence(enum resolver_culprit culprit);

enum resolver_software {
	RESOLVER_UNKNOWN,
	RESOLVER_UNBOUND,
	RESOLVER_BIND,
	RESOLVER_DNSMASQ,
	RESOLVER_SYSTEMD,
	RESOLVER_KNOT,
	RESOLVER_SOFTWARES
};

/* By its answer to version.bind ("": none) and its address. */
enum resolver_software resolver_software(const char *version, const struct sockaddr_in6 *address);
const char *resolver_name(enum resolver_software software); /* "unbound.conf" and the like: where the lines go */
/* Appends the lines that mend it, each ended by a newline. false: there are none for it. */
bool resolver_lines(struct text *out, enum resolver_software software, enum resolver_culprit culprit,
                    const struct sockaddr_in6 *responder);

#endif
