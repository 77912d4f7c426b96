/* name.h - domain names in wire form, folded to lower case (RFC 4343: A-Z only, every other octet is itself).
 * Pure; owns nothing. */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
	NAME_WIRE = 255,   /* octets of the longest name, the root's 0 included */
	NAME_LABELS = 127, /* of the longest name, the root left out */
	NAME_LABEL = 63,
	NAME_TEXT = 4 * NAME_WIRE + 1, /* bytes for name_text() */
};

struct name {
	uint8_t len;             /* octets, the root's 0 included */
	uint8_t count;           /* labels, the root left out */
	uint8_t at[NAME_LABELS]; /* where each label's length octet is */
	uint8_t wire[NAME_WIRE + 1];
};

/* Reads the uncompressed name at `from`; a pointer, an unknown label type or a name above 255 octets is malformed.
 * Returns the octets taken, 0 when malformed or cut short. */
size_t name_read(struct name *out, const uint8_t *from, size_t room);

/* "my-app.internal", with or without the last dot, \. \\ and \123 as in zone files. false: not a name. */
bool name_parse(struct name *out, const char *text);
/* Back to text, with the last dot, so that a zone file's reader takes it for the same name; returns out, at least NAME_TEXT bytes. */
char *name_text(char *out, const uint8_t *wire);

/* Appends one label, folded. false, and nothing appended: it is empty or longer than 63 octets. */
bool name_add_label(struct text *wire, struct bytes label);

#endif
