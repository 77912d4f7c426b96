/* wake_inside.h - what wake.c, probe.c and explain.c share. */
#ifndef PROXY_WAKE_INSIDE_H
#define PROXY_WAKE_INSIDE_H

#include <ev.h>

#include "link.h"
#include "proxy.h"
#include "queue.h"
#include "wake.h"

enum asked_kind { ASKED_WAKE, ASKED_REST, ASKED_EXPLAIN };

/* Something the agent was asked, or will be as soon as it is there. Embedded first in what it is about. */
struct asked {
	struct asked *prev;
	struct asked *next;
	enum asked_kind kind;
	struct ask ask;
	bool sent;
	bool answered; /* nothing to send any more */
};

struct wakes {
	struct proxy *proxy;
	struct ev_loop *loop;
	struct chooser chooser;
	struct link link;
	struct asked *first; /* in the order of asking, which is mostly that of the answers */
	struct asked *last;
	uint32_t serial;
	unsigned ups;
};

void asked_add(struct wakes *wakes, struct asked *asked, enum ask_verb verb, const char *machine);
void asked_remove(struct wakes *wakes, struct asked *asked);

/* The agent's text about a Machine, NULL when it has none or is not there. */
typedef void explain_told(void *owner, const char *text);
void explain_start(struct wakes *wakes, const char *machine, explain_told *told, void *owner);
void explain_answer(struct wakes *wakes, struct asked *asked, const struct ask *answer); /* NULL: the agent is gone */

/* Connects 0, 1, 2, 4 ... 50 ms after the last attempt failed, until somebody listens. */
struct probe {
	struct ev_loop *loop;
	const struct live_service *service; /* the owner's */
	ev_io io;
	ev_timer pause; /* until the next attempt, or the end of one without an answer */
	unsigned attempts;
	void *owner;
	void (*reached)(void *owner, int fd); /* fd is the receiver's */
};
void probe_start(struct probe *probe); /* loop, service, owner and reached are set */
void probe_stop(struct probe *probe);

#endif
