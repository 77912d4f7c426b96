/* dns_ask.h - one question to one name server, asked by ldns. Owns nothing between calls; waits at most for DNS_ASK_TRIES
 * answers of DNS_ASK_SECONDS. */
#ifndef COMMAND_DNS_ASK_H
#define COMMAND_DNS_ASK_H

#include <stdbool.h> /* before ldns, which would make a bool of its own */

#include <ldns/ldns.h>
#include <netinet/in.h>

struct call;

enum { DNS_ASK_SECONDS = 5, DNS_ASK_TRIES = 2, DNS_ASK_PORT = 53 };

enum dns_ask_how {
	DNS_ASK_UDP = 1,       /* TCP follows when the answer is truncated; otherwise TCP from the start */
	DNS_ASK_UNCHECKED = 2, /* CD and DO: a resolver shall not judge what it found (RFC 4035 3.2.2) */
	DNS_ASK_BRIEF = 4,     /* tries of two seconds: silence is an answer as well */
};

struct dns_question {
	const char *name; /* as people write it */
	ldns_rr_type type;
	ldns_rr_class class;
};

/* Where a word of the command line says the name server is: ADDRESS or [ADDRESS]:PORT; NULL: fdaa::3, or
 * fdaa:<network>::3 of the network that --app, --org or --network name. 0, or the exit code after a sentence. */
int dns_ask_server(struct call *call, const char *word, struct sockaddr_in6 *out);

/* The answer (ldns_pkt_free() it), or NULL with *status: there was none, or the name is none. */
ldns_pkt *dns_ask(const struct sockaddr_in6 *server, const struct dns_question *question, unsigned how,
                  ldns_status *status);

#endif
