/* udp.c - see udp.h. */
#include "udp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "forward.h"
#include "proxied.h"
#include "tap.h"

enum {
	BATCH = 64,
	/* Odd numbers of cache lines, so that the heads of the buffers do not all fall into the same few sets. */
	IN_SIZE = 33 * 64,
	OUT_SIZE = 65 * 64,
	WAKE_SIGNAL = SIGURG,
	RECEIVE_BUFFER = 4 << 20, /* bytes of questions that may wait; the kernel may allow less */
};
_Static_assert((int)OUT_SIZE >= (int)RESPONDER_ROOM_MIN, "an answer has room");

struct udp_socket {
	int fd;
	bool any;                /* bound to :: or 0.0.0.0, so the kernel tells per packet where it went */
	struct in6_addr address; /* else */
	int later; /* the same, for answers of other servers: open as long as this thread's memory; or -1 */
};

struct batch {
	struct mmsghdr in[BATCH];
	struct mmsghdr out[BATCH];
	struct iovec in_bytes[BATCH];
	struct iovec out_bytes[BATCH];
	struct sockaddr_in6 source[BATCH];
	_Alignas(struct cmsghdr) uint8_t control[BATCH][CMSG_SPACE(sizeof(struct in6_pktinfo))];
	uint8_t question[BATCH][IN_SIZE];
	uint8_t answer[BATCH][OUT_SIZE];
};

struct udp {
	pthread_t thread;
	struct responder responder;
	struct udp_counts counts;
	struct forward_lane *lane; /* NULL: nothing is forwarded */
	bool stopping;             /* atomic */
	bool ended;                /* likewise */
	size_t count;
	struct udp_socket sockets[UDP_SOCKETS_MAX];
	struct batch batch;
};

static void count(uint64_t *counter, uint64_t more)
{
	__atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

static void batch_init(struct batch *b)
{
	for (int i = 0; i < BATCH; i++) {
		b->in_bytes[i] = (struct iovec){b->question[i], IN_SIZE};
		b->in[i].msg_hdr = (struct msghdr){
		    .msg_name = &b->source[i], .msg_iov = &b->in_bytes[i], .msg_iovlen = 1};
		b->out_bytes[i].iov_base = b->answer[i];
		b->out[i].msg_hdr = (struct msghdr){.msg_iov = &b->out_bytes[i], .msg_iovlen = 1};
	}
}

/* What the kernel overwrites. */
static void batch_reset(struct batch *b, int used, bool any)
{
	for (int i = 0; i < used; i++) {
		b->in[i].msg_hdr.msg_namelen = sizeof b->source[i];
		b->in[i].msg_hdr.msg_control = any ? b->control[i] : NULL;
		b->in[i].msg_hdr.msg_controllen = any ? sizeof b->control[i] : 0;
	}
}

/* Where a packet went; also what makes the answer leave from there. The interface is the routes' business, except for
 * link-local addresses, which mean nothing without one. */
static struct in6_addr destination(const struct udp_socket *s, struct msghdr *message)
{
	if (!s->any)
		return s->address;
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	if (!c || c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO) {
		message->msg_controllen = 0;
		return in6addr_any;
	}
	struct in6_pktinfo *info = (struct in6_pktinfo *)(void *)CMSG_DATA(c);
	if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
		info->ipi6_ifindex = 0;
	return info->ipi6_addr;
}

/* Who asks, by a front's header, and what. false: there is no good one. */
static bool unwrap(struct udp *u, struct responder_client *client, struct bytes *question)
{
	size_t end;
	if (!proxied_is_front(u->responder.settings->fronts, &client->source))
		return true;
	if (proxied_read(client, *question, &end) != PROXYLINE_DONE) {
		count(&u->responder.counts.proxied_bad, 1);
		return false;
	}
	question->at += end;
	question->len -= end;
	return true;
}

/* Answers what came; returns how many answers are to be sent. */
static unsigned batch_answer(struct udp *u, const struct udp_socket *s, int received)
{
	struct batch *b = &u->batch;
	unsigned answers = 0;
	for (int i = 0; i < received; i++) {
		struct msghdr *m = &b->in[i].msg_hdr, *to = &b->out[answers].msg_hdr;
		uint8_t *out = b->answer[answers];
		struct responder_client client = {.source = b->source[i].sin6_addr,
		                                  .destination = destination(s, m),
		                                  .port = ntohs(b->source[i].sin6_port),
		                                  .transport = RESPONDER_UDP};
		struct bytes question = {(const char *)b->question[i], b->in[i].msg_len};
		if (u->responder.settings->fronts && !unwrap(u, &client, &question))
			continue;
		size_t len = responder_respond(&u->responder, &client, question, out, OUT_SIZE);
		if (u->responder.tap)
			tap_question(u->responder.tap, &client, question, (struct bytes){(char *)out, len});
		if (len == 0) {
			if (u->lane && u->responder.outside.network)
				forward_udp(u->lane, &u->responder.outside, question, &client,
				            &(struct forward_return){s->later, m});
			continue;
		}
		to->msg_name = m->msg_name;
		to->msg_namelen = m->msg_namelen;
		to->msg_control = m->msg_control;
		to->msg_controllen = m->msg_controllen;
		b->out_bytes[answers++].iov_len = len;
	}
	return answers;
}

/* Never waits: a message that cannot go now, or not at all, is left out. */
static void batch_send(struct udp *u, const struct udp_socket *s, unsigned answers)
{
	unsigned sent = 0;
	while (sent < answers) {
		int n = sendmmsg(s->fd, u->batch.out + sent, answers - sent, MSG_DONTWAIT);
		if (n > 0) {
			sent += (unsigned)n;
		} else if (errno != EINTR) {
			count(&u->counts.unsent, 1);
			sent++;
		}
	}
}

/* One batch; false: the socket had nothing. wait: sleep until it has. */
static bool turn(struct udp *u, const struct udp_socket *s, bool wait)
{
	int flags = wait ? MSG_WAITFORONE : MSG_DONTWAIT;
	if (wait)
		rcu_offline();
	int received = recvmmsg(s->fd, u->batch.in, BATCH, flags, NULL);
	if (wait)
		rcu_online();
	if (received <= 0)
		return false;
	int64_t from = u->counts.taken % UDP_TIMED == 0 ? clock_mono_ns() : 0;
	count(&u->counts.taken, 1);
	unsigned answers = batch_answer(u, s, received);
	batch_send(u, s, answers);
	batch_reset(&u->batch, received, s->any);
	if (from)
		lapse_add(&u->counts.lapse, clock_mono_ns() - from, (uint64_t)received);
	__atomic_store_n(&u->counts.seq, zone_serial(u->responder.settings->zone), __ATOMIC_RELAXED);
	count(&u->counts.batches, 1);
	return true;
}

static bool stopping(const struct udp *u)
{
	return __atomic_load_n(&u->stopping, __ATOMIC_ACQUIRE);
}

/* A thread with one socket sleeps in the read itself: one system call less for every batch. */
static void serve_one(struct udp *u)
{
	batch_reset(&u->batch, BATCH, u->sockets[0].any);
	while (!stopping(u))
		turn(u, &u->sockets[0], true);
}

static void serve_many(struct udp *u)
{
	struct pollfd polls[UDP_SOCKETS_MAX];
	for (size_t i = 0; i < u->count; i++)
		polls[i] = (struct pollfd){.fd = u->sockets[i].fd, .events = POLLIN};
	while (!stopping(u)) {
		rcu_offline();
		int ready = poll(polls, (nfds_t)u->count, -1);
		rcu_online();
		for (size_t i = 0; ready > 0 && i < u->count; i++) {
			if (!polls[i].revents)
				continue;
			batch_reset(&u->batch, BATCH, u->sockets[i].any);
			turn(u, &u->sockets[i], false);
		}
	}
}

static void *run(void *owner)
{
	struct udp *u = owner;
	pthread_setname_np(pthread_self(), "dns-udp");
	rcu_register();
	if (u->count == 1)
		serve_one(u);
	else
		serve_many(u);
	rcu_unregister();
	__atomic_store_n(&u->ended, true, __ATOMIC_RELEASE);
	return NULL;
}

static void on_wake(int signal)
{
	(void)signal;
}

static bool is_any(const struct in6_addr *ip)
{
	static const struct in6_addr any_v4 = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
	return IN6_IS_ADDR_UNSPECIFIED(ip) || IN6_ARE_ADDR_EQUAL(ip, &any_v4);
}

static int socket_prepare(struct udp_socket *s, int fd, bool only)
{
	const int on = 1, size = RECEIVE_BUFFER, omit = IP_PMTUDISC_OMIT;
	struct sockaddr_in6 bound = {0};
	socklen_t len = sizeof bound;
	int flags = fcntl(fd, F_GETFL);
	if (getsockname(fd, (struct sockaddr *)&bound, &len) < 0 || flags < 0 ||
	    (only && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0))
		return -1;
	*s = (struct udp_socket){fd, is_any(&bound.sin6_addr), bound.sin6_addr, -1};
	if (s->any && setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) < 0)
		return -1;
	/* Only wishes: smaller buffers work, and so does path MTU discovery, which a forger could make us fragment with. */
	(void)!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	(void)!setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof omit);
	return 0;
}

static void close_later(struct udp *u)
{
	for (size_t i = 0; i < u->count; i++)
		if (u->sockets[i].later >= 0)
			close(u->sockets[i].later);
}

struct udp *udp_start(const struct responder_settings *settings, const int *sockets, size_t count,
                      struct forward_lane *lane)
{
	struct udp *u = mem_new(sizeof *u);
	const struct sigaction wake = {.sa_handler = on_wake}; /* interrupts what sleeps: no SA_RESTART */
	sigaction(WAKE_SIGNAL, &wake, NULL);
	u->lane = lane;
	responder_init(&u->responder, settings);
	u->responder.tally = tally_new();
	u->responder.tap = taps_claim(settings->taps);
	batch_init(&u->batch);
	for (; u->count < count; u->count++) {
		struct udp_socket *s = &u->sockets[u->count];
		if (socket_prepare(s, sockets[u->count], count == 1) < 0)
			goto free_udp;
		if (lane && (s->later = fcntl(s->fd, F_DUPFD_CLOEXEC, 0)) < 0)
			goto free_udp;
	}
	errno = pthread_create(&u->thread, NULL, run, u);
	if (errno)
		goto free_udp;
	return u;
free_udp:
	close_later(u);
	free(u->responder.tally);
	free(u);
	return NULL;
}

/* Only by a signal: shutdown() would end the sockets for another process that has them, too. A signal that comes before the
 * thread sleeps is lost, so they come until it has ended. */
static void end_thread(struct udp *u)
{
	__atomic_store_n(&u->stopping, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&u->ended, __ATOMIC_ACQUIRE)) {
		pthread_kill(u->thread, WAKE_SIGNAL);
		nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
	}
	pthread_join(u->thread, NULL);
}

void udp_rest(struct udp *udp)
{
	if (udp->stopping)
		return;
	end_thread(udp);
	for (size_t i = 0; i < udp->count; i++)
		close(__atomic_exchange_n(&udp->sockets[i].fd, -1, __ATOMIC_RELAXED));
}

void udp_stop(struct udp *udp)
{
	if (!udp)
		return;
	udp_rest(udp);
	close_later(udp);
	free(udp->responder.tally);
	free(udp);
}

const struct responder *udp_responder(const struct udp *udp)
{
	return &udp->responder;
}

const struct udp_counts *udp_counts(const struct udp *udp)
{
	return &udp->counts;
}

bool udp_waiting(const struct udp *udp)
{
	struct pollfd polls[UDP_SOCKETS_MAX];
	for (size_t i = 0; i < udp->count; i++)
		polls[i] = (struct pollfd){.fd = udp->sockets[i].fd, .events = POLLIN};
	return poll(polls, (nfds_t)udp->count, 0) > 0;
}

uint64_t udp_overflowed(const struct udp *udp)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < udp->count; i++) {
		uint32_t info[SK_MEMINFO_VARS] = {0};
		socklen_t len = sizeof info;
		int fd = __atomic_load_n(&udp->sockets[i].fd, __ATOMIC_RELAXED);
		if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) == 0)
			sum += info[SK_MEMINFO_DROPS];
	}
	return sum;
}
