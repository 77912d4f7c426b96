/* ready.h - tell whoever started us that we serve: a newline on the descriptor it gave, then close.
 * fd < 0 does nothing. Also tells systemd (NOTIFY_SOCKET) when it listens. */
#ifndef BASE_READY_H
#define BASE_READY_H

void ready_notify(int fd);

#endif
