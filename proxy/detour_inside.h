/* detour_inside.h - what detour.c and detour_recall.c share. */
#ifndef PROXY_DETOUR_INSIDE_H
#define PROXY_DETOUR_INSIDE_H

#include "detour.h"
#include "exchange_inside.h"
#include "replay.h"
#include "shortcut.h"

struct detour {
	ev_timer timer; /* until a Machine has taken the request */
	struct conn *conn;
	struct replay replay; /* the last one */
	struct steer steer;   /* what it comes to */
	unsigned hops;
	bool http2_from;         /* the Machine that sent it on speaks HTTP/2 */
	bool back;               /* the request fell back: no further replay */
	bool ahead;              /* it goes where a remembered replay leads, ... */
	bool bypassed;           /* the client did not want that */
	struct shortcut_key key; /* ... remembered under this */
	int64_t since_ms;        /* of the last replay */
	struct block *head;      /* transformed; NULL: the exchange's own */
	struct block *head_from; /* as the Machine had it that sent the request on */
	struct text json;        /* of an answer that is being read */
	char app[STEER_APP];     /* of the Machine that sent it on */
	char machine[LIVE_ID];
	char region[SITE_REGION];
	char told[REPLAY_STATE + 256]; /* complete lines for the next Machine */
};

/* The exchange's; made if there is none. */
struct detour *detour_of(struct conn *conn);
/* REFUSAL_KINDS: what came to `from` may go on to `to`. An app of another organization is not said to exist. */
enum refusal detour_judge(const struct conn *conn, const struct site *from, const struct site *to);
/* Looks for a Machine as if the request had just come. */
void detour_set_out(struct conn *conn, struct detour *detour);

/* The request's head as the first Machine got it, whatever was transformed since. */
static inline struct bytes detour_original(const struct exchange *x)
{
	return (struct bytes){x->big ? x->big->bytes : x->onward, x->onward_len};
}

/* The body is the same octets whichever HTTP a Machine speaks. Others stand in chunks in HTTP/1.1, and without in HTTP/2. */
static inline bool detour_body_is_plain(const struct exchange *x)
{
	return x->request.body.framing == HTTP1_LENGTH || x->request.body.framing == HTTP1_EMPTY;
}

/* Does with detour->replay what it says about requests to come; it was judged, and detour->steer says where it leads. */
void detour_remember(struct conn *conn, struct detour *detour);
/* Forgets what is remembered for requests like this one. */
void detour_invalidate(struct conn *conn);
/* The short way led nowhere: forgets it, and the request goes to the app itself. False: it cannot, because what was sent of
 * its body to a Machine that refused it (wire_refused) is not as the app's Machines would have it. */
bool detour_ask_again(struct conn *conn, struct detour *detour);

#endif
