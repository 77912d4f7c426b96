/* about.h - what this server tells of itself, in class CH: id.server (RFC 4892) and version.server, and the older names
 * that BIND began with. Pure. */
#ifndef DNS_ABOUT_H
#define DNS_ABOUT_H

#include "responder.h"

enum { ABOUT_RECORD = 13 + REPLY_OPTION_MAX };

/* Makes the TXT record of a name, its owner a pointer to the question, in out. len 0: there is no such name, or it is not
 * told. */
struct bytes about_record(uint8_t out[ABOUT_RECORD], const struct responder_settings *settings,
                          const struct name *name);

#endif
