/* access.c - see access.h. */
#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

enum { BUFFER_SIZE = 65536, FILE_MODE = 0640 };
static const double FLUSH_SECONDS = 1;

static int open_path(const char *path)
{
	if (strcmp(path, "-") == 0)
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
}

static bool is_regular(int fd)
{
	struct stat facts;
	return fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

int access_open(struct access_file *file, const char *path, bool json)
{
	*file = (struct access_file){.path = path, .fd = -1, .json = json};
	if (!path)
		return 0;
	file->fd = open_path(path);
	file->regular = file->fd >= 0 && is_regular(file->fd);
	return file->fd < 0 ? -1 : 0;
}

/* The number of the descriptor stays, so threads that write meanwhile write to the one or the other. */
int access_reopen(struct access_file *file)
{
	if (!file->path || strcmp(file->path, "-") == 0)
		return 0;
	int fd = open_path(file->path);
	if (fd < 0)
		return -1;
	int rc = is_regular(fd) == file->regular ? dup3(fd, file->fd, O_CLOEXEC) : -1;
	int why = rc < 0 && is_regular(fd) != file->regular ? EINVAL : errno;
	close(fd);
	errno = why;
	return rc < 0 ? -1 : 0;
}

void access_close(struct access_file *file)
{
	if (file->path)
		close(file->fd);
}

static size_t lines_in(const char *bytes, size_t len)
{
	size_t count = 0;
	for (size_t i = 0; i < len; i++)
		count += bytes[i] == '\n';
	return count;
}

/* A pipe takes PIPE_BUF bytes whole and at once when poll says that it is writable, more may wait for its reader. */
static size_t piece(const struct access_buffer *buffer, size_t from)
{
	size_t len = buffer->len - from;
	if (buffer->file->regular || len <= PIPE_BUF)
		return len;
	const char *end = memrchr(buffer->bytes + from, '\n', PIPE_BUF);
	return end ? (size_t)(end + 1 - buffer->bytes) - from : PIPE_BUF;
}

static bool is_writable(const struct access_buffer *buffer)
{
	struct pollfd ready = {.fd = buffer->file->fd, .events = POLLOUT};
	return buffer->file->regular || (poll(&ready, 1, 0) == 1 && ready.revents == POLLOUT);
}

static void flush(struct access_buffer *buffer)
{
	size_t from = 0;
	while (from < buffer->len && is_writable(buffer)) {
		ssize_t n = write(buffer->file->fd, buffer->bytes + from, piece(buffer, from));
		if (n <= 0)
			break;
		from += (size_t)n;
	}
	ev_timer_stop(buffer->loop, &buffer->flush);
	if (from < buffer->len) {
		static _Thread_local struct log_limit limit;
		buffer->dropped += lines_in(buffer->bytes + from, buffer->len - from);
		if (log_limited(&limit, 1)) {
			log_warn("access log not written path=%s lines=%lu: its reader is too slow or the disk is full",
			         buffer->file->path, buffer->dropped);
			buffer->dropped = 0;
		}
	}
	buffer->len = 0;
}

static void on_flush(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	flush(timer->data);
}

void access_start(struct access_buffer *buffer, struct ev_loop *loop, const struct access_file *file)
{
	buffer->file = file;
	buffer->loop = loop;
	ev_timer_init(&buffer->flush, on_flush, 0., 0.);
	buffer->flush.data = buffer;
}

char *access_room(struct access_buffer *buffer, size_t most)
{
	if (!buffer->bytes)
		buffer->bytes = mem_new(BUFFER_SIZE);
	if (BUFFER_SIZE - buffer->len < most)
		flush(buffer);
	return buffer->bytes + buffer->len;
}

void access_added(struct access_buffer *buffer, size_t len)
{
	if (buffer->len == 0) {
		ev_timer_set(&buffer->flush, FLUSH_SECONDS, 0.);
		ev_timer_start(buffer->loop, &buffer->flush);
	}
	buffer->len += len;
}

void access_stop(struct access_buffer *buffer)
{
	if (buffer->len)
		flush(buffer);
	free(buffer->bytes);
	buffer->bytes = NULL;
}
