/* rcu.c - see rcu.h. */
#include "base/rcu.h"

#include <ev.h>
#include <stdlib.h>
#include <urcu/urcu-qsbr.h>

#include "base/mem.h"

/* The race checker cannot see inside liburcu: tell it that what a reader did before it was quiescent comes before what a
 * writer does after rcu_wait(). */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TELL_CHECKER
void __tsan_acquire(void *address);
void __tsan_release(void *address);
static char grace;
#endif
#endif

static void tell_reader_done(void)
{
#ifdef TELL_CHECKER
	__tsan_release(&grace);
#endif
}

static void tell_readers_waited_for(void)
{
#ifdef TELL_CHECKER
	__tsan_acquire(&grace);
#endif
}

void rcu_register(void)
{
	urcu_qsbr_register_thread();
}

void rcu_unregister(void)
{
	tell_reader_done();
	urcu_qsbr_unregister_thread();
}

void rcu_quiescent(void)
{
	tell_reader_done();
	urcu_qsbr_quiescent_state();
}

void rcu_offline(void)
{
	tell_reader_done();
	urcu_qsbr_thread_offline();
}

void rcu_online(void)
{
	urcu_qsbr_thread_online();
}

void rcu_wait(void)
{
	urcu_qsbr_synchronize_rcu();
	tell_readers_waited_for();
}

struct rcu_loop {
	struct ev_loop *loop;
	ev_prepare before_sleep;
	ev_check after_sleep;
};

static void on_before_sleep(struct ev_loop *loop, ev_prepare *watcher, int events)
{
	(void)loop, (void)watcher, (void)events;
	rcu_offline();
}

static void on_after_sleep(struct ev_loop *loop, ev_check *watcher, int events)
{
	(void)loop, (void)watcher, (void)events;
	rcu_online();
}

struct rcu_loop *rcu_loop_start(struct ev_loop *loop)
{
	struct rcu_loop *r = mem_new(sizeof *r);
	r->loop = loop;
	rcu_register();
	ev_prepare_init(&r->before_sleep, on_before_sleep);
	ev_set_priority(&r->before_sleep, EV_MINPRI); /* last before the poll */
	ev_check_init(&r->after_sleep, on_after_sleep);
	ev_set_priority(&r->after_sleep, EV_MAXPRI); /* before every other callback */
	ev_prepare_start(loop, &r->before_sleep);
	ev_check_start(loop, &r->after_sleep);
	ev_unref(loop);
	ev_unref(loop);
	return r;
}

void rcu_loop_stop(struct rcu_loop *attached)
{
	if (!attached)
		return;
	ev_ref(attached->loop);
	ev_ref(attached->loop);
	ev_prepare_stop(attached->loop, &attached->before_sleep);
	ev_check_stop(attached->loop, &attached->after_sleep);
	rcu_unregister();
	free(attached);
}

void reclaim_later(struct reclaim *reclaim, void (*free_it)(void *object), void *object)
{
	if (!object)
		return;
	if (reclaim->count == reclaim->room) {
		reclaim->room = reclaim->room ? reclaim->room * 2 : 16;
		reclaim->items = mem_resize(reclaim->items, reclaim->room * sizeof *reclaim->items);
	}
	reclaim->items[reclaim->count++] = (struct reclaim_item){free_it, object};
}

void reclaim_run(struct reclaim *reclaim)
{
	if (reclaim->count == 0)
		return;
	rcu_wait();
	for (size_t i = 0; i < reclaim->count; i++)
		reclaim->items[i].free_it(reclaim->items[i].object);
	reclaim->count = 0;
}

void reclaim_free(struct reclaim *reclaim)
{
	reclaim_run(reclaim);
	free(reclaim->items);
	*reclaim = (struct reclaim){0};
}
