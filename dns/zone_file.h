/* zone_file.h - a zone as one network sees it, as a master file (RFC 1035 5) that other servers load: in canonical order,
 * complete, written with ldns. See zone_list.h for who may call it and what has no place in a file. */
#ifndef DNS_ZONE_FILE_H
#define DNS_ZONE_FILE_H

#include <stdio.h>

#include "zone.h"

/* A server that loads the file takes what is not in it for a name that does not exist. So a name that exists without
 * records, and without names below it, has one of this type, for private use, with no data: its other types are
 * NODATA then. */
enum { ZONE_FILE_EMPTY = 65280 };

/* false: there is no such network. Whether it could be written, the stream knows. */
bool zone_file_write(FILE *out, const struct zone *zone, uint32_t network, enum zone_kind kind);

#endif
