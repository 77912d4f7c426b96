/* access.h - the access log: lines of all threads in one file, gathered by each and written together.
 *
 * A line is in the file at most a second after it was added. Nobody ever waits for a reader: when standard output is a
 * pipe that is full, lines are left out and counted. Regular files are appended to. */
#ifndef PROXY_ACCESS_H
#define PROXY_ACCESS_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct access_file {      /* of the process */
	const char *path; /* NULL: there is no access log; "-": standard output */
	int fd;
	bool json;
	bool regular;
};

struct access_buffer { /* of one thread; zero-initialise */
	const struct access_file *file;
	struct ev_loop *loop;
	ev_timer flush;
	char *bytes; /* taken with the first line */
	size_t len;
	unsigned long dropped; /* lines, since the last warning */
};

int access_open(struct access_file *file, const char *path, bool json); /* -1 with errno */
/* Whoever rotates logs has renamed the file: opens its path again. Any thread; -1 with errno, and the old one stays. */
int access_reopen(struct access_file *file);
void access_close(struct access_file *file);

void access_start(struct access_buffer *buffer, struct ev_loop *loop, const struct access_file *file);
/* Room for a line of `most` bytes, at most ACCESS_LINE_MOST; access_added() says how long it became. */
char *access_room(struct access_buffer *buffer, size_t most);
void access_added(struct access_buffer *buffer, size_t len);
void access_stop(struct access_buffer *buffer); /* writes what is left */

#endif
