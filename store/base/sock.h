/* sock.h - bound sockets. Every one is non-blocking and closed on exec. IPv6 sockets also take IPv4 clients
 * (::ffff:a.b.c.d). All return a descriptor, or -1 with errno; a port of 0 in *addr becomes the port it got. */
#ifndef BASE_SOCK_H
#define BASE_SOCK_H

#include <netinet/in.h>
#include <stdbool.h>

/* shared: other sockets of this process may bind the same address (SO_REUSEPORT) and the kernel spreads clients. */
int sock_tcp(struct sockaddr_in6 *addr, bool shared); /* listening */
int sock_udp(struct sockaddr_in6 *addr, bool shared);
/* Listening on a path, open to the process's user and group. What is left over of a dead daemon is replaced; a path
 * that somebody still answers on gives EADDRINUSE. */
int sock_unix(const char *path);
/* For who opens such a path by itself: a lock on its directory, held from looking whether somebody answers there until
 * listening, because between bind and listen a socket looks dead to another daemon that starts. close() gives it back;
 * -1: not had within a second, and one goes on without it. */
int sock_unix_lock(const char *path);

#endif
