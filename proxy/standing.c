/* standing.c - see standing.h. */
#include "standing.h"

/* The word: trial 1, refused 1, row 6, epoch 16, until 40 bits; from the top. */
enum { UNTIL_BITS = 40, EPOCH_BITS = 16, ROW_BITS = 6, ROW_MAX = 14 };

struct view {
	int64_t until_ms; /* of the pause, or of the trial */
	uint16_t epoch;
	uint8_t row;  /* harm since it was last good */
	bool refused; /* the last harm was that */
	bool trial;   /* there was one, or it is on, or none is needed */
};

static struct view view_of(uint64_t word)
{
	return (struct view){
	    .until_ms = (int64_t)(word & ((1ULL << UNTIL_BITS) - 1)),
	    .epoch = (uint16_t)(word >> UNTIL_BITS),
	    .row = (uint8_t)(word >> (UNTIL_BITS + EPOCH_BITS) & ((1U << ROW_BITS) - 1)),
	    .refused = word >> 62 & 1,
	    .trial = word >> 63,
	};
}

static uint64_t word_of(const struct view *v)
{
	return ((uint64_t)v->until_ms & ((1ULL << UNTIL_BITS) - 1)) | (uint64_t)v->epoch << UNTIL_BITS |
	       (uint64_t)v->row << (UNTIL_BITS + EPOCH_BITS) | (uint64_t)v->refused << 62 | (uint64_t)v->trial << 63;
}

/* Nothing is held against it in this life. */
static bool is_clean(uint64_t word, uint32_t epoch)
{
	return word == 0 || view_of(word).epoch != (uint16_t)epoch;
}

static enum standing_place place_of(const struct view *v, int64_t now_ms)
{
	if (now_ms < v->until_ms)
		return STANDING_OUT;
	return v->trial ? STANDING_IN : STANDING_DUE;
}

static uint32_t pause_ms(unsigned row)
{
	unsigned level = row / STANDING_REFUSED;
	uint32_t pause = level ? (uint32_t)STANDING_PAUSE_MIN_MS << (level - 1) : 0;
	return pause < STANDING_PAUSE_MAX_MS ? pause : STANDING_PAUSE_MAX_MS;
}

enum standing_place standing_look(const struct standing *standing, uint32_t epoch, int64_t now_ms)
{
	uint64_t word = atomic_load_explicit(&standing->word, memory_order_relaxed);
	if (is_clean(word, epoch))
		return STANDING_IN;
	struct view v = view_of(word);
	return place_of(&v, now_ms);
}

bool standing_try(struct standing *standing, uint32_t epoch, int64_t now_ms)
{
	uint64_t word = atomic_load(&standing->word);
	if (is_clean(word, epoch))
		return true;
	struct view v = view_of(word);
	enum standing_place place = place_of(&v, now_ms);
	if (place != STANDING_DUE)
		return place == STANDING_IN;
	v.trial = true;
	v.until_ms = now_ms + STANDING_TRIAL_MS;
	return atomic_compare_exchange_strong(&standing->word, &word, word_of(&v));
}

uint32_t standing_harm(struct standing *standing, uint32_t epoch, int64_t now_ms, enum standing_harm harm)
{
	uint64_t word = atomic_load(&standing->word);
	struct view v;
	uint32_t pause;
	do {
		v = view_of(is_clean(word, epoch) ? 0 : word);
		/* What else broke together with the first is no further harm. */
		if (!v.trial && now_ms < v.until_ms)
			return 0;
		unsigned row = v.row + (unsigned)harm;
		v.row = (uint8_t)(row < ROW_MAX ? row : ROW_MAX);
		pause = pause_ms(v.row);
		v.epoch = (uint16_t)epoch;
		v.refused = harm == STANDING_REFUSED;
		v.trial = pause == 0;
		v.until_ms = pause ? now_ms + pause : 0;
	} while (!atomic_compare_exchange_weak(&standing->word, &word, word_of(&v)));
	return pause;
}

bool standing_good(struct standing *standing, uint32_t epoch, bool answered)
{
	uint64_t word = atomic_load(&standing->word);
	struct view v;
	do {
		v = view_of(word);
		if (word == 0 || (!is_clean(word, epoch) && !answered && !v.refused))
			return false;
	} while (!atomic_compare_exchange_weak(&standing->word, &word, 0));
	return !is_clean(word, epoch) && pause_ms(v.row) > 0;
}
