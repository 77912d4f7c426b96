/* toml.h - TOML 1.0 text as JSON, by toml++; the only header that the C++ file behind it (toml.cc) implements. */
#ifndef COMMAND_TOML_H
#define COMMAND_TOML_H

#include <jansson.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TOML_WHY = 256 };

/* The document as an object: dates and times become strings, numbers that JSON has not (inf, nan) as well. *lines
 * becomes an object: the path of each value, "services[0].ports[1].port", and the line it is on. Both are the caller's.
 * NULL: *line says where, why[TOML_WHY] what; *lines is NULL. */
json_t *toml_read(const char *text, size_t len, json_t **lines, int *line, char *why);

#ifdef __cplusplus
}
#endif

#endif
