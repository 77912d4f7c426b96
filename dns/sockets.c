/* sockets.c - see sockets.h. */
#include "sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/heirloom.h"
#include "base/mem.h"
#include "base/sock.h"

enum { BIND_TRIES = 16, ADDRESSES_MAX = 2 * UDP_SOCKETS_MAX };

struct place {
	int udp[UDP_SOCKETS_MAX];
	struct tcp_listener tcp[ADDRESSES_MAX];
};

struct sockets {
	struct heirloom *heirloom;
	size_t threads;
	size_t udp_count;
	size_t tcp_count;
	struct place *places; /* one for each thread */
};

struct sockets *sockets_new(size_t threads, struct heirloom *heirloom)
{
	struct sockets *s = mem_new(sizeof *s);
	s->heirloom = heirloom;
	s->threads = threads;
	s->places = mem_new_array(threads, sizeof *s->places);
	return s;
}

static int taken(struct sockets *s, enum sockets_kind kind, const struct sockaddr_in6 *at)
{
	return heirloom_socket(s->heirloom, kind, &at->sin6_addr, ntohs(at->sin6_port));
}

/* Those of the other daemon for as many threads as it had. False: it does not listen there. */
static bool take(struct sockets *s, const struct sockets_wish *wish)
{
	bool all = true;
	for (size_t i = 0; i < s->threads; i++) {
		struct place *p = &s->places[i];
		int *udp = &p->udp[s->udp_count];
		struct tcp_listener *tcp = &p->tcp[s->tcp_count];
		*tcp = (struct tcp_listener){taken(s, wish->tls ? SOCKETS_TLS : SOCKETS_TCP, wish->address), wish->tls};
		all &= tcp->fd >= 0;
		if (!wish->tls) {
			*udp = taken(s, SOCKETS_UDP, wish->address);
			all &= *udp >= 0;
		}
	}
	return all;
}

/* Sockets that share a port would share it with another flycast-dns, too, and each would get half of the questions. */
static int probe(const struct sockets_wish *wish)
{
	struct sockaddr_in6 alone = *wish->address;
	int fd = wish->tls ? sock_tcp(&alone, false) : sock_udp(&alone, false);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/* UDP takes a port, TCP must get the same one. */
static int bind_first(struct place *p, size_t udp, size_t tcp, struct sockaddr_in6 *addr)
{
	bool any_port = addr->sin6_port == 0;
	for (int tries = 0; tries < BIND_TRIES; tries++) {
		p->udp[udp] = sock_udp(addr, true);
		if (p->udp[udp] < 0)
			return -1;
		p->tcp[tcp].fd = sock_tcp(addr, true);
		if (p->tcp[tcp].fd >= 0)
			return 0;
		int why = errno;
		close(p->udp[udp]);
		errno = why;
		if (!any_port || why != EADDRINUSE)
			return -1;
		addr->sin6_port = 0;
	}
	return -1;
}

static int bind_all(struct sockets *s, const struct sockets_wish *wish)
{
	size_t udp = s->udp_count, tcp = s->tcp_count;
	for (size_t i = 0; i < s->threads; i++) {
		struct place *p = &s->places[i];
		p->tcp[tcp].tls = wish->tls;
		if (i == 0 && !wish->tls) {
			if (bind_first(p, udp, tcp, wish->address) < 0)
				return -1;
			continue;
		}
		if (!wish->tls && (p->udp[udp] = sock_udp(wish->address, true)) < 0)
			return -1;
		p->tcp[tcp].fd = sock_tcp(wish->address, true);
		if (p->tcp[tcp].fd < 0)
			return -1;
	}
	return 0;
}

static void count_in(struct sockets *s, const struct sockets_wish *wish)
{
	s->tcp_count++;
	s->udp_count += !wish->tls;
}

int sockets_open(struct sockets *s, const struct sockets_wish *wishes, size_t count, size_t *failed)
{
	bool had[ADDRESSES_MAX] = {0};
	*failed = 0;
	if (count > ADDRESSES_MAX) {
		errno = E2BIG;
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		*failed = i;
		had[i] = take(s, &wishes[i]);
		if (had[i])
			count_in(s, &wishes[i]);
		else if (probe(&wishes[i]) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		*failed = i;
		if (had[i])
			continue;
		if (bind_all(s, &wishes[i]) < 0)
			return -1;
		count_in(s, &wishes[i]);
	}
	return 0;
}

struct sockets_share sockets_share(const struct sockets *s, size_t thread)
{
	const struct place *p = &s->places[thread];
	return (struct sockets_share){p->udp, s->udp_count, p->tcp, s->tcp_count};
}

static int visit_one(sockets_visit *visit, void *owner, enum sockets_kind kind, int fd)
{
	struct sockaddr_in6 at = {0};
	socklen_t len = sizeof at;
	return getsockname(fd, (struct sockaddr *)&at, &len) < 0 ? -1 : visit(owner, kind, &at, fd);
}

int sockets_each(const struct sockets *s, sockets_visit *visit, void *owner)
{
	int rc = 0;
	for (size_t i = 0; i < s->threads; i++) {
		const struct place *p = &s->places[i];
		for (size_t k = 0; rc == 0 && k < s->udp_count; k++)
			rc = visit_one(visit, owner, SOCKETS_UDP, p->udp[k]);
		for (size_t k = 0; rc == 0 && k < s->tcp_count; k++)
			rc = visit_one(visit, owner, p->tcp[k].tls ? SOCKETS_TLS : SOCKETS_TCP, p->tcp[k].fd);
	}
	return rc;
}

void sockets_free(struct sockets *s)
{
	if (!s)
		return;
	free(s->places);
	free(s);
}
