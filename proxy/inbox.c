/* inbox.c - see inbox.h. */
#include "inbox.h"

#include <stdatomic.h>
#include <stddef.h>

static void run_all(struct inbox *inbox)
{
	struct job *newest = atomic_exchange(&inbox->newest, NULL);
	struct job *oldest = NULL;
	while (newest) { /* turn the list round */
		struct job *next = newest->next;
		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	while (oldest) {
		struct job *next = oldest->next;
		oldest->run(oldest, inbox->owner);
		oldest = next;
	}
}

static void on_wake(struct ev_loop *loop, ev_async *wake, int events)
{
	(void)loop, (void)events;
	run_all(wake->data);
}

void inbox_start(struct inbox *inbox, struct ev_loop *loop, void *owner)
{
	atomic_init(&inbox->newest, NULL);
	inbox->loop = loop;
	inbox->owner = owner;
	ev_async_init(&inbox->wake, on_wake);
	inbox->wake.data = inbox;
	ev_async_start(loop, &inbox->wake);
}

void inbox_stop(struct inbox *inbox)
{
	ev_async_stop(inbox->loop, &inbox->wake);
	run_all(inbox);
}

void inbox_post(struct inbox *inbox, struct job *job)
{
	struct job *newest = atomic_load_explicit(&inbox->newest, memory_order_relaxed);
	do
		job->next = newest;
	while (!atomic_compare_exchange_weak(&inbox->newest, &newest, job));
	if (!newest) /* else whoever posted first has rung already */
		ev_async_send(inbox->loop, &inbox->wake);
}
