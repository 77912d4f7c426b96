/* notify.c - see notify.h. */
#include "notify.h"

#include <errno.h>
#include <ev.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sock.h"
#include "tsig.h"
#include "wire.h"

enum {
	TRIES = 5,
	MESSAGE = 1024, /* octets; a question, its signature, and what answers to it */
	OPCODE = 4,
	FAMILIES = 2, /* IPv6, IPv4 */
};
static const double gap_seconds = 0.75, patience_seconds = 1; /* a copy is a second behind at most */

struct errand { /* one zone of one secondary */
	struct target *target;
	enum zone_kind kind;
	bool due;    /* it changed since it was told */
	bool told;   /* and no answer yet */
	bool silent; /* which was said */
	int tries;
	int unheard; /* changes told since it last answered, while the next one did not wait for an answer */
	uint16_t id;
	double told_at; /* monotonic */
	ev_timer timer;
	struct tsig_signer signer; /* with a key: of the last question */
};

struct target {
	struct notify *notify;
	uint32_t network;
	struct sockaddr_in6 address;
	struct tsig_key *key; /* NULL: none */
	struct errand errands[ZONE_COUNT];
};

struct change {
	uint32_t network;
	enum zone_kind kind;
};

struct notify {
	pthread_t thread;
	struct ev_loop *loop;
	ev_async wake;
	ev_io sockets[FAMILIES];
	struct target **targets; /* by network; the thread's */
	size_t target_count;
	struct notify_counts counts;

	pthread_mutex_t lock; /* what follows is on its way to the thread */
	bool stopping;
	bool replaced;
	struct target **next;
	size_t next_count;
	struct change *changes;
	size_t change_count, change_room;
};

static void count(uint64_t *counter)
{
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

static double clock_now(void)
{
	return (double)clock_mono_ns() / 1e9; /* ev_now() would jump with the wall clock */
}

/* ------------------------------------------------------------------------------------------------ telling */

static void send_question(struct errand *e)
{
	struct target *t = e->target;
	struct notify *n = t->notify;
	struct bytes apex = zone_apex(e->kind);
	uint8_t message[MESSAGE], *at = wire_put16(message, e->id);
	at = wire_put16(at, OPCODE << 11 | 0x0400); /* AA, as RFC 1996 3.7 has it */
	at = wire_put32(wire_put32(at, 1 << 16), 0);
	at = (uint8_t *)memcpy(at, apex.at, apex.len) + apex.len;
	at = wire_put16(wire_put16(at, TYPE_SOA), CLASS_IN);
	size_t len = (size_t)(at - message);
	if (t->key) {
		tsig_signer_init(&e->signer, t->key, NULL);
		len = tsig_sign(&e->signer, message, len, (uint64_t)clock_wall_ms() / 1000);
	}
	int fd = n->sockets[IN6_IS_ADDR_V4MAPPED(&t->address.sin6_addr)].fd;
	/* One that cannot be sent is as one that was lost: it is sent again. */
	(void)!sendto(fd, message, len, MSG_DONTWAIT, (const struct sockaddr *)&t->address, sizeof t->address);
	count(&n->counts.sent);
}

static void wait(struct errand *e, double seconds)
{
	ev_timer_stop(e->target->notify->loop, &e->timer);
	ev_timer_set(&e->timer, seconds > 0 ? seconds : 0, 0);
	ev_timer_start(e->target->notify->loop, &e->timer);
}

static void tell(struct errand *e)
{
	e->due = false;
	e->told = true;
	e->tries = 1;
	e->told_at = clock_now();
	if (getrandom(&e->id, sizeof e->id, 0) != (ssize_t)sizeof e->id)
		e->id++;
	send_question(e);
	wait(e, patience_seconds);
}

/* It changed: tell it as soon as it may be told. */
static void errand_change(struct errand *e)
{
	bool waits = e->due;
	e->due = true;
	if (!waits)
		wait(e, e->told_at + gap_seconds - clock_now());
}

/* Of each zone by itself: a secondary may copy one and refuse another. */
static void say(struct errand *e, bool silent, const char *why)
{
	static const char *const zones[ZONE_COUNT] = {
	    [ZONE_FLYCAST] = "flycast", [ZONE_INTERNAL] = "internal", [ZONE_REVERSE] = "reverse"};
	const struct target *t = e->target;
	char text[ADDR_TEXT];
	if (silent == e->silent)
		return;
	e->silent = silent;
	if (silent)
		log_warn("secondary not told address=%s network=%u zone=%s: %s", addr_text(text, &t->address),
		         (unsigned)t->network, zones[e->kind], why);
	else
		log_info("secondary answers again address=%s network=%u zone=%s", addr_text(text, &t->address),
		         (unsigned)t->network, zones[e->kind]);
}

static void say_nothing_came(struct errand *e)
{
	say(e, true, "it does not answer; it is told of the next change");
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct errand *e = timer->data;
	(void)loop, (void)events;
	if (e->due) {
		/* Where changes never end no time is left to try the same one again. */
		if (e->told && e->unheard < TRIES && ++e->unheard == TRIES)
			say_nothing_came(e);
		tell(e);
	} else if (e->told && e->tries < TRIES) {
		send_question(e);
		wait(e, patience_seconds * (1 << e->tries++));
	} else if (e->told) {
		e->told = false;
		count(&e->target->notify->counts.given_up);
		say_nothing_came(e);
	}
}

/* ------------------------------------------------------------------------------------------------ answers */

/* The errand that this is an answer to; NULL: nobody's. */
static struct errand *errand_of(const struct notify *n, const struct sockaddr_in6 *from, uint16_t id)
{
	for (size_t i = 0; i < n->target_count; i++) {
		struct target *t = n->targets[i];
		if (t->address.sin6_port != from->sin6_port ||
		    !IN6_ARE_ADDR_EQUAL(&t->address.sin6_addr, &from->sin6_addr))
			continue;
		for (int kind = 0; kind < ZONE_COUNT; kind++)
			if (t->errands[kind].told && t->errands[kind].id == id)
				return &t->errands[kind];
	}
	return NULL;
}

/* Where the TSIG record of an answer to us begins: it has our question, and nothing else. 0: there is none. */
static size_t tsig_at(const struct errand *e, const uint8_t *message, size_t len)
{
	size_t at = WIRE_HEADER + zone_apex(e->kind).len + 4;
	bool plain = wire_get16(message + 4) == 1 && wire_get16(message + 6) == 0 && wire_get16(message + 8) == 0 &&
	             wire_get16(message + 10) == 1;
	return plain && len > at ? at : 0;
}

static bool is_believed(const struct errand *e, const uint8_t *message, size_t len)
{
	struct tsig tsig;
	size_t at = tsig_at(e, message, len);
	struct bytes prior = {(const char *)e->signer.prior, e->signer.prior_len};
	if (!e->target->key)
		return true;
	return at && tsig_read(&tsig, message, len, at) &&
	       tsig_check(&tsig, e->target->key, message, prior, (uint64_t)clock_wall_ms() / 1000) == TSIG_GOOD;
}

static void take_answer(struct notify *n, const struct sockaddr_in6 *from, const uint8_t *message, size_t len)
{
	struct errand *e = len >= WIRE_HEADER ? errand_of(n, from, wire_get16(message)) : NULL;
	if (!e || !(message[2] & 0x80) || (message[2] >> 3 & 15) != OPCODE)
		return;
	int rcode = message[3] & 15;
	if (rcode == RCODE_NOERROR && !is_believed(e, message, len))
		return;
	if (rcode == RCODE_NOERROR)
		count(&n->counts.answered);
	say(e, rcode != RCODE_NOERROR, "it refuses: see whether it allows NOTIFY from here, with this key");
	e->told = false;
	e->unheard = 0;
	if (!e->due)
		ev_timer_stop(n->loop, &e->timer);
}

static void on_socket(struct ev_loop *loop, ev_io *io, int events)
{
	uint8_t message[MESSAGE];
	struct sockaddr_in6 from = {0};
	(void)loop, (void)events;
	for (int i = 0; i < 64; i++) {
		socklen_t size = sizeof from;
		ssize_t len = recvfrom(io->fd, message, sizeof message, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (len > 0 && from.sin6_family == AF_INET6)
			take_answer(io->data, &from, message, (size_t)len);
	}
}

/* ------------------------------------------------------------------------------------------------ targets */

static struct target *target_new(struct notify *n, const struct grants_secondary *s)
{
	struct target *t = mem_new(sizeof *t);
	t->notify = n;
	t->network = s->network;
	t->address = s->address;
	t->address.sin6_family = AF_INET6;
	t->key = s->key ? tsig_key_copy(s->key) : NULL;
	for (int kind = 0; kind < ZONE_COUNT; kind++) {
		struct errand *e = &t->errands[kind];
		e->target = t;
		e->kind = (enum zone_kind)kind;
		ev_init(&e->timer, on_timer);
		e->timer.data = e;
	}
	return t;
}

static void target_stop(struct target *t)
{
	for (int kind = 0; kind < ZONE_COUNT; kind++)
		ev_timer_stop(t->notify->loop, &t->errands[kind].timer);
}

static void target_free(struct target *t)
{
	tsig_key_free(t->key);
	free(t);
}

static void targets_free(struct target **targets, size_t target_count)
{
	for (size_t i = 0; targets && i < target_count; i++)
		target_free(targets[i]);
	free(targets);
}

static int compare(const void *left, const void *right)
{
	const struct target *a = *(struct target *const *)left, *b = *(struct target *const *)right;
	if (a->network != b->network)
		return a->network < b->network ? -1 : 1;
	int order = memcmp(&a->address.sin6_addr, &b->address.sin6_addr, sizeof a->address.sin6_addr);
	return order ? order : a->address.sin6_port - b->address.sin6_port;
}

/* The secondary as it was takes what is under way along; only its key may be another one. */
static void inherit(struct target *now, struct target *old)
{
	for (int kind = ZONE_NONE + 1; kind < ZONE_COUNT; kind++) {
		struct errand *from = &old->errands[kind], *to = &now->errands[kind];
		to->told_at = from->told_at;
		to->silent = from->silent;
		to->unheard = from->unheard;
		if (from->due || from->told)
			errand_change(to);
	}
}

/* A new one is told of all it may have missed. */
static void greet(struct target *t)
{
	for (int kind = ZONE_NONE + 1; kind < ZONE_COUNT; kind++)
		errand_change(&t->errands[kind]);
}

static void take_targets(struct notify *n, struct target **next, size_t next_count)
{
	for (size_t i = 0; i < next_count; i++) {
		struct target **old = n->target_count
		                          ? bsearch(&next[i], n->targets, n->target_count, sizeof *next, compare)
		                          : NULL;
		if (old)
			inherit(next[i], *old);
		else
			greet(next[i]);
	}
	for (size_t i = 0; i < n->target_count; i++)
		target_stop(n->targets[i]);
	targets_free(n->targets, n->target_count);
	n->targets = next;
	n->target_count = next_count;
}

static void take_change(struct notify *n, const struct change *c)
{
	size_t low = 0, high = n->target_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (n->targets[middle]->network < c->network)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n->target_count && n->targets[low]->network == c->network; low++)
		errand_change(&n->targets[low]->errands[c->kind]);
}

static void on_wake(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct notify *n = watcher->data;
	(void)events;
	pthread_mutex_lock(&n->lock);
	bool replaced = n->replaced, stopping = n->stopping;
	struct target **next = n->next;
	size_t next_count = n->next_count, change_count = n->change_count;
	struct change *changes = n->changes;
	n->replaced = false;
	n->next = NULL;
	n->changes = NULL;
	n->change_count = n->change_room = 0;
	pthread_mutex_unlock(&n->lock);
	if (replaced)
		take_targets(n, next, next_count);
	for (size_t i = 0; i < change_count; i++)
		take_change(n, &changes[i]);
	free(changes);
	if (stopping)
		ev_break(loop, EVBREAK_ALL);
}

/* ------------------------------------------------------------------------------------------------ the other threads' side */

void notify_grants(struct notify *notify, const struct grants *grants)
{
	size_t next_count = grants->secondary_count;
	struct target **next = mem_new_array(next_count + 1, sizeof(struct target *));
	for (size_t i = 0; i < next_count; i++)
		next[i] = target_new(notify, &grants->secondaries[i]);
	if (next_count)
		qsort(next, next_count, sizeof(struct target *), compare);
	pthread_mutex_lock(&notify->lock);
	struct target **old = notify->next;
	size_t old_count = notify->next_count;
	notify->next = next;
	notify->next_count = next_count;
	notify->replaced = true;
	pthread_mutex_unlock(&notify->lock);
	targets_free(old, old_count);
	ev_async_send(notify->loop, &notify->wake);
}

void notify_changed(struct notify *notify, uint32_t network, enum zone_kind kind)
{
	pthread_mutex_lock(&notify->lock);
	notify->changes = mem_grow(notify->changes, notify->change_count, &notify->change_room,
	                           sizeof *notify->changes);
	notify->changes[notify->change_count++] = (struct change){network, kind};
	pthread_mutex_unlock(&notify->lock);
	ev_async_send(notify->loop, &notify->wake);
}

struct notify_counts notify_counts(const struct notify *notify)
{
	return (struct notify_counts){__atomic_load_n(&notify->counts.sent, __ATOMIC_RELAXED),
	                              __atomic_load_n(&notify->counts.answered, __ATOMIC_RELAXED),
	                              __atomic_load_n(&notify->counts.given_up, __ATOMIC_RELAXED)};
}

static void *run(void *owner)
{
	struct notify *n = owner;
	ev_run(n->loop, 0);
	return NULL;
}

struct notify *notify_start(const struct sockaddr_in6 from[2])
{
	struct notify *n = mem_new(sizeof *n);
	pthread_mutex_init(&n->lock, NULL);
	n->loop = ev_loop_new(EVFLAG_AUTO);
	if (!n->loop)
		goto free_notify;
	ev_async_init(&n->wake, on_wake);
	n->wake.data = n;
	ev_async_start(n->loop, &n->wake);
	for (int family = 0; family < FAMILIES; family++)
		ev_io_init(&n->sockets[family], on_socket, -1, EV_READ);
	for (int family = 0; family < FAMILIES; family++) {
		struct sockaddr_in6 own = from[family];
		int fd = sock_udp(&own, false);
		if (fd < 0)
			goto close_sockets;
		ev_io_set(&n->sockets[family], fd, EV_READ);
		n->sockets[family].data = n;
		ev_io_start(n->loop, &n->sockets[family]);
	}
	errno = pthread_create(&n->thread, NULL, run, n);
	if (errno == 0)
		return n;
close_sockets:
	for (int family = 0; family < FAMILIES; family++)
		if (n->sockets[family].fd >= 0)
			close(n->sockets[family].fd);
	ev_loop_destroy(n->loop);
free_notify:
	pthread_mutex_destroy(&n->lock);
	free(n);
	return NULL;
}

void notify_stop(struct notify *notify)
{
	struct notify *n = notify;
	if (!n)
		return;
	pthread_mutex_lock(&n->lock);
	n->stopping = true;
	pthread_mutex_unlock(&n->lock);
	ev_async_send(n->loop, &n->wake);
	pthread_join(n->thread, NULL);
	targets_free(n->targets, n->target_count);
	targets_free(n->next, n->next_count);
	free(n->changes);
	for (int family = 0; family < FAMILIES; family++)
		close(n->sockets[family].fd);
	ev_loop_destroy(n->loop);
	pthread_mutex_destroy(&n->lock);
	free(n);
}
