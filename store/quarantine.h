/* quarantine.h - which objects' newest rows are refused, and why; says so once when that changes.
 * Used by one thread; the two counts and a reason may be read from any.
 *
 * budget: nine functions: one more for those who only read. */
#ifndef STORE_QUARANTINE_H
#define STORE_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct quarantine;

struct quarantine *quarantine_new(void);
void quarantine_free(struct quarantine *quarantine); /* NULL is fine */

/* kept: an older good object goes on serving. */
void quarantine_refuse(struct quarantine *quarantine, const char *kind, const char *key, const char *reason, bool kept);
/* The object is good, or gone (then nothing is said). */
void quarantine_clear(struct quarantine *quarantine, const char *kind, const char *key, bool good);
/* Before a kind is read whole, and after it: whoever was not refused in between is clear. */
void quarantine_begin(struct quarantine *quarantine);
void quarantine_sweep(struct quarantine *quarantine, const char *kind);

/* Why the object is refused, into out[size]. false: it is not. */
bool quarantine_reason(struct quarantine *quarantine, const char *kind, const char *key, char *out, size_t size);
uint64_t quarantine_now(const struct quarantine *quarantine);  /* refused now */
uint64_t quarantine_ever(const struct quarantine *quarantine); /* turned from good to refused so far */

#endif
