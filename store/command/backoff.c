/* backoff.c - see backoff.h. */
#include "command/backoff.h"

#define GOOD_LIFE_SECONDS 60.0
#define FIRST_PAUSE_SECONDS 0.1
#define LONGEST_PAUSE_SECONDS 5.0

double backoff_next(struct backoff *backoff, double lived_seconds)
{
	double pause = FIRST_PAUSE_SECONDS;
	if (lived_seconds >= GOOD_LIFE_SECONDS)
		backoff->failures = 0;
	if (backoff->failures++ == 0)
		return 0;
	for (int i = 2; i < backoff->failures && pause < LONGEST_PAUSE_SECONDS; i++)
		pause *= 2;
	return pause < LONGEST_PAUSE_SECONDS ? pause : LONGEST_PAUSE_SECONDS;
}
