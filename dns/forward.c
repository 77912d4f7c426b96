/* forward.c - see forward.h: lanes, the clients that wait, the thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "forward_inside.h"
#include "parcel.h"

enum { LANE = 256, SHARE_PARTS = 4, LOOP_LOG_MS = 60000 };

/* One writer, one reader. */
struct forward_lane {
	struct forward *forward;
	uint32_t head; /* atomic: the next one that is read */
	uint32_t tail; /* atomic: the next one that is written */
	uint64_t lost; /* atomic */
	struct forward_task tasks[LANE];
};

void forward_count(uint64_t *counter, int64_t more)
{
	__atomic_store_n(counter, *counter + (uint64_t)more, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------------------------------------------ answering */

static void tell(const struct forward_task *task, uint8_t *reply, size_t len)
{
	if (task->parcel) {
		parcel_send(task->parcel, reply, len);
		return;
	}
	struct iovec bytes = {reply, len};
	struct msghdr m = {
	    .msg_name = (void *)(uintptr_t)&task->to, /* NOLINT(performance-no-int-to-ptr): it is const */
	    .msg_namelen = task->to_len,
	    .msg_iov = &bytes,
	    .msg_iovlen = 1,
	    .msg_control = task->control_len ? (void *)(uintptr_t)task->control : NULL,
	    .msg_controllen = task->control_len};
	(void)!sendmsg(task->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL); /* what is lost is asked again */
}

static void tell_failure(struct forward *f, const struct forward_task *task, enum wire_rcode rcode, enum wire_ede why)
{
	tell(task, f->reply, outward_fail(f->reply, &task->outward, rcode, why));
}

static uint16_t *share_of(struct forward *f, uint32_t network)
{
	return &f->shares[hash_bytes(&network, sizeof network, 7) % FORWARD_SHARES];
}

void forward_done(struct pending *p, const uint8_t *packet, size_t len)
{
	struct forward *f = p->forward;
	struct waiter *w;
	forward_try_end(p);
	LIST_REMOVE(p, link);
	forward_count(&f->counts.in_flight, -1);
	while ((w = SLIST_FIRST(&p->waiters))) {
		SLIST_REMOVE_HEAD(&p->waiters, link);
		if (len) {
			forward_count(&f->counts.answered, 1);
			tell(&w->task, f->reply, outward_reply(f->reply, &w->task.outward, packet, len));
		} else {
			forward_count(&f->counts.failed, 1);
			tell_failure(f, &w->task, RCODE_SERVFAIL, p->broken ? EDE_NETWORK_ERROR : EDE_NO_REACHABLE);
		}
		f->waiting--;
		--*share_of(f, w->task.network);
		free(w);
	}
	free(p);
}

/* ------------------------------------------------------------------------------------------------ asking */

static bool is_server(const struct forward *f, const struct in6_addr *ip)
{
	for (size_t i = 0; i < f->server_count; i++)
		if (memcmp(&f->servers[i].address.sin6_addr, ip, sizeof *ip) == 0)
			return true;
	return false;
}

/* A question that is on its way and comes from where it went: the server asks us what we ask it. */
static bool is_loop(struct forward *f, const struct forward_task *task, const struct pending *first)
{
	if (!is_server(f, &task->source))
		return false;
	for (const struct pending *p = first; p; p = LIST_NEXT(p, link)) {
		if (!outward_same_question(&p->outward, &task->outward))
			continue;
		if (clock_mono_ms() - f->loop_logged >= LOOP_LOG_MS || f->loop_logged == 0)
			log_warn("forward loop: a server of --forward sends our own questions back to us");
		f->loop_logged = clock_mono_ms();
		return true;
	}
	return false;
}

static struct pending *pending_new(struct forward *f, const struct forward_task *task)
{
	struct pending *p = mem_new(sizeof *p);
	p->forward = f;
	p->outward = task->outward;
	p->network = task->network;
	p->stream = task->parcel != NULL;
	p->io.fd = -1;
	SLIST_INIT(&p->waiters);
	LIST_INSERT_HEAD(&f->buckets[outward_hash(&task->outward) % FORWARD_BUCKETS], p, link);
	forward_count(&f->counts.in_flight, 1);
	return p;
}

static void take_task(struct forward *f, const struct forward_task *task)
{
	struct pending *p = LIST_FIRST(&f->buckets[outward_hash(&task->outward) % FORWARD_BUCKETS]);
	uint16_t *share = share_of(f, task->network);
	forward_count(&f->counts.asked, 1);
	if (is_loop(f, task, p)) {
		forward_count(&f->counts.looped, 1);
		tell_failure(f, task, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE);
		return;
	}
	if (f->waiting >= f->most || *share >= (f->most + SHARE_PARTS - 1) / SHARE_PARTS) {
		forward_count(&f->counts.turned, 1);
		tell_failure(f, task, RCODE_SERVFAIL, EDE_NOT_READY);
		return;
	}
	while (p && !(p->network == task->network && p->stream == (task->parcel != NULL) &&
	              outward_same(&p->outward, &task->outward)))
		p = LIST_NEXT(p, link);
	struct waiter *w = mem_new(sizeof *w);
	w->task = *task;
	f->waiting++;
	++*share;
	bool fresh = !p;
	if (fresh)
		p = pending_new(f, task);
	SLIST_INSERT_HEAD(&p->waiters, w, link);
	if (fresh)
		forward_try(p);
}

static void on_news(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct forward *f = watcher->data;
	(void)loop, (void)events;
	for (size_t i = 0; i < f->lane_count; i++) {
		struct forward_lane *lane = &f->lanes[i];
		uint32_t tail = __atomic_load_n(&lane->tail, __ATOMIC_ACQUIRE);
		for (uint32_t head = lane->head; head != tail; head++) {
			take_task(f, &lane->tasks[head % LANE]);
			__atomic_store_n(&lane->head, head + 1, __ATOMIC_RELEASE);
		}
	}
}

/* ------------------------------------------------------------------------------------------------ lanes */

/* NULL: it is full. */
static struct forward_task *lane_next(struct forward_lane *lane, const struct responder_outside *outside,
                                      struct bytes packet, const struct responder_client *client)
{
	uint32_t tail = lane->tail;
	if (tail - __atomic_load_n(&lane->head, __ATOMIC_ACQUIRE) == LANE) {
		forward_count(&lane->lost, 1);
		return NULL;
	}
	struct forward_task *task = &lane->tasks[tail % LANE];
	outward_read(&task->outward, (const uint8_t *)packet.at, outside->question_len);
	task->outward.room = outside->room;
	task->outward.has_edns = outside->has_edns;
	task->outward.dnssec_ok = outside->dnssec_ok;
	task->network = outside->network;
	task->source = client->source;
	return task;
}

static void lane_push(struct forward_lane *lane)
{
	__atomic_store_n(&lane->tail, lane->tail + 1, __ATOMIC_RELEASE);
	ev_async_send(lane->forward->loop, &lane->forward->news);
}

bool forward_udp(struct forward_lane *lane, const struct responder_outside *outside, struct bytes packet,
                 const struct responder_client *client, const struct forward_return *back)
{
	const struct msghdr *m = back->message;
	struct forward_task *task = lane_next(lane, outside, packet, client);
	if (!task || m->msg_namelen > sizeof task->to || m->msg_controllen > sizeof task->control)
		return false;
	task->parcel = NULL;
	task->fd = back->fd;
	task->to_len = m->msg_namelen;
	memcpy(&task->to, m->msg_name, m->msg_namelen);
	task->control_len = (socklen_t)m->msg_controllen;
	if (m->msg_controllen)
		memcpy(task->control, m->msg_control, m->msg_controllen);
	lane_push(lane);
	return true;
}

struct stream *forward_stream(struct forward_lane *lane, const struct responder_outside *outside, struct bytes packet,
                              const struct responder_client *client)
{
	struct forward_task *task = lane_next(lane, outside, packet, client);
	struct parcel *parcel = task ? parcel_new() : NULL;
	if (!parcel)
		return NULL;
	task->parcel = parcel;
	lane_push(lane);
	return parcel_stream(parcel);
}

struct forward_lane *forward_lane(struct forward *forward, size_t index)
{
	return &forward->lanes[index];
}

/* ------------------------------------------------------------------------------------------------ life */

static void on_stop(struct ev_loop *loop, ev_async *watcher, int events)
{
	(void)watcher, (void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void *run(void *owner)
{
	ev_run(((struct forward *)owner)->loop, 0);
	return NULL;
}

struct forward *forward_start(const struct forward_options *options, size_t lanes)
{
	struct forward *f = mem_new(sizeof *f);
	hash_seed();
	f->most = options->most;
	f->server_count = options->count;
	for (size_t i = 0; i < options->count; i++)
		f->servers[i].address = options->servers[i];
	f->lanes = mem_new_array(lanes, sizeof *f->lanes);
	f->lane_count = lanes;
	for (size_t i = 0; i < lanes; i++)
		f->lanes[i].forward = f;
	f->loop = ev_loop_new(EVFLAG_AUTO);
	if (!f->loop)
		goto free_forward;
	ev_async_init(&f->news, on_news);
	f->news.data = f;
	ev_async_start(f->loop, &f->news);
	ev_async_init(&f->stop, on_stop);
	ev_async_start(f->loop, &f->stop);
	errno = pthread_create(&f->thread, NULL, run, f);
	if (errno == 0)
		return f;
	ev_loop_destroy(f->loop);
free_forward:
	free(f->lanes);
	free(f);
	return NULL;
}

void forward_stop(struct forward *forward)
{
	if (!forward)
		return;
	ev_async_send(forward->loop, &forward->stop);
	pthread_join(forward->thread, NULL);
	for (size_t i = 0; i < FORWARD_BUCKETS; i++)
		for (struct pending *p = LIST_FIRST(&forward->buckets[i]), *next; p; p = next) {
			next = LIST_NEXT(p, link);
			forward_done(p, NULL, 0);
		}
}

void forward_free(struct forward *forward)
{
	if (!forward)
		return;
	for (size_t i = 0; i < forward->lane_count; i++) { /* that were asked after the end */
		struct forward_lane *lane = &forward->lanes[i];
		for (; lane->head != lane->tail; lane->head++)
			if (lane->tasks[lane->head % LANE].parcel)
				parcel_send(lane->tasks[lane->head % LANE].parcel, NULL, 0);
	}
	ev_loop_destroy(forward->loop);
	free(forward->lanes);
	free(forward);
}

struct forward_counts forward_counts(const struct forward *forward)
{
	struct forward_counts out = {0};
	const uint64_t *from = (const uint64_t *)&forward->counts;
	uint64_t *to = (uint64_t *)&out;
	for (size_t i = 0; i < sizeof out / sizeof *to; i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	return out;
}

uint64_t forward_lost(const struct forward *forward)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < forward->lane_count; i++)
		sum += __atomic_load_n(&forward->lanes[i].lost, __ATOMIC_RELAXED);
	return sum;
}
