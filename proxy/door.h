/* door.h - a socket that listens, in one worker's thread: whoever connects is given to its conn_accept() with the address
 * and port that were dialled. Owns the socket. */
#ifndef PROXY_DOOR_H
#define PROXY_DOOR_H

#include <netinet/in.h>

struct door;
struct worker;

/* A socket that listens there, on an address that need not exist (IPV6_FREEBIND), with SO_REUSEPORT; *port 0 becomes the
 * one it got. -1 with errno. */
int door_listen(const struct in6_addr *address, uint16_t *port, int backlog);
/* address NULL: what was dialled differs from connection to connection. */
struct door *door_new(int fd, const struct in6_addr *address, uint16_t port);
int door_fd(const struct door *door); /* -1: the worker has closed it */
/* From any thread; the worker's, which frees it, from then on until it has ended. */
void door_start(struct door *door, struct worker *worker);
void door_stop(struct door *door, struct worker *worker);
void door_free(struct door *door); /* never started, or the worker has ended. NULL is fine */
/* In the worker's thread: all of them, for good. */
void doors_close(struct worker *worker);

#endif
