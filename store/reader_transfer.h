/* reader_transfer.h - tables transfer_key and secondary, read whole into one object (catalog.h has its form). A row that
 * cannot be used is left out, and told to `refused`. */
#ifndef STORE_READER_TRANSFER_H
#define STORE_READER_TRANSFER_H

#include "reader_place.h"

struct registry;

struct catalog_transfers *reader_transfer_read(struct registry *registry,
                                               const struct refusals *refusals); /* NULL: failed */
void reader_transfer_free(struct catalog_transfers *transfers);                  /* NULL is fine */

#endif
