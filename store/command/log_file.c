/* log_file.c - see log_file.h. */
#include "command/log_file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "layout.h"

enum { TAIL_BYTES = 1 << 20 /* looked at from the end of a file */, READ_BYTES = 1 << 16 };

static int open_named(const struct log_file *file, const char *name)
{
	struct text path = {0};
	text_format(&path, "%s/%s", file->directory, name);
	int fd = open(path.at, O_RDONLY | O_CLOEXEC);
	text_free(&path);
	return fd;
}

void log_file_open(struct log_file *file, const char *registry, const char *machine)
{
	*file = (struct log_file){.directory = layout_machine(registry, machine)};
	file->fd = open_named(file, "log");
}

void log_file_close(struct log_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->directory);
	text_free(&file->partial);
	*file = (struct log_file){.fd = -1};
}

/* Whole lines go to the sink, the rest stays for later. */
static void give_lines(struct log_file *file, const struct log_sink *sink)
{
	const char *at = file->partial.at, *end = at + file->partial.len, *newline;
	while (at < end && (newline = memchr(at, '\n', (size_t)(end - at)))) {
		struct log_line line = log_line_read((struct bytes){at, (size_t)(newline - at)});
		sink->line(sink->owner, &line);
		at = newline + 1;
	}
	size_t left = (size_t)(end - at);
	if (left && at > file->partial.at)
		memmove(file->partial.at, at, left);
	if (file->partial.at)
		file->partial.at[left] = '\0';
	file->partial.len = left;
}

static void read_rest(struct log_file *file, const struct log_sink *sink)
{
	char bytes[READ_BYTES];
	ssize_t got;
	while (file->fd >= 0 && (got = read(file->fd, bytes, sizeof bytes)) > 0) {
		text_add(&file->partial, bytes, (size_t)got);
		give_lines(file, sink);
	}
}

/* The last bytes of a file, from the beginning of a line on. */
static void read_end(int fd, struct text *out)
{
	struct stat st;
	char bytes[READ_BYTES];
	ssize_t got;
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	bool cut = st.st_size > TAIL_BYTES && lseek(fd, st.st_size - TAIL_BYTES, SEEK_SET) > 0;
	size_t before = out->len;
	while ((got = read(fd, bytes, sizeof bytes)) > 0)
		text_add(out, bytes, (size_t)got);
	char *newline = cut && out->len > before ? memchr(out->at + before, '\n', out->len - before) : NULL;
	if (newline) {
		size_t skip = (size_t)(newline + 1 - (out->at + before));
		memmove(out->at + before, newline + 1, out->len - before - skip + 1);
		out->len -= skip;
	}
}

static bool same_file(int a, int b)
{
	struct stat sa, sb;
	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_ino == sb.st_ino && sa.st_dev == sb.st_dev;
}

/* Where the last `count` whole lines begin. */
static size_t start_of_last(const struct text *text, size_t count)
{
	size_t at = text->len;
	while (at > 0 && text->at[at - 1] != '\n')
		at--; /* the unfinished one */
	for (; at > 0; at--)
		if (text->at[at - 1] == '\n' && count-- == 0)
			break;
	return at;
}

void log_file_tail(struct log_file *file, size_t count, const struct log_sink *sink)
{
	struct text all = {0};
	int before = open_named(file, "log.1");
	if (!same_file(before, file->fd)) /* it was renamed since we opened it */
		read_end(before, &all);
	if (before >= 0)
		close(before);
	read_end(file->fd, &all);
	size_t start = start_of_last(&all, count);
	text_clear(&file->partial);
	text_add(&file->partial, text_string(&all) + start, all.len - start);
	text_free(&all);
	give_lines(file, sink);
}

/* `log` was renamed when another file has its name now. */
static int open_next(const struct log_file *file)
{
	int fd = open_named(file, "log");
	if (!same_file(fd, file->fd))
		return fd;
	close(fd);
	return -1;
}

void log_file_follow(struct log_file *file, const struct log_sink *sink)
{
	int next;
	read_rest(file, sink);
	while ((next = open_next(file)) >= 0) {
		/* Between the two looks a last line may have come into the old one. */
		read_rest(file, sink);
		if (file->fd >= 0)
			close(file->fd);
		file->fd = next;
		read_rest(file, sink);
	}
}
