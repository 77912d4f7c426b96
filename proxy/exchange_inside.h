/* exchange_inside.h - what request.c, response.c, exchange.c and detour.c share.
 *
 * budget: ten functions, because one exchange is moved on from four files. */
#ifndef PROXY_EXCHANGE_INSIDE_H
#define PROXY_EXCHANGE_INSIDE_H

#include "conn.h"
#include "exchange.h"
#include "flow.h"
#include "http1.h"
#include "request_id.h"
#include "worker.h"

enum { ONWARD_SMALL = 1536, EXCHANGE_SPARE = 64, DISPLACED_MAX = 8, REFUSED_MAX = 3 };

enum exchange_phase {
	EXCHANGE_HEAD,     /* the request's head is being read */
	EXCHANGE_SEEK,     /* it is complete; a Machine is looked for */
	EXCHANGE_RESPONSE, /* it is being sent; the head of the final response has not come yet */
	EXCHANGE_REPLAY,   /* it came, and says with its body where the request is to go (detour.h) */
	EXCHANGE_BODY,     /* the response is passed on */
	EXCHANGE_DONE      /* the client takes the last bytes */
};

struct exchange {
	struct exchange *next; /* spare */
	enum exchange_phase phase;
	struct http1_head head; /* of the request, then of the responses */
	struct http1_asked asked;
	struct flow request;
	struct flow response;
	struct block *from_machine;  /* read from the Machine and not used yet */
	struct block *big;           /* the request's head as it is sent, when it does not fit below */
	struct steer *steer;         /* where the request wants to go; NULL: anywhere */
	struct detour *detour;       /* a Machine sent it elsewhere; NULL: none did */
	struct text kept;            /* the body as it was sent, for a detour */
	size_t kept_sent;            /* ... how much of it on the present connection */
	struct live_machine *former; /* held: where it was when `retried` became true; or NULL */
	uint32_t former_epoch;
	size_t onward_len;
	size_t id_len;
	uint16_t fault_status;
	uint8_t interim;    /* 1xx responses so far */
	uint8_t displaced;  /* times it was sent again because of an order to its Machine */
	uint8_t refused;    /* ... because the Machine did nothing with it (wire_refused) */
	bool head_sent;     /* on the present connection */
	bool request_done;  /* its body is read completely */
	bool retried;       /* sent again for another reason than an order */
	bool deaf;          /* the Machine takes no more of the request, but may have answered it */
	bool tainted;       /* the Machine's connection is not used again: its end of the messages may be elsewhere */
	bool lost;          /* the body is not kept any more: it is too large */
	bool trailed;       /* trailers were sent behind the body; they are not kept */
	bool edited;        /* the port's options change the response */
	bool client_keeps;  /* the client's connection goes on after this response */
	bool machine_keeps; /* the Machine's too */
	char request_id[REQUEST_ID_SIZE];
	char onward[ONWARD_SMALL];
};

/* To the client, counted. As wire_write(). */
static inline enum io_result exchange_write(struct conn *conn, struct iovec *parts, int count)
{
	for (int i = 0; i < count; i++)
		conn->account.out += parts[i].iov_len;
	return wire_write(&conn->client, parts, count, &conn->worker->blocks, &conn->to_client);
}

/* All of the request that is there was written on the present connection. */
static inline bool exchange_sent(const struct exchange *x)
{
	return x->request_done && x->kept_sent == x->kept.len;
}

/* The one time is used up; given back when an order turns out to have ended the connection. */
static inline void exchange_retried(struct exchange *x, const struct backend *b)
{
	x->retried = true;
	live_machine_drop(x->former);
	x->former = live_machine_hold(b->service->machine);
	x->former_epoch = b->epoch;
}

struct exchange *exchange_new(struct conn *conn);
/* The request's head as Machines get it. */
struct bytes exchange_onward(const struct exchange *exchange);
/* The Machine's connection is let go: kept for another request if it is clean. */
void exchange_release(struct conn *conn);
/* The response is complete: the Machine's connection is let go, the client's goes on or ends. May free the conn. */
void exchange_finish(struct conn *conn);
/* Sends what stands in the worker's scratch, a whole response of ours, and finishes. May free the conn. */
void exchange_answer(struct conn *conn, size_t len, uint16_t status);
/* Chooses what to wait for on both sockets, and until when. */
void exchange_arm(struct conn *conn);
/* A write to the Machine failed. What it answered before it closed (a 413, say) is still passed on. May free the conn. */
void exchange_deafened(struct conn *conn);

/* Goes on with what conn->in holds: reads a head, looks for a Machine, sends a body. May free the conn. */
void request_step(struct conn *conn);
/* Sends what there is of the request. False: the conn went another way and may be gone. */
bool request_send(struct conn *conn);
/* Goes on with what exchange->from_machine holds. May free the conn. */
void response_step(struct conn *conn);
/* The Machine's side ended or broke (errno). May free the conn. */
void response_ended(struct conn *conn, bool broke);

#endif
