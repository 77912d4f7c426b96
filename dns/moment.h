/* moment.h - what changes while questions are answered, besides the zone: the time, whether the registry can still be
 * read, and the secrets of DNS cookies (cookie.h). Looks every second in main's loop and tells the answering threads
 * through struct responder_now; they never wait for it. Owns the secrets.
 *
 * The secrets are this process's own, made at random and anew each day, or those of a file, which servers of one address share (RFC 9018
 * 5): one of 32 hex digits a line, the first one makes cookies, all are taken. The file is read again when it changes; what
 * cannot be used leaves those before, with a line in the log. */
#ifndef DNS_MOMENT_H
#define DNS_MOMENT_H

#include "responder.h"

struct catalog;
struct ev_loop;
struct moment;

struct moment_facts {
	const char *secrets;  /* path; "none": no cookies; NULL: secrets of our own */
	double stale_seconds; /* answers say that they are stale when the registry was not read for so long; 0: never */
};

/* Reads the secrets. NULL: a sentence is appended to *why. */
struct moment *moment_open(const struct moment_facts *facts, struct text *why);
/* From here on that is where it tells; before the first question, so that no cookie is missed. */
void moment_tell(struct moment *moment, struct responder_now *now);
/* From now on, in this thread, which is registered with RCU. */
void moment_watch(struct moment *moment, struct ev_loop *loop, const struct catalog *catalog);
void moment_free(struct moment *moment); /* in that thread, when nobody answers any more; NULL is fine */

#endif
