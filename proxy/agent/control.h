/* control.h - the socket on which proxies ask for Machines to be woken and put to rest (ask.h says what is spoken).
 *
 * Owns the socket and its clients. A client that does not read what it is sent is dropped; it hears everything again when
 * it comes back. */
#ifndef AGENT_CONTROL_H
#define AGENT_CONTROL_H

#include "ask.h"

struct client;
struct control;
struct ev_loop;

struct control_handler {
	void *owner;
	void (*greet)(void *owner, struct client *client); /* it came: tell it every state */
	void (*asked)(void *owner, struct client *client,
	              const struct ask *ask); /* a start, stop, suspend, explain or away */
	/* It went: answer it no more. Comes from the loop, never from inside a call of this header but control_stop(). */
	void (*left)(void *owner, struct client *client);
};

/* NULL with errno: the path cannot be listened on, somebody does already (EADDRINUSE), or it is no socket (ENOTSOCK).
 * Mode 0660, group of its directory. */
struct control *control_start(struct ev_loop *loop, const char *path, const struct control_handler *handler);
void control_stop(struct control *control); /* NULL is fine; the path is removed */

void control_send(struct control *control, struct client *client, const struct ask *ask);
void control_broadcast(struct control *control, const struct ask *ask);

#endif
