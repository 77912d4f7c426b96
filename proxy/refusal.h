/* refusal.h - every way the proxy says no: a code, an HTTP status, a sentence. One place for the texts. Pure.
 *
 * Codes are those Fly's proxy uses where it has one for the case. Ours: PH.. (the client's HTTP), PF.. (a front), PR06, PR07, PQ...
 * A sentence says what, why, and what to do; it goes into the log, into the body and the Flycast-Error field. */
#ifndef PROXY_REFUSAL_H
#define PROXY_REFUSAL_H

#include <stddef.h>
#include <stdint.h>

enum refusal {
	REFUSAL_NO_INSTANCE,   /* PR01 no Machine, or none that runs and none that may be woken */
	REFUSAL_QUEUE_TIMEOUT, /* PR04 all at their hard limit for too long */
	REFUSAL_NO_SERVICE,    /* PR06 no service on that port; detail: the ports there are */
	REFUSAL_OTHER_NETWORK, /* PR07 the client is of another network */
	REFUSAL_QUEUE_FULL,    /* PQ01 */
	REFUSAL_NETWORK_FULL,  /* PL01 the client's network has as many connections as one may; RST */
	REFUSAL_WAKE_REFUSED,  /* PM01 the agent said no; detail: its sentence */
	REFUSAL_NO_AGENT,      /* PM02 the agent is not there */
	REFUSAL_WAKE_TIMEOUT,  /* PM03 not started in time */
	REFUSAL_UNREACHABLE, /* PM05 started, but nobody answers on its port; detail: what it listens on, last log lines */
	REFUSAL_CONNECT_REFUSED,  /* PC01 */
	REFUSAL_CONNECT_RESET,    /* PC03 */
	REFUSAL_CONNECT_TIMEOUT,  /* PC05 */
	REFUSAL_CONNECT_OTHER,    /* PC06 detail: strerror */
	REFUSAL_NOT_HTTP2,        /* PU01 it does not speak HTTP/2; detail: why */
	REFUSAL_NO_RESPONSE,      /* PU02 the connection ended before a response; detail: why */
	REFUSAL_BAD_RESPONSE,     /* PU02 the response is no HTTP; detail: the parser's sentence */
	REFUSAL_RESPONSE_TIMEOUT, /* PU02 no response in time, 504 */
	REFUSAL_BODY_CUT,         /* PU05 the body ended early: only logged, the client's connection is cut */
	REFUSAL_BAD_REQUEST,      /* PH01 detail: the parser's sentence; the parser's status */
	REFUSAL_REQUEST_TIMEOUT,  /* PH02 the head or body came too slowly */
	REFUSAL_SILENCE,          /* PH03 no byte either way for the port's idle_timeout */
	REFUSAL_FLOOD,            /* PH04 HTTP/2 frames that move nothing; only logged, GOAWAY */
	REFUSAL_MISDIRECTED,      /* PH05 over TLS, for a name of another app; detail: the name */
	REFUSAL_REPLAY_BODY,      /* PA01 the body is larger than what is kept for a replay */
	REFUSAL_REPLAY_LOOP,      /* PA02 more than 10 replays */
	REFUSAL_REPLAY_BAD,       /* PA03 detail: what is wrong */
	REFUSAL_REPLAY_UNKNOWN,   /* PA04 detail: the app */
	REFUSAL_REPLAY_DENIED,    /* PA05 detail: the app */
	REFUSAL_REPLAY_TIMEOUT,   /* PA06 no Machine took it within the timeout of the replay */
	REFUSAL_REPLAY_NO_PORT,   /* PA07 detail: the app that has no HTTP service there */
	REFUSAL_FRONT_BAD,        /* PF01 no valid PROXY header from a front; detail: why. The connection is reset */
	REFUSAL_FRONT_TIMEOUT,    /* PF02 */
	/* In a handshake: the client hears an alert at most, these are for the log. */
	REFUSAL_TLS_RATE,           /* PT01 too many handshakes from one source */
	REFUSAL_TLS_NAME_RATE,      /* PT02 too many handshakes for one name; detail: the name */
	REFUSAL_TLS_CANCELED,       /* PT03 the client went; detail: why */
	REFUSAL_TLS_FAILED,         /* PT04 detail: the library's reason, or what the client did wrong */
	REFUSAL_TLS_UNKNOWN_NAME,   /* PT05 no certificate for the name; detail: the name */
	REFUSAL_TLS_NO_CERTIFICATE, /* PT06 none at all, and the client said no name */
	REFUSAL_TLS_IO,             /* PT07 detail: strerror */
	REFUSAL_TLS_TIMEOUT,        /* PT08 */
	REFUSAL_TLS_INTERNAL,       /* PT09 detail: a certificate that cannot be used, and why */
	REFUSAL_SHUTDOWN,           /* PP02 the proxy is going down */
	REFUSAL_KINDS
};

struct refusal_facts { /* what a sentence may mention; a NULL or 0 is written as "?" */
	const char *app;
	const char *machine;
	const char *client; /* address */
	const char *detail;
	uint32_t port; /* that the client dialled */
	uint32_t internal_port;
	uint32_t tries;
	uint64_t waited_ms;
};

/* What a connection to a Machine failed with. */
enum refusal refusal_of_errno(int err);
const char *refusal_code(enum refusal refusal);
const char *refusal_name(enum refusal refusal);       /* "response_timeout": one word for each, for metrics */
uint16_t refusal_status(enum refusal refusal);        /* for a client that speaks HTTP */
uint32_t refusal_retry_seconds(enum refusal refusal); /* for Retry-After; 0: none */
/* Into out[size], NUL-terminated, cut when it does not fit; returns out. */
const char *refusal_sentence(char *out, size_t size, enum refusal refusal, const struct refusal_facts *facts);

#endif
