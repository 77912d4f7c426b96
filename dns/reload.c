/* reload.c - see reload.h. */
#include "reload.h"

#include <signal.h>

#include "base/log.h"
#include "base/ready.h"
#include "catalog.h"
#include "feed.h"

static const double LOOK_SECONDS = 0.02;

static void on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct reload *r = timer->data;
	(void)events;
	if (catalog_stats(r->catalog).reloads == r->before)
		return;
	ev_timer_stop(loop, timer);
	ready_say("READY=1");
}

static void on_hangup(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct reload *r = signal->data;
	(void)events;
	log_info("registry read whole soon: asked for by a signal");
	r->before = catalog_stats(r->catalog).reloads;
	ready_reloading();
	feed_reload(catalog_feed(r->catalog));
	ev_timer_again(loop, &r->look);
}

void reload_start(struct reload *reload, struct ev_loop *loop, struct catalog *catalog)
{
	reload->catalog = catalog;
	ev_signal_init(&reload->hangup, on_hangup, SIGHUP);
	ev_init(&reload->look, on_look);
	reload->look.repeat = LOOK_SECONDS;
	reload->hangup.data = reload->look.data = reload;
	ev_signal_start(loop, &reload->hangup);
}
