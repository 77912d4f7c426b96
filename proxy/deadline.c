/* deadline.c - see deadline.h. */
#include "deadline.h"

static void arm(struct deadlines *all, ev_tstamp at)
{
	double wait = at - ev_now(all->loop);
	ev_timer_stop(all->loop, &all->timer);
	ev_timer_set(&all->timer, wait > 0.001 ? wait : 0.001, 0.);
	ev_timer_start(all->loop, &all->timer);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct deadlines *all = timer->data;
	ev_tstamp earliest = 0;
	(void)events;
	for (int k = 0; k < DEADLINE_KINDS; k++) {
		struct deadline *head = &all->kinds[k].head;
		while (head->next != head && head->next->at <= ev_now(loop)) {
			struct deadline *late = head->next;
			deadline_clear(late);
			all->kinds[k].expired(late);
		}
	}
	for (int k = 0; k < DEADLINE_KINDS; k++) {
		const struct deadline *head = &all->kinds[k].head;
		if (head->next != head && (earliest == 0 || head->next->at < earliest))
			earliest = head->next->at;
	}
	if (earliest != 0)
		arm(all, earliest);
}

void deadlines_start(struct deadlines *all, struct ev_loop *loop)
{
	*all = (struct deadlines){.loop = loop};
	for (int k = 0; k < DEADLINE_KINDS; k++)
		all->kinds[k].head.prev = all->kinds[k].head.next = &all->kinds[k].head;
	ev_timer_init(&all->timer, on_timer, 0., 0.);
	all->timer.data = all;
}

void deadlines_stop(struct deadlines *all)
{
	ev_timer_stop(all->loop, &all->timer);
}

void deadlines_kind(struct deadlines *all, enum deadline_kind kind, double seconds, void (*expired)(struct deadline *))
{
	all->kinds[kind].seconds = seconds;
	all->kinds[kind].expired = expired;
}

void deadline_set(struct deadlines *all, struct deadline *deadline, enum deadline_kind kind)
{
	struct deadline *head = &all->kinds[kind].head;
	deadline_clear(deadline);
	if (all->kinds[kind].seconds <= 0)
		return;
	deadline->at = ev_now(all->loop) + all->kinds[kind].seconds;
	deadline->prev = head->prev;
	deadline->next = head;
	head->prev->next = deadline;
	head->prev = deadline;
	/* Only the first of its kind can be earlier than what the timer is armed for. */
	if (head->next == deadline && (!ev_is_active(&all->timer) ||
	                               deadline->at < ev_now(all->loop) + ev_timer_remaining(all->loop, &all->timer)))
		arm(all, deadline->at);
}
