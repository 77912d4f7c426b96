/* secret_text.h - NAME=VALUE as people write it: words of flycast secrets set, and the lines that secrets import reads.
 * Pure. A sentence about something wrong says where it is and repeats nothing of it. */
#ifndef COMMAND_SECRET_TEXT_H
#define COMMAND_SECRET_TEXT_H

#include <stddef.h>

#include "secret.h"

struct secret_list {                 /* owns the array; names and values are borrowed */
	struct secret_change *items; /* each name once */
	size_t count;
	size_t room;
};
void secret_list_free(struct secret_list *list);
/* What was said before of the same name is forgotten. */
void secret_list_add(struct secret_list *list, const char *name, struct bytes value);

/* NAME=VALUE; writes NUL into the word where the name ends. number: which word, for the sentence. 0, or -1 with a sentence
 * appended to why. */
int secret_word_read(struct secret_list *list, char *word, int number, struct text *why);
/* Lines of NAME=VALUE, also with export before and blanks around =; those that are empty or begin with # are skipped. A
 * value may stand in one pair of quotes, which are not part of it, or go over several lines between """ and """. A line
 * may end with CR LF. The list points into `in`, which is changed. 0, or -1 with a sentence appended to why. */
int secret_lines_read(struct secret_list *list, struct text *in, struct text *why);

#endif
