/* inbox.h - jobs that other threads leave for a loop's thread. Any thread may post; they run in the order of posting. */
#ifndef PROXY_INBOX_H
#define PROXY_INBOX_H

#include <ev.h>

struct job { /* embedded in what it is about; the one who runs it owns it */
	struct job *next;
	void (*run)(struct job *job, void *owner);
};

struct inbox {
	struct job *_Atomic newest;
	ev_async wake;
	struct ev_loop *loop;
	void *owner;
};

void inbox_start(struct inbox *inbox, struct ev_loop *loop, void *owner);
void inbox_stop(struct inbox *inbox); /* in the loop's thread; runs what is left */
void inbox_post(struct inbox *inbox, struct job *job);

#endif
