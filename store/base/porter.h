/* porter.h - the Unix socket --control: lets in who comes, and sees by the first octet what for. Questions (inquiry.h) it
 * has answered itself; a process that wants to take this one's place (its first octet is no letter) is handed to the owner.
 * In the main thread. */
#ifndef BASE_PORTER_H
#define BASE_PORTER_H

#include <ev.h>

#include "base/inquiry.h"

struct porter;

struct porter_facts {
	const char *path;
	inquiry_answer *answer;
	void *asked; /* its owner */
	void (*heir)(void *owner,
	             int fd); /* fd is the owner's; its first octet is there. NULL: nobody takes over here */
	void *owner;
};

struct porter *porter_start(struct ev_loop *loop, const struct porter_facts *facts); /* NULL with errno */
/* Nobody is let in any more, the path is free. Questions that are being answered go on. */
void porter_close(struct porter *porter);
void porter_stop(struct porter *porter); /* NULL is fine */

#endif
