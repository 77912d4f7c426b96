/* pour.h - bytes from one socket to another through a pipe, never in our memory (splice(2)). For flows that have lasted:
 * of little it moves less per call than reading and writing does.
 *
 * A pipe is borrowed while bytes are in it and no longer, so connections that rest hold none. Each thread keeps a few
 * spare ones and makes no more than POUR_MOST. */
#ifndef PROXY_POUR_H
#define PROXY_POUR_H

#include "io.h"

enum {
	POUR_AFTER = 4,    /* reads in a row that filled a block: from here on it pays */
	POUR_LEAST = 4096, /* a piece smaller than this: back to reading and writing */
	POUR_MOST = 256
};

struct pour {
	struct pour *next;
	int in;
	int out;
	size_t held; /* bytes in the pipe */
};

struct pours { /* of one thread; zero-initialise */
	struct pour *spare;
	unsigned count;
};

/* NULL: there are enough, or no descriptors for another; read and write instead. */
struct pour *pour_take(struct pours *pours);
/* NULL is fine. What is in it is lost. */
void pour_give(struct pours *pours, struct pour *pour);
void pours_free(struct pours *pours);

/* From a socket into an empty pipe. IO_DONE: held says how much. */
enum io_result pour_fill(struct pour *pour, int from);
/* From the pipe into a socket. IO_DONE: the pipe is empty; IO_AGAIN: the socket does not take all of it now. */
enum io_result pour_empty(struct pour *pour, int to);

#endif
