/* log_json.h - what a log line says, apart: "event key=value key="a value" ... : reason" (log.h) becomes JSON members, so that
 * who reads logs by program need not know how they are written for people. Pure. */
#ifndef BASE_LOG_JSON_H
#define BASE_LOG_JSON_H

#include <stddef.h>

/* Writes `"event":"...","fields":{"key":"value"},"reason":"..."` into out[size]; fields and reason only where there are some.
 * Values are texts, a key's that is there several times with blanks between. Bytes that are no printable ASCII are \u00XX.
 * Returns the length; 0: it does not fit. */
size_t log_json(char *out, size_t size, const char *message);

/* JSON's escapes; cut where it does not fit. Returns the length; out is NUL-terminated. */
size_t log_json_escape(char *out, size_t size, const char *text, size_t len);

#endif
