/* log_line.h - one line of a Machine's log, as its agent keeps it and as people read it. Pure.
 *
 *   2026-11-23T08:59:20.123Z out listening on 8080     in the file; out, err: the command's streams; fly: about it
 *   2026-11-23T08:59:20Z app[148e21dad76789] fra [info] listening on 8080 */
#ifndef COMMAND_LOG_LINE_H
#define COMMAND_LOG_LINE_H

#include "base/text.h"

enum log_source { LOG_SOURCE_OUT, LOG_SOURCE_ERR, LOG_SOURCE_FLY };

struct log_line {
	struct bytes
	    time; /* "2026-11-23T08:59:20.123Z"; all of one length, so that they sort as text; empty: unknown */
	enum log_source source;
	struct bytes text; /* without the newline */
};

/* line has no newline. Never fails: what is not of the form is text whose time is unknown. */
struct log_line log_line_read(struct bytes line);
/* Appends one line with its newline. */
void log_line_write(struct text *out, const struct log_line *line, const char *machine, const char *region);

#endif
