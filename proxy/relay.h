/* relay.h - bytes both ways between a client and a Machine, unread.
 *
 * An end is passed on as an end (the other direction goes on), a reset as a reset. A side that does not take its bytes
 * stops the other from sending: one block is held, nothing more. There is no limit on silence. */
#ifndef PROXY_RELAY_H
#define PROXY_RELAY_H

struct conn;

/* The Machine's connection is there (conn->backend); what conn->to_machine and to_client hold is sent first. */
void relay_begin(struct conn *conn);
/* Something happened on the client's socket; also before there is a Machine. */
void relay_client(struct conn *conn, int events);
void relay_machine(struct conn *conn, int events);

#endif
