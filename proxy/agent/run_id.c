/* run_id.c - see run_id.h. */
#include "run_id.h"

#include <stdint.h>
#include <sys/random.h>

#include "base/clock.h"

enum { TIME_LETTERS = 10 };

void run_id_new(char out[RUN_ID])
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t time = (uint64_t)clock_wall_ms();
	uint8_t random[RUN_ID] = {0};
	/* Early in the boot of a host there may be none yet; the time alone tells runs of one Machine apart. */
	(void)!getrandom(random, sizeof random, GRND_NONBLOCK);
	for (int i = TIME_LETTERS - 1; i >= 0; i--, time >>= 5)
		out[i] = letters[time & 31];
	for (int i = TIME_LETTERS; i < RUN_ID - 1; i++)
		out[i] = letters[random[i] & 31];
	out[RUN_ID - 1] = '\0';
}
