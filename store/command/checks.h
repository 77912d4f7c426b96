/* checks.h - how checks are shown beside Machines. Never touches the registry. */
#ifndef COMMAND_CHECKS_H
#define COMMAND_CHECKS_H

#include <jansson.h>
#include <stddef.h>

struct check_row;

enum { CHECKS_TEXT = 120 };

/* "1/2": passing and all of the Machine's; "" for none. Returns out. */
const char *checks_tally(char out[CHECKS_TEXT], const struct check_row *rows, size_t count, const char *machine);
/* "2 total, 1 passing, 1 critical"; "" for none. Returns out. */
const char *checks_census(char out[CHECKS_TEXT], const struct check_row *rows, size_t count, const char *machine);
/* The Machine's, as the Machines API writes them. */
json_t *checks_json(const struct check_row *rows, size_t count, const char *machine);

#endif
