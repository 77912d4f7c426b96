/* output.h - the Machine's bounded log: `log`, and `log.1` before it, in the Machine's directory.
 *
 * A line is "<RFC 3339 with milliseconds>Z <tag> <text>"; tag is out or err for what the command wrote to the stream of that
 * name, fly for what Flycast says about it. A line is one write(2), so that several writers do not mix. */
#ifndef INIT_OUTPUT_H
#define INIT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

enum { OUTPUT_LINE = 8192 }; /* a longer one is cut into several */

struct output {
	int dir;
	int fd; /* -1: not open */
	size_t size;
	size_t limit; /* of one file */
};

/* One of the command's streams. fd is ours, non-blocking; -1 once it has ended. */
struct stream {
	int fd;
	const char *tag;
	size_t len;
	char line[OUTPUT_LINE];
};

void output_open(struct output *output, int dir, size_t limit);
void output_say(struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Copies what is there now, at most about 64 KiB. false: nothing is left for now. */
bool stream_copy(struct stream *stream, struct output *output);
/* Everything that is still in it, and its unfinished last line. */
void stream_drain(struct stream *stream, struct output *output);

#endif
