/* log_file.h - the end of a Machine's log and what is added to it: `log` and `log.1` in the Machine's directory, which
 * its agent writes and rotates. Owns the descriptor of the file being followed. */
#ifndef COMMAND_LOG_FILE_H
#define COMMAND_LOG_FILE_H

#include <stddef.h>

#include "base/text.h"
#include "command/log_line.h"

struct log_file {
	char *directory;     /* "<directory of the registry>/machines/<id>" */
	int fd;              /* -1: not there (yet) */
	struct text partial; /* of a line whose end is still to come */
};

struct log_sink {
	void *owner;
	void (*line)(void *owner, const struct log_line *line); /* valid during the call */
};

void log_file_open(struct log_file *file, const char *registry, const char *machine);
void log_file_close(struct log_file *file);
/* The last `count` whole lines there are, the oldest first; log_file_follow() goes on behind them. */
void log_file_tail(struct log_file *file, size_t count, const struct log_sink *sink);
/* What was written since. */
void log_file_follow(struct log_file *file, const struct log_sink *sink);

#endif
