/* number.h - numbers and durations as people write them. Pure. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits, a minus before them where min allows it. false: something else, or not from min to max; *out is untouched. */
bool number_read(int64_t *out, const char *text, int64_t min, int64_t max);
/* "90", "1.5s", "500ms", "2m", "1h30m"; at most 1e9 seconds. false: something else; *out is untouched. */
bool number_seconds(double *out, const char *text);

#endif
