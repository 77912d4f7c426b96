/* sockets.h - the sockets that questions come to: every address once per thread, bound here or taken over from the daemon
 * whose place this one takes. Owns the list; the sockets belong to the threads that answer on them. */
#ifndef DNS_SOCKETS_H
#define DNS_SOCKETS_H

#include "tcp.h"
#include "udp.h"

struct heirloom;
struct sockets;

enum sockets_kind { SOCKETS_UDP = 1, SOCKETS_TCP, SOCKETS_TLS }; /* in heir.h's messages */

struct sockets_wish {
	struct sockaddr_in6 *address; /* a port of 0 becomes the one that was free, for UDP and TCP alike */
	bool tls;                     /* for TLS alone; else for UDP and TCP */
};

struct sockets_share { /* one thread's; as long as the list */
	const int *udp;
	size_t udp_count;
	const struct tcp_listener *tcp;
	size_t tcp_count;
};

/* heirloom: what may be taken over, NULL: nothing. */
struct sockets *sockets_new(size_t threads, struct heirloom *heirloom);
/* All of the wishes, or -1 with errno and the one that failed in *failed; an address of another daemon is refused before
 * anything is bound. */
int sockets_open(struct sockets *sockets, const struct sockets_wish *wishes, size_t count, size_t *failed);
struct sockets_share sockets_share(const struct sockets *sockets, size_t thread);

typedef int sockets_visit(void *owner, enum sockets_kind kind, const struct sockaddr_in6 *address, int fd);
/* Every one, while the threads have them; stops at -1 and returns it. */
int sockets_each(const struct sockets *sockets, sockets_visit *visit, void *owner);
void sockets_free(struct sockets *sockets); /* NULL is fine */

#endif
