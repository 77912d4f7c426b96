/* print.h - flycast-dns --print: one network's zones as master files, from the registry to standard output, without a
 * socket. Owns its own catalog and zone for as long as it runs. */
#ifndef DNS_PRINT_H
#define DNS_PRINT_H

/* which: "7" for all zones of network 7, "7/internal", "7/flycast" or "7/reverse" for one. Returns the exit code, after
 * a sentence on standard error where that is not 0. */
int print_view(const char *registry, const char *which);

#endif
