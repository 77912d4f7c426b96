/* round_trip.c - see round_trip.h. */
#include "round_trip.h"

#include <endian.h>
#include <string.h>

/* Steps are 2^n and 1.5 * 2^n. The present one reaches an eighth of itself beyond both its ends. */
static uint32_t step_of(uint32_t microseconds, uint32_t now)
{
	uint32_t step = ROUND_TRIP_LEAST;
	uint32_t next = now & (now - 1) ? now / 3 * 4 : now / 2 * 3;
	if (now && microseconds >= now - now / 8 && microseconds < next + now / 8)
		return now;
	while (step < ROUND_TRIP_MOST && microseconds >= step * 2)
		step *= 2;
	return microseconds >= step + step / 2 && step < ROUND_TRIP_MOST ? step + step / 2 : step;
}

uint32_t round_trip_least(const struct round_trip *trip)
{
	uint32_t least = trip->count ? trip->took[0] : 0;
	for (unsigned i = 1; i < trip->count; i++)
		least = trip->took[i] < least ? trip->took[i] : least;
	return least;
}

static bool set_step(struct round_trip *trip, uint32_t step)
{
	bool changed = step != trip->step;
	trip->step = step;
	return changed;
}

bool round_trip_took(struct round_trip *trip, uint32_t microseconds)
{
	trip->took[trip->next] = microseconds ? microseconds : 1;
	trip->next = (uint8_t)((trip->next + 1) % ROUND_TRIP_WINDOW);
	trip->count = (uint8_t)(trip->count + (trip->count < ROUND_TRIP_WINDOW));
	trip->lost = 0;
	return set_step(trip, step_of(round_trip_least(trip), trip->step));
}

bool round_trip_lost(struct round_trip *trip)
{
	if (trip->lost < ROUND_TRIP_WINDOW)
		trip->lost++;
	if (trip->lost < ROUND_TRIP_WINDOW)
		return false;
	trip->count = trip->next = 0;
	return set_step(trip, 0);
}

/* "FLYCAST", a question mark or an exclamation mark, index, four octets of nothing, nonce; big-endian. */
enum { AT_KIND = 7, AT_INDEX = 8, AT_NONCE = 16 };
static const char magic[AT_KIND] = "FLYCAST";

void round_trip_write(char out[ROUND_TRIP_MESSAGE], const struct round_trip_message *message)
{
	uint32_t index = htobe32(message->index);
	uint64_t nonce = htobe64(message->nonce);
	memset(out, 0, ROUND_TRIP_MESSAGE);
	memcpy(out, magic, sizeof magic);
	out[AT_KIND] = message->answer ? '!' : '?';
	memcpy(out + AT_INDEX, &index, sizeof index);
	memcpy(out + AT_NONCE, &nonce, sizeof nonce);
}

bool round_trip_read(struct round_trip_message *out, const char *in, size_t len)
{
	uint32_t index;
	uint64_t nonce;
	if (len != ROUND_TRIP_MESSAGE || memcmp(in, magic, sizeof magic) != 0 ||
	    (in[AT_KIND] != '!' && in[AT_KIND] != '?'))
		return false;
	memcpy(&index, in + AT_INDEX, sizeof index);
	memcpy(&nonce, in + AT_NONCE, sizeof nonce);
	*out = (struct round_trip_message){in[AT_KIND] == '!', be32toh(index), be64toh(nonce)};
	return true;
}
