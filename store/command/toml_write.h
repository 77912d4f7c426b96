/* toml_write.h - JSON as TOML for people: plain values first, then tables, each level two blanks further in, as flyctl
 * writes fly.toml. Pure. */
#ifndef COMMAND_TOML_WRITE_H
#define COMMAND_TOML_WRITE_H

#include <jansson.h>

#include "base/text.h"

/* Appends the object. Members that are null are left out: TOML has no such value. */
void toml_write(struct text *out, const json_t *object);

#endif
