/* dnstap.h - questions and answers as dnstap's messages (dnstap.info), to a file or to who listens on a Unix socket.
 * A thread of its own empties the rings of the answering threads (tap.h), and it alone waits for a reader. What nobody
 * listens to is thrown away and counted; a socket that is not there, or goes away, is tried again every second. */
#ifndef DNS_DNSTAP_H
#define DNS_DNSTAP_H

#include <stdint.h>

#include "base/text.h"

struct dnstap;
struct taps;

struct dnstap_stats {
	uint64_t frames;  /* messages that were written */
	uint64_t dropped; /* questions that found their thread's ring full */
	uint64_t lost;    /* messages that nobody listened to */
};

/* place: "unix:PATH", or the path of a file, which is begun anew and opened now, with the rights we have now. It and identity
 * outlive it. threads: that answer. NULL: *why is the reason. */
struct dnstap *dnstap_open(const char *place, const char *identity, size_t threads, struct text *why);
struct taps *dnstap_taps(struct dnstap *dnstap); /* for those threads; NULL: NULL */
int dnstap_start(struct dnstap *dnstap);         /* its thread; -1 with errno; NULL is fine, as for what follows */
struct dnstap_stats dnstap_stats(const struct dnstap *dnstap); /* any thread */
/* After the answering threads have ended: writes what is left. A reader that does not read is waited for a short while only;
 * then all is left to the end of the process. */
void dnstap_stop(struct dnstap *dnstap);

#endif
