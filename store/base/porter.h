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
	int door; /* a socket that listens on the path already, which becomes the porter's; -1: none */
	inquiry_answer *answer;
	void *asked; /* its owner */
	/* fd is the owner's; its first octet is there. NULL: nobody takes over here */
	void (*heir)(void *owner, int fd);
	void *owner;
};

struct porter *porter_start(struct ev_loop *loop, const struct porter_facts *facts); /* NULL with errno */
int porter_door(const struct porter *porter); /* stays the porter's; -1: closed */
/* Nobody is let in any more. The path is freed, unless it is another one's by now. Questions that are being answered go
 * on. */
void porter_close(struct porter *porter, bool keep_path);
void porter_stop(struct porter *porter); /* NULL is fine */

#endif
