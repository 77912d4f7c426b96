/* layout.h - what lies beside the registry: its agent's socket and the directory of each Machine. */
#ifndef STORE_LAYOUT_H
#define STORE_LAYOUT_H

/* Each: free() it. registry is the path of the registry. */
char *layout_beside(const char *registry, const char *name);     /* "<directory>/<name>" */
char *layout_machine(const char *registry, const char *machine); /* "<directory>/machines/<id>" */

#endif
