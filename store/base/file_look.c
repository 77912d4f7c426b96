/* file_look.c - see file_look.h. */
#include "base/file_look.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool file_look_changed(struct file_look *file)
{
	struct stat now = {0};
	if (stat(file->path, &now) < 0)
		now = (struct stat){0};
	const struct stat *seen = &file->seen;
	bool same = now.st_dev == seen->st_dev && now.st_ino == seen->st_ino && now.st_size == seen->st_size &&
	            now.st_mtim.tv_sec == seen->st_mtim.tv_sec && now.st_mtim.tv_nsec == seen->st_mtim.tv_nsec &&
	            now.st_ctim.tv_sec == seen->st_ctim.tv_sec && now.st_ctim.tv_nsec == seen->st_ctim.tv_nsec;
	file->seen = now;
	return !same;
}

int file_look_read(const char *path, struct text *out, struct text *why)
{
	char piece[4096];
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		while ((n = read(fd, piece, sizeof piece)) > 0 && out->len < FILE_LOOK_MAX)
			text_add(out, piece, (size_t)n);
		explicit_bzero(piece, sizeof piece);
	}
	if (n != 0)
		text_format(why, "%s: %s", path, n > 0 ? "larger than a mebibyte" : strerror(errno));
	if (fd >= 0)
		close(fd);
	return n == 0 ? 0 : -1;
}
