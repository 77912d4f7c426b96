/* tree.h - directories by descriptor: what is in one, and one gone with all that is in it. Follows no link. */
#ifndef COMMAND_TREE_H
#define COMMAND_TREE_H

#include <stddef.h>

/* Without . and .., in the order of the C locale; each and the array are to be freed. NULL with errno. */
char **tree_list(int directory, size_t *count);
/* Best effort: what could not be removed is left. */
void tree_remove(int directory, const char *name);

#endif
