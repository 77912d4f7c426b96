/* temp_registry.h - a registry in a directory of its own, for unit tests; edited by a writing connection or, as an operator
 * would, by the sqlite3 shell. One per process. */
#ifndef TEST_TEMP_REGISTRY_H
#define TEST_TEMP_REGISTRY_H

#include <stdbool.h>

struct registry;

/* An organization "acme" with networks "default" (id 1) and "blue" (id 2), a host "edge-1" in fra. */
const char *temp_registry_make(void); /* its path */
void temp_registry_remove(void);

void temp_registry_sql(const char *sql);    /* through libstore; statements may be many; must succeed */
void temp_registry_shell(const char *text); /* typed into sqlite3, dot commands and all; must succeed */
bool temp_registry_shell_refuses(const char *text);

/* Until condition(owner) is true, at most twenty seconds; false: it did not become true. */
bool temp_registry_within(bool (*condition)(void *owner), void *owner);

#endif
