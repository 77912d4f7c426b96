/* explain.c - ask the agent why nobody answers on a Machine. See wake_inside.h. */
#include <stdlib.h>

#include "base/mem.h"
#include "wake_inside.h"

struct explain {
	struct asked asked;
	struct wakes *wakes;
	ev_timer limit;
	explain_told *told;
	void *owner;
};

static void finish(struct explain *explain, const char *text)
{
	explain_told *told = explain->told;
	void *owner = explain->owner;
	ev_timer_stop(explain->wakes->loop, &explain->limit);
	asked_remove(explain->wakes, &explain->asked);
	told(owner, text);
	free(explain);
}

static void on_limit(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	finish(timer->data, NULL);
}

void explain_start(struct wakes *wakes, const char *machine, explain_told *told, void *owner)
{
	if (!wakes->link.is_up) {
		told(owner, NULL);
		return;
	}
	struct explain *explain = mem_new(sizeof *explain);
	explain->wakes = wakes;
	explain->told = told;
	explain->owner = owner;
	ev_timer_init(&explain->limit, on_limit, WAKE_EXPLAIN_SECONDS / 2., 0.);
	explain->limit.data = explain;
	ev_timer_start(wakes->loop, &explain->limit);
	explain->asked.kind = ASKED_EXPLAIN;
	asked_add(wakes, &explain->asked, ASK_EXPLAIN, machine);
}

void explain_answer(struct wakes *wakes, struct asked *asked, const struct ask *answer)
{
	struct explain *explain = (struct explain *)asked;
	(void)wakes;
	finish(explain, answer && answer->verb == ASK_TOLD ? answer->text : NULL);
}
