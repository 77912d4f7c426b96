/* sounder.c - see sounder.h. */
#include "sounder.h"

#include <errno.h>
#include <ev.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "catalog.h"
#include "proxy.h"
#include "round_trip.h"
#include "wake.h"

enum {
	PACKETS_MAX = 64,    /* read in one turn of the loop */
	ANSWERS_EACH = 8,    /* that each host may ask for in a second */
	TELL_INTERVALS = 12, /* the registry hears of changes once in so many intervals */
};
static const double PAUSE_MIN = 0.005; /* between two questions, whoever they are for */
static const double AGAIN_SECONDS = 5; /* after an address could not be opened */

struct host {
	char *name;
	char region[4];
	struct sockaddr_in6 at;
	struct round_trip trip;
	uint64_t nonce;  /* of the question that has no answer yet */
	int64_t sent_ns; /* 0: no question is out */
};

struct sounder {
	struct proxy *proxy;
	struct ev_loop *loop;
	double interval;
	struct host *hosts; /* by address; without this one */
	size_t count;
	size_t turn;             /* whom to ask next */
	struct sockaddr_in6 own; /* port 0: none, and nothing happens */
	ev_io door;              /* where questions come in */
	ev_io ear;               /* where answers come in: another port, so that two proxies can have the door */
	ev_timer ask;
	ev_timer tell;
	int64_t second; /* that `answers` is of */
	size_t answers;
	uint64_t asked;
	uint64_t lost;
	bool failing; /* the address could not be opened, and the log says so */
	bool resting;
	unsigned ups; /* of the agent's link, when it was told last */
	char told[ASK_SIZE];
};

struct roll { /* the hosts, on their way to the control thread */
	struct job job;
	struct sounder *sounder;
	struct host *hosts;
	size_t count;
	struct sockaddr_in6 own;
};

/* ---------------------------------------------------------------------------------------------------------- regions */

/* The nearest host of it; 0: none is known. */
static uint32_t step_to(const struct sounder *s, const char *region)
{
	uint32_t least = 0;
	for (size_t i = 0; i < s->count; i++) {
		uint32_t step = s->hosts[i].trip.step;
		if (step && (!least || step < least) && strcmp(s->hosts[i].region, region) == 0)
			least = step;
	}
	return least;
}

static void settle_region(const struct sounder *s, const char *region)
{
	far_measured(&s->proxy->fleet.far, region, step_to(s, region));
}

static void on_tell(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct sounder *s = timer->data;
	char now[ASK_SIZE];
	unsigned ups = wakes_ups(s->proxy->wakes);
	(void)loop, (void)events;
	far_write(&s->proxy->fleet.far, now, sizeof now / 2);
	if ((ups == s->ups && strcmp(now, s->told) == 0) || !wakes_tell_away(s->proxy->wakes, now))
		return;
	s->ups = ups;
	snprintf(s->told, sizeof s->told, "%s", now);
}

/* ---------------------------------------------------------------------------------------------------------- packets */

static int compare_address(const void *a, const void *b)
{
	return memcmp(&((const struct host *)a)->at.sin6_addr, &((const struct host *)b)->at.sin6_addr,
	              sizeof(struct in6_addr));
}

static bool is_host(const struct sounder *s, const struct in6_addr *ip)
{
	struct host key = {.at.sin6_addr = *ip};
	return bsearch(&key, s->hosts, s->count, sizeof key, compare_address);
}

static bool may_answer(struct sounder *s)
{
	int64_t second = clock_mono_ms() / 1000;
	if (second != s->second)
		s->answers = 0;
	s->second = second;
	return s->answers++ < ANSWERS_EACH * (s->count + 1);
}

static void on_question(struct ev_loop *loop, ev_io *io, int events)
{
	struct sounder *s = io->data;
	(void)loop, (void)events;
	for (int i = 0; i < PACKETS_MAX; i++) {
		char packet[ROUND_TRIP_MESSAGE + 1];
		struct sockaddr_in6 from = {0};
		struct round_trip_message message;
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(io->fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &len);
		if (n < 0)
			return;
		if (!round_trip_read(&message, packet, (size_t)n) || message.answer || !is_host(s, &from.sin6_addr) ||
		    !may_answer(s))
			continue;
		message.answer = true;
		round_trip_write(packet, &message);
		(void)sendto(io->fd, packet, ROUND_TRIP_MESSAGE, 0, (const struct sockaddr *)&from, len);
	}
}

static void take_answer(struct sounder *s, const struct round_trip_message *message, const struct sockaddr_in6 *from)
{
	struct host *host = message->index < s->count ? &s->hosts[message->index] : NULL;
	if (!host || !host->sent_ns || host->nonce != message->nonce || host->at.sin6_port != from->sin6_port ||
	    !IN6_ARE_ADDR_EQUAL(&host->at.sin6_addr, &from->sin6_addr))
		return;
	int64_t us = (clock_mono_ns() - host->sent_ns) / 1000;
	host->sent_ns = 0;
	if (round_trip_took(&host->trip, us < ROUND_TRIP_MOST ? (uint32_t)us : ROUND_TRIP_MOST))
		settle_region(s, host->region);
}

static void on_answer(struct ev_loop *loop, ev_io *io, int events)
{
	struct sounder *s = io->data;
	(void)loop, (void)events;
	for (int i = 0; i < PACKETS_MAX; i++) {
		char packet[ROUND_TRIP_MESSAGE + 1];
		struct sockaddr_in6 from = {0};
		struct round_trip_message message;
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(io->fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &len);
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
			continue; /* what became of an earlier packet: its host counts as silent */
		if (n < 0)
			return;
		if (round_trip_read(&message, packet, (size_t)n) && message.answer)
			take_answer(s, &message, &from);
	}
}

static void give_up(struct sounder *s, struct host *host)
{
	s->lost++;
	host->sent_ns = 0;
	if (round_trip_lost(&host->trip))
		settle_region(s, host->region);
}

static void on_ask(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct sounder *s = timer->data;
	char packet[ROUND_TRIP_MESSAGE];
	(void)loop, (void)events;
	if (s->turn >= s->count)
		s->turn = 0;
	struct host *host = &s->hosts[s->turn];
	if (host->sent_ns)
		give_up(s, host);
	struct round_trip_message message = {.index = (uint32_t)s->turn++};
	if (getrandom(&message.nonce, sizeof message.nonce, GRND_NONBLOCK) != sizeof message.nonce)
		return;
	round_trip_write(packet, &message);
	s->asked++;
	host->nonce = message.nonce;
	host->sent_ns = clock_mono_ns();
	(void)sendto(s->ear.fd, packet, sizeof packet, 0, (const struct sockaddr *)&host->at, sizeof host->at);
}

/* ---------------------------------------------------------------------------------------------------------- sockets */

static int open_socket(const struct sockaddr_in6 *own, bool door)
{
	const int on = 1, off = 0;
	struct sockaddr_in6 at = *own;
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (!door)
		at.sin6_port = 0;
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0 &&
	    (!door || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
	    bind(fd, (const struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

static void shut(struct sounder *s)
{
	ev_timer_stop(s->loop, &s->ask);
	ev_io *const both[] = {&s->door, &s->ear};
	for (size_t i = 0; i < 2; i++) {
		ev_io_stop(s->loop, both[i]);
		if (both[i]->fd >= 0)
			close(both[i]->fd);
		ev_io_set(both[i], -1, EV_READ);
	}
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events);

/* Asks one after the other, or tries again to open the address. */
static void set_pace(struct sounder *s)
{
	double seconds = s->ear.fd < 0 ? AGAIN_SECONDS : s->count ? s->interval / (double)s->count : 0;
	ev_timer_stop(s->loop, &s->ask);
	ev_set_cb(&s->ask, s->ear.fd < 0 ? on_again : on_ask);
	if (seconds <= 0)
		return;
	seconds = seconds > PAUSE_MIN ? seconds : PAUSE_MIN;
	ev_timer_set(&s->ask, seconds, seconds);
	ev_timer_start(s->loop, &s->ask);
}

static bool open_both(struct sounder *s)
{
	int door = open_socket(&s->own, true);
	int ear = door >= 0 ? open_socket(&s->own, false) : -1;
	int why = errno;
	if (ear < 0 && door >= 0)
		close(door);
	errno = why;
	if (ear < 0)
		return false;
	ev_io_set(&s->door, door, EV_READ);
	ev_io_set(&s->ear, ear, EV_READ);
	ev_io_start(s->loop, &s->door);
	ev_io_start(s->loop, &s->ear);
	return true;
}

static void open_up(struct sounder *s)
{
	char text[ADDR_TEXT];
	shut(s);
	if (s->resting || s->own.sin6_port == 0)
		return;
	if (open_both(s))
		log_info("probes are answered address=%s", addr_text(text, &s->own));
	else if (!s->failing)
		log_warn("probes not answered address=%s: %s; trying again", addr_text(text, &s->own), strerror(errno));
	s->failing = s->ear.fd < 0;
	set_pace(s);
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	open_up(timer->data);
}

/* ------------------------------------------------------------------------------------------------------------ hosts */

static void free_hosts(struct host *hosts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(hosts[i].name);
	free(hosts);
}

static bool same_place(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b)
{
	return a->sin6_port == b->sin6_port && IN6_ARE_ADDR_EQUAL(&a->sin6_addr, &b->sin6_addr);
}

/* What is known of a host stays known when others come and go. */
static void keep_known(struct host *now, const struct sounder *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (same_place(&s->hosts[i].at, &now->at) && strcmp(s->hosts[i].name, now->name) == 0)
			now->trip = s->hosts[i].trip;
}

static void take_roll(struct job *job, void *owner)
{
	struct roll *roll = (struct roll *)((char *)job - offsetof(struct roll, job));
	struct sounder *s = roll->sounder;
	(void)owner;
	for (size_t i = 0; i < s->count; i++)
		far_measured(&s->proxy->fleet.far, s->hosts[i].region, 0);
	/* From another address of this host they may be elsewhere. */
	bool moved = !same_place(&s->own, &roll->own);
	for (size_t i = 0; i < roll->count && !moved; i++)
		keep_known(&roll->hosts[i], s);
	free_hosts(s->hosts, s->count);
	s->hosts = roll->hosts;
	s->count = roll->count;
	s->own = roll->own;
	for (size_t i = 0; i < s->count; i++)
		settle_region(s, s->hosts[i].region);
	free(roll);
	if (moved)
		open_up(s);
	else if (s->ear.fd >= 0)
		set_pace(s);
}

void sounder_hosts(struct sounder *sounder, const struct catalog *catalog, const char *own)
{
	size_t count;
	const struct catalog_host *rows = catalog_hosts(catalog, &count);
	struct roll *roll = mem_new(sizeof *roll);
	roll->job.run = take_roll;
	roll->sounder = sounder;
	roll->hosts = mem_new_array(count + 1, sizeof *roll->hosts);
	for (size_t i = 0; i < count; i++) {
		const struct catalog_host *row = &rows[i];
		if (row->probe.sin6_port == 0)
			continue;
		if (strcmp(row->name, own) == 0) {
			roll->own = row->probe;
			continue;
		}
		if (roll->count == SOUNDER_HOSTS) {
			log_warn("hosts beyond the first %d are not asked how far they are", SOUNDER_HOSTS);
			break;
		}
		struct host *host = &roll->hosts[roll->count++];
		host->name = mem_text(row->name);
		host->at = row->probe;
		memcpy(host->region, row->region, sizeof host->region);
	}
	qsort(roll->hosts, roll->count, sizeof *roll->hosts, compare_address);
	inbox_post(sounder->proxy->control, &roll->job);
}

/* ------------------------------------------------------------------------------------------------------------- life */

struct sounder *sounder_start(struct proxy *proxy, struct ev_loop *loop, double interval)
{
	if (interval <= 0)
		return NULL;
	struct sounder *s = mem_new(sizeof *s);
	s->proxy = proxy;
	s->loop = loop;
	s->interval = interval;
	ev_io_init(&s->door, on_question, -1, EV_READ);
	ev_io_init(&s->ear, on_answer, -1, EV_READ);
	ev_timer_init(&s->ask, on_ask, 0., 0.);
	ev_timer_init(&s->tell, on_tell, TELL_INTERVALS * interval, TELL_INTERVALS * interval);
	s->door.data = s->ear.data = s->ask.data = s->tell.data = s;
	ev_timer_start(loop, &s->tell);
	return s;
}

void sounder_rest(struct sounder *sounder)
{
	if (!sounder)
		return;
	sounder->resting = true;
	ev_timer_stop(sounder->loop, &sounder->tell);
	shut(sounder);
}

void sounder_stop(struct sounder *sounder)
{
	if (!sounder)
		return;
	sounder_rest(sounder);
	free_hosts(sounder->hosts, sounder->count);
	free(sounder);
}

/* ---------------------------------------------------------------------------------------------------------- metrics */

/* As a label's value. */
static void put_label(struct text *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			text_put(out, "\\");
		text_add(out, *text == '\n' ? " " : text, 1);
	}
}

void sounder_metrics(struct text *out, const struct sounder *sounder)
{
	if (!sounder || sounder->own.sin6_port == 0)
		return;
	text_format(out,
	            "# HELP flycast_proxy_probes_total Questions to other hosts how far they are.\n"
	            "# TYPE flycast_proxy_probes_total counter\nflycast_proxy_probes_total %llu\n"
	            "# HELP flycast_proxy_probes_lost_total Those that were not answered before the next.\n"
	            "# TYPE flycast_proxy_probes_lost_total counter\nflycast_proxy_probes_lost_total %llu\n"
	            "# HELP flycast_proxy_host_round_trip_seconds The quickest of the last answers of a host.\n"
	            "# TYPE flycast_proxy_host_round_trip_seconds gauge\n",
	            (unsigned long long)sounder->asked, (unsigned long long)sounder->lost);
	for (size_t i = 0; i < sounder->count; i++) {
		const struct host *host = &sounder->hosts[i];
		if (host->trip.count == 0)
			continue;
		text_put(out, "flycast_proxy_host_round_trip_seconds{host=\"");
		put_label(out, host->name);
		text_format(out, "\",region=\"%s\"} %.6f\n", host->region, round_trip_least(&host->trip) / 1e6);
	}
}
