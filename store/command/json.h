/* json.h - JSON for machines: 4-space indent, keys in the order they were set, UTF-8, a newline at the end. */
#ifndef COMMAND_JSON_H
#define COMMAND_JSON_H

#include <jansson.h>
#include <stdio.h>

/* Prints and frees the value. Returns 0, or 1 after a sentence on stderr when it could not be written. */
int json_say(json_t *value);
/* The same to any file; 0 or -1 with errno. Does not free. */
int json_write(const json_t *value, FILE *to);

/* Sets a member of a fresh object. Bytes that are no UTF-8 become U+FFFD; NULL becomes null. */
void json_put(json_t *object, const char *key, const char *text);
void json_put_number(json_t *object, const char *key, int64_t number);
void json_put_switch(json_t *object, const char *key, int on);
void json_add(json_t *array, const char *text);

#endif
