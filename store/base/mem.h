/* mem.h - memory that is there or the process is not.
 * Owns nothing. Running out of memory ends the process with one log line (a supervisor restarts it): no caller has to
 * handle it, so every result is used without a check. Sizes are bytes. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *mem_new(size_t size);                     /* zeroed; free() it */
void *mem_new_array(size_t count, size_t size); /* zeroed; checks the product for overflow */
void *mem_resize(void *old, size_t size);       /* realloc; the new part is not zeroed */
/* Room for one more item after `count` of them; *room is in items and doubles. The new part is not zeroed. */
void *mem_grow(void *items, size_t count, size_t *room, size_t size);
void *mem_copy(const void *from, size_t size);
char *mem_text(const char *text); /* strdup; NULL gives NULL */

#endif
