/* place.c - see place.h. */
#include "command/place.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "command/say.h"

void place_name(struct text *out, const char *path, const char *what)
{
	text_clear(out);
	text_format(out, "%s.%s-%d", path, what, (int)getpid());
}

int place_directory(const char *path)
{
	char *copy = mem_text(path);
	const char *directory = dirname(copy);
	int error = mkdir(directory, 0755) < 0 ? errno : 0, code = 0;
	if (error == EEXIST)
		error = access(directory, W_OK | X_OK) < 0 ? errno : 0;
	if (error == ENOENT)
		code = say_refused("there is no directory %s: make it with: mkdir -p %s", directory, directory);
	else if (error)
		code = say_refused("no file can be made in %s (%s): do this as its owner or root, or name a file in a "
		                   "place of yours with --registry",
		                   directory, strerror(error));
	free(copy);
	return code;
}

int place_refused(const char *made, const char *path, const char *sentence)
{
	struct text out = {0};
	for (const char *at; (at = strstr(sentence, made)); sentence = at + strlen(made)) {
		text_add(&out, sentence, (size_t)(at - sentence));
		text_put(&out, path);
	}
	text_put(&out, sentence);
	say_refused("%s", out.at);
	text_free(&out);
	return 1;
}

/* The new name survives a power cut once the directory is on the disk. */
static void sync_directory(const char *path)
{
	char *copy = mem_text(path);
	int dir = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0) {
		fsync(dir);
		close(dir);
	}
	free(copy);
}

/* SQLite moves a log into its file when the last connection closes; what is still in it would be lost by a rename. */
static bool has_log(const char *made)
{
	struct text name = {0};
	struct stat st;
	text_format(&name, "%s-wal", made);
	bool has = stat(name.at, &st) == 0 && st.st_size > 0;
	text_free(&name);
	return has;
}

int place_put(const char *made, const char *path, enum place_rule rule)
{
	if (has_log(made))
		return say_refused("%s could not be written completely (is the disk full?): nothing was changed", path);
	if (renameat2(AT_FDCWD, made, AT_FDCWD, path, rule == PLACE_NEW ? RENAME_NOREPLACE : 0) < 0)
		return errno == EEXIST ? say_refused("%s is there already: nothing was changed", path)
		                       : say_refused("%s could not be put in its place (%s)", path, strerror(errno));
	sync_directory(path);
	return 0;
}

void place_forget(const char *made)
{
	static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
	struct text name = {0};
	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		text_clear(&name);
		text_format(&name, "%s%s", made, tails[i]);
		unlink(name.at);
	}
	text_free(&name);
}
