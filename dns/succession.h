/* succession.h - how one flycast-dns takes the place of another, without a question lost: the new one gets every socket over
 * the old one's --control (base/heir.h), reads the registry, and answers; then the old one answers what it has read and the
 * connections it has, until they end. In the main thread. */
#ifndef DNS_SUCCESSION_H
#define DNS_SUCCESSION_H

#include <ev.h>
#include <netinet/in.h>

#include "base/inquiry.h"

struct heirloom;
struct server;
struct succession;

struct succession_facts {
	struct server *server;
	const char *control; /* path; NULL: nobody can take over, or ask */
	inquiry_answer *answer;
	void *asked; /* its owner */
	int threads;
	int metrics;          /* the socket of the metrics, or -1 */
	double drain_seconds; /* the most that connections get once another one has our place */
	/* Another one has our place: close what else listens. The loop is broken when everything is drained. */
	void (*left)(void *owner);
	void *owner;
};

/* Takes what the daemon behind the path has, if there is one; NULL path: there is none. NULL: it did not give it, one line
 * in the log says why. */
struct succession *succession_begin(struct ev_loop *loop, const char *control);
/* What was taken over, for server_open(); NULL: nothing. *threads becomes the number of its threads. */
struct heirloom *succession_heirloom(struct succession *succession, int *threads);
/* The socket of the metrics that was taken over and is bound to this; -1: there is none. */
int succession_metrics(struct succession *succession, const struct sockaddr_in6 *at);
/* The path is there, or the one before goes on at it. -1 with errno. */
int succession_open(struct succession *succession, const struct succession_facts *facts);
/* Questions are answered: the one before stops, and whoever comes to the path from now on comes to this one. */
void succession_ready(struct succession *succession);
void succession_close(struct succession *succession); /* nobody asks any more; NULL is fine, as for the next */
void succession_free(struct succession *succession);

#endif
