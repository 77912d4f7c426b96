/* round_trip.h - how far another host is, from what single probes took: the least of the last ones, because a queue can
 * only make it longer, in coarse steps, so that it seldom changes and hosts alike are equally far. Pure. And what probes
 * look like on the wire. */
#ifndef PROXY_ROUND_TRIP_H
#define PROXY_ROUND_TRIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ROUND_TRIP_WINDOW = 8,     /* probes that are remembered; so many lost in a row, and nothing is known */
	ROUND_TRIP_LEAST = 512,    /* microseconds; nearer than that is all the same */
	ROUND_TRIP_MOST = 8388608, /* farther is all the same */
	ROUND_TRIP_MESSAGE = 24,
};

struct round_trip { /* all zero: nothing is known */
	uint32_t took[ROUND_TRIP_WINDOW];
	uint8_t count;
	uint8_t next;
	uint8_t lost;  /* in a row */
	uint32_t step; /* microseconds; 0: not known */
};

/* True: the step is another one. */
bool round_trip_took(struct round_trip *trip, uint32_t microseconds);
bool round_trip_lost(struct round_trip *trip);
uint32_t round_trip_least(const struct round_trip *trip); /* of those remembered, in microseconds; 0: none */

/* A question and its answer are of one size, so that nobody is made to say more than he was told. */
struct round_trip_message {
	bool answer;
	uint32_t index;
	uint64_t nonce; /* what the asker made up: who did not hear it cannot answer */
};
void round_trip_write(char out[ROUND_TRIP_MESSAGE], const struct round_trip_message *message);
bool round_trip_read(struct round_trip_message *out, const char *in, size_t len);

#endif
