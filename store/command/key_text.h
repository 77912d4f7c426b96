/* key_text.h - transfer keys as name servers write them in their configurations: read and written.
 * Touches no file. A sentence about something wrong repeats nothing of a secret. */
#ifndef COMMAND_KEY_TEXT_H
#define COMMAND_KEY_TEXT_H

#include "base/text.h"
#include "transfer_key.h"

#define KEY_TEXT_FORMS "bind nsd knot dig"

/* Reads a key that is written as BIND has it (tsig-keygen), or as dig -y takes it: [algorithm:]name:secret. Lines that
 * begin with # or // are skipped. Appends the secret, plain, which the caller wipes. 0, or -1 with a sentence appended to
 * why. */
int key_text_read(struct transfer_key *out, struct text *secret, struct bytes in, struct text *why);
/* Appends it in one of KEY_TEXT_FORMS. */
void key_text_write(struct text *out, const char *form, const struct transfer_key *key, struct bytes secret);

#endif
