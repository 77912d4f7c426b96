/* postgres.h - PostgreSQL's clients on a port with the handler pg_tls: how they ask for TLS before its handshake, and what
 * their first packet wants after it. A session goes to a Machine as any connection does; a CancelRequest, in TLS or before
 * it, to the Machine that has the session (pgsession.h), and above its hard limit if need be: it is there to end work.
 *
 * One whose key nobody knows, because its session began with another proxy, goes to some Machine. */
#ifndef PROXY_POSTGRES_H
#define PROXY_POSTGRES_H

struct conn;

/* All may free the conn. The client's socket may have something to read while conn->greeting.stage is GREET_POSTGRES. */
void postgres_ask(struct conn *conn);
/* TLS is there: waits for the client's first packet, then conn_begin() goes on. */
void postgres_begin(struct conn *conn);
/* Something happened on the client's wire while conn->greeting.stage is GREET_STARTUP. */
void postgres_client(struct conn *conn);

#endif
