/* doctor.h - the report that flycast doctor makes: lines of what was looked at, and whether it is good. Inside of the
 * command only. */
#ifndef COMMAND_DOCTOR_H
#define COMMAND_DOCTOR_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"
#include "command/columns.h"

struct call;

struct doctor {
	struct call *call;
	struct columns table;
	json_t *all;
	struct text lines; /* for a resolver's configuration, printed below the table */
	bool bad;
};

/* One line of the report. */
void doctor_report(struct doctor *d, const char *what, bool good, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Asks the resolvers that --resolver names what the responder (--server) says, and reports who is at fault where they
 * differ. 0, or the exit code after a sentence. */
int doctor_resolvers(struct doctor *d);

#endif
