/* greet.h - what comes before a client's own bytes on a port that ends TLS: PostgreSQL's request for it (pg_tls), the
 * handshake, and every way it can fail (PT.. codes). Afterwards conn->client is a wire with TLS, and conn_begin() goes on.
 *
 * The client is not counted at a Machine and wakes none until its handshake is done. */
#ifndef PROXY_GREET_H
#define PROXY_GREET_H

#include <stdbool.h>
#include <stdint.h>

#include "refusal.h"

struct conn;
struct ssl_ctx_st;

enum greet_stage {
	GREET_OVER,     /* or never needed */
	GREET_FRONT,    /* a front says who the client is (front.h) */
	GREET_POSTGRES, /* a PostgreSQL client asks for TLS, or begins it (postgres.h) */
	GREET_HANDSHAKE,
	GREET_STARTUP /* its first packet says what it wants (postgres.h) */
};

enum { GREET_BYTES = 8 };

struct greeting {       /* part of a connection */
	uint8_t stage;  /* enum greet_stage */
	uint8_t taken;  /* of bytes */
	bool postgres;  /* the port's handler is pg_tls */
	bool asked_gss; /* and was told no */
	bool named;     /* the name it asks for was counted */
	bool direct;    /* TLS without SSLRequest: the protocol must be named in it */
	unsigned char bytes[GREET_BYTES];
};

/* What handshakes share; for proxy->tls. NULL: one log line said why. */
struct ssl_ctx_st *greet_context_new(void);

/* conn is new and its port ends TLS. May free the conn. */
void greet_begin(struct conn *conn);
/* Something happened on the client's socket while conn->greeting.stage is not GREET_OVER. May free the conn. */
void greet_client(struct conn *conn);
void greet_late(struct conn *conn); /* the handshake takes too long; frees the conn */
/* Begins the handshake, or goes on with it. May free the conn. */
void greet_handshake(struct conn *conn);
/* Nothing comes of it: a line in the log; frees the conn. */
void greet_fail(struct conn *conn, enum refusal refusal, const char *why);

#endif
