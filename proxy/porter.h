/* porter.h - the Unix socket --control: lets in who comes, and sees by the first octet what for. Questions (inquiry.h) it
 * has answered itself; a proxy that wants to take this one's place (heir.h) is handed to the owner. In the main thread. */
#ifndef PROXY_PORTER_H
#define PROXY_PORTER_H

#include <ev.h>

struct porter;
struct proxy;

struct porter_facts {
	const struct proxy *proxy;
	const char *path;
	void (*heir)(void *owner, int fd); /* fd is the owner's; its first octet is there */
	void *owner;
};

struct porter *porter_start(struct ev_loop *loop, const struct porter_facts *facts); /* NULL with errno */
/* Nobody is let in any more, the path is free. Questions that are being answered go on. */
void porter_close(struct porter *porter);
void porter_stop(struct porter *porter); /* NULL is fine */

#endif
