/* account.h - what one request, raw connection or tunnel took: kept while it goes on, then a line of the access log and
 * one in each histogram that it is for. Embedded in its conn, which has one at a time. */
#ifndef PROXY_ACCOUNT_H
#define PROXY_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "live.h"

struct conn;

enum account_end { ACCOUNT_DONE, ACCOUNT_REFUSED, ACCOUNT_CUT };
enum { ACCOUNT_FIELDS = 256 }; /* bytes for account_fields() */

struct account {
	int64_t began_ns; /* the head's first byte was read, or the connection accepted */
	int64_t step_ns;  /* a wait or a connect began */
	uint64_t queue_us;
	uint64_t wake_us;
	uint64_t connect_us;
	uint64_t first_us; /* 0: the Machine has not said anything */
	uint64_t in;       /* octets from the client, to the client */
	uint64_t out;
	uint16_t status;
	uint8_t refusal; /* enum refusal, + 1; 0: none */
	bool open;
	bool cold; /* waited until a Machine was awake */
	char machine[LIVE_ID];
};

/* Another request: everything from nought. */
void account_begin(struct conn *conn);
/* A wait or a connect begins; it ended, and this is what it was for. */
void account_step(struct conn *conn);
void account_took(struct conn *conn, uint64_t *what);
/* The Machine's first byte is here; its later ones cost nothing. */
void account_first(struct conn *conn);
/* It is over: counted and written down, once. */
void account_end(struct conn *conn, enum account_end end);

/* Fields of ours for the head of a response, complete lines, into out[ACCOUNT_FIELDS]: Flycast-Cold-Start when a Machine
 * was woken for it; Server-Timing when the proxy was told to (--server-timing). */
size_t account_fields(char *out, const struct conn *conn);

#endif
