/* output.c - see output.h. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 40, READ_SIZE = 65536 };

static void open_file(struct output *o)
{
	struct stat st;
	o->fd = openat(o->dir, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	o->size = o->fd >= 0 && fstat(o->fd, &st) == 0 ? (size_t)st.st_size : 0;
}

void output_open(struct output *output, int dir, size_t limit)
{
	*output = (struct output){.dir = dir, .fd = -1, .limit = limit};
	open_file(output);
}

static void rotate(struct output *o)
{
	if (o->fd >= 0)
		close(o->fd);
	/* When the rename fails the file is emptied instead: bounded comes before complete. */
	if (renameat(o->dir, "log", o->dir, "log.1") < 0)
		unlinkat(o->dir, "log", 0);
	open_file(o);
}

static size_t head(char *out, const char *tag)
{
	struct timespec now;
	struct tm t;
	char day[24];
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &t);
	strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &t);
	return (size_t)snprintf(out, HEAD, "%s.%03ldZ %s ", day, now.tv_nsec / 1000000, tag);
}

static void write_line(struct output *o, const char *tag, const char *text, size_t len)
{
	char line[HEAD + OUTPUT_LINE + 1];
	size_t at = head(line, tag);
	while (len > 0 && text[len - 1] == '\r')
		len--;
	memcpy(line + at, text, len);
	at += len;
	line[at++] = '\n';
	if (o->size + at > o->limit)
		rotate(o);
	/* A full disk must not stop the command, and there is nobody to tell. */
	if (o->fd >= 0 && write(o->fd, line, at) > 0)
		o->size += at;
}

void output_say(struct output *output, const char *format, ...)
{
	char text[OUTPUT_LINE];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (len > 0)
		write_line(output, "fly", text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

static void add(struct stream *s, struct output *o, const char *bytes, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(bytes, '\n', len);
		size_t part = newline ? (size_t)(newline - bytes) : len;
		size_t room = sizeof s->line - s->len;
		size_t taken = part < room ? part : room;
		memcpy(s->line + s->len, bytes, taken);
		s->len += taken;
		bool whole = newline && taken == part;
		if (whole || s->len == sizeof s->line) {
			write_line(o, s->tag, s->line, s->len);
			s->len = 0;
		}
		taken += whole;
		bytes += taken;
		len -= taken;
	}
}

bool stream_copy(struct stream *stream, struct output *output)
{
	char bytes[READ_SIZE];
	if (stream->fd < 0)
		return false;
	ssize_t got = read(stream->fd, bytes, sizeof bytes);
	if (got > 0) {
		add(stream, output, bytes, (size_t)got);
		return true;
	}
	if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(stream->fd);
		stream->fd = -1;
	}
	return got < 0 && errno == EINTR;
}

void stream_drain(struct stream *stream, struct output *output)
{
	/* A process that outlived the command may write without end; what a pipe holds is 64 KiB. */
	for (int turn = 0; turn < 32 && stream_copy(stream, output); turn++)
		continue;
	if (stream->len)
		write_line(output, stream->tag, stream->line, stream->len);
	stream->len = 0;
}
