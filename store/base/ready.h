/* ready.h - tell whoever started us how we are: a newline on the descriptor it gave, and systemd's protocol (sd_notify(3))
 * on the socket that NOTIFY_SOCKET names. Where there is neither, nothing happens. The socket is opened once, by the first
 * who says something. */
#ifndef BASE_READY_H
#define BASE_READY_H

#include <stdint.h>

void ready_notify(int fd); /* we serve; fd is closed, < 0: none */
/* "STOPPING=1", "WATCHDOG=1", "STATUS=...", one or more lines. Any thread. */
void ready_say(const char *state);
void ready_reloading(void);      /* until ready_say("READY=1") */
int64_t ready_watchdog_ms(void); /* systemd wants WATCHDOG=1 at least this often; 0: it does not */

#endif
