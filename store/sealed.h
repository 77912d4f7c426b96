/* sealed.h - the seal of a registry for whoever seals something or will: made where nothing needs another one. */
#ifndef STORE_SEALED_H
#define STORE_SEALED_H

#include "base/text.h"

struct seal;

/* Reads the seal; makes one where there is none, unless something in the registry was sealed with one that is lost: a new
 * one would hide that. 0, or -1 with a sentence appended to why. */
int sealed_open(struct seal *seal, const char *registry, struct text *why);

#endif
