/* tap.h - what one answering thread has to tell dnstap: its questions and answers, copied into a ring of fixed size that
 * one other thread empties. Who puts never waits, locks or calls the system: what does not fit is counted and left out.
 * Pure. */
#ifndef DNS_TAP_H
#define DNS_TAP_H

#include "responder.h"

enum { TAP_ROOM = 4 << 20 }; /* octets; memory is taken as it is used */

/* Bytes live until the next tap_take(). */
struct tap_event {
	struct responder_client client;
	int64_t at_ns; /* since 1970: when it was answered */
	struct bytes question;
	struct bytes answer; /* len 0: none was given */
};

struct tap {
	_Alignas(64) uint64_t written; /* octets so far; the answering thread's */
	uint64_t dropped;              /* events */
	_Alignas(64) uint64_t taken;   /* octets so far; the other thread's */
	uint64_t held; /* of the event that was taken last and may be overwritten from the next call on */
	uint8_t ring[TAP_ROOM];
};

void tap_put(struct tap *tap, const struct tap_event *event);
/* What was asked and answered just now. */
void tap_question(struct tap *tap, const struct responder_client *client, struct bytes question, struct bytes answer);
bool tap_take(struct tap *tap, struct tap_event *event); /* false: there is none */
uint64_t tap_dropped(const struct tap *tap);             /* any thread */

/* A ring for each thread: they are given out one by one, before the threads start. */
struct taps {
	size_t count;
	size_t claimed;
	struct tap *all[];
};
struct taps *taps_new(size_t count);
struct tap *taps_claim(struct taps *taps); /* NULL: taps is NULL */
void taps_free(struct taps *taps);         /* NULL is fine */

#endif
