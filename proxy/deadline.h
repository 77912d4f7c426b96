/* deadline.h - time limits of one thread, as one list per kind: every limit of a kind is equally long, so the list is in
 * order by itself and setting, moving and clearing a limit is a few pointer writes. One timer of the loop is armed for
 * the earliest. Owned by its thread; a struct deadline is embedded in what it limits. */
#ifndef PROXY_DEADLINE_H
#define PROXY_DEADLINE_H

#include <ev.h>
#include <stdbool.h>

enum deadline_kind {
	DEADLINE_FRONT,     /* the PROXY header of a connection from a front */
	DEADLINE_HANDSHAKE, /* from the first byte of a connection to the end of its TLS handshake */
	DEADLINE_HEAD,      /* from the first byte of a request head to its last */
	DEADLINE_IDLE,      /* a client connection between two requests, or before the first */
	DEADLINE_BODY,      /* between two pieces of a request's body */
	DEADLINE_WRITE,     /* until a peer that takes nothing takes something again */
	DEADLINE_QUEUE,     /* waiting for room at the hard limit */
	DEADLINE_WAKE,      /* waiting for a Machine to wake */
	DEADLINE_CONNECT,   /* a connect to a Machine */
	DEADLINE_RESPONSE,  /* from the request to the first byte of the final response */
	DEADLINE_POOL,      /* a connection to a Machine that nobody uses */
	DEADLINE_LINGER,    /* reading what a client still sends after we answered and closed */
	DEADLINE_STREAM,    /* until an HTTP/2 peer takes something of a stream again */
	DEADLINE_REMNANT,   /* reading what an HTTP/2 client still sends of a request that is answered */
	DEADLINE_LOOK,      /* until a side that is not read from is asked whether it is still there */
	DEADLINE_KINDS
};

struct deadline {
	struct deadline *prev; /* NULL: not set */
	struct deadline *next;
	ev_tstamp at;
};

struct deadlines {
	struct ev_loop *loop;
	ev_timer timer;
	struct {
		struct deadline head;
		double seconds; /* 0: no such limit */
		void (*expired)(struct deadline *deadline);
	} kinds[DEADLINE_KINDS];
};

void deadlines_start(struct deadlines *all, struct ev_loop *loop);
void deadlines_stop(struct deadlines *all);
/* expired is called with the limit already cleared; it may free it. */
void deadlines_kind(struct deadlines *all, enum deadline_kind kind, double seconds, void (*expired)(struct deadline *));

/* (Re)starts the limit, of this kind from now on. */
void deadline_set(struct deadlines *all, struct deadline *deadline, enum deadline_kind kind);

/* Those of one kind, the earliest first; NULL at the end. */
static inline struct deadline *deadline_next(struct deadlines *all, enum deadline_kind kind, struct deadline *before)
{
	return before->next == &all->kinds[kind].head ? NULL : before->next;
}

static inline struct deadline *deadline_first(struct deadlines *all, enum deadline_kind kind)
{
	return deadline_next(all, kind, &all->kinds[kind].head);
}

static inline void deadline_clear(struct deadline *deadline)
{
	if (!deadline->prev)
		return;
	deadline->prev->next = deadline->next;
	deadline->next->prev = deadline->prev;
	deadline->prev = deadline->next = NULL;
}

static inline bool deadline_is_set(const struct deadline *deadline)
{
	return deadline->prev;
}

#endif
