/* clock.h - time: monotonic for intervals, wall for people. Owns nothing. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

enum { CLOCK_TEXT = 32 }; /* bytes for clock_text() */

int64_t clock_mono_ms(void);
int64_t clock_mono_ns(void);
int64_t clock_wall_ms(void); /* since 1970 UTC */
int64_t clock_wall_ns(void);

/* "2026-11-23T08:59:20.123Z" into out[CLOCK_TEXT]; returns out. */
char *clock_text(char *out, int64_t wall_ms);

#endif
