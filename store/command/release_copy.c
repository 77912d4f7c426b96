/* release_copy.c - see release_copy.h. What goes into the hash, entry by entry in the order of the C locale: kind and
 * mode, path, NUL, length, contents (of a link: where it leads). */
#include "command/release_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "command/release_folder.h"
#include "command/release_ignore.h"
#include "command/say.h"
#include "command/tree.h"
#include "layout.h"

enum { BLOCK = 1 << 16, DEEPEST = 64 };

struct copying {
	struct release_copy *copy;
	struct release_ignore ignore;
	EVP_MD_CTX *hash;
	struct text path; /* of the entry, from the folder */
	int depth;
};

/* to -1: only to know the hash, like everywhere below. */
static int copy_folder(struct copying *c, int from, int to);

static int say_entry(const struct copying *c, const char *what)
{
	return say_refused("%s %s (%s): the release was not made", text_string(&c->path), what, strerror(errno));
}

static void hash_head(struct copying *c, char kind, int64_t size)
{
	char number[24];
	int len = snprintf(number, sizeof number, "%" PRId64 "\n", size);
	EVP_DigestUpdate(c->hash, &kind, 1);
	EVP_DigestUpdate(c->hash, c->path.at, c->path.len + 1);
	EVP_DigestUpdate(c->hash, number, (size_t)len);
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, bytes, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

/* What is copied is what is hashed: a file that changes meanwhile gives another image, never a wrong one. */
static int copy_bytes(struct copying *c, int in, int out, int64_t size)
{
	char block[BLOCK];
	int64_t done = 0;
	ssize_t got;
	while ((got = read(in, block, sizeof block)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return say_entry(c, "could not be read");
		EVP_DigestUpdate(c->hash, block, (size_t)got);
		if (out >= 0 && write_all(out, block, (size_t)got) < 0)
			return say_entry(c, "could not be copied");
		done += got;
	}
	if (done != size)
		return say_refused("%s changed while it was copied: deploy again when nothing writes there",
		                   text_string(&c->path));
	c->copy->bytes += done;
	c->copy->files++;
	return 0;
}

static int copy_file(struct copying *c, int from, int to, const char *name)
{
	struct stat st;
	int code = 1, out = -1;
	int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (in < 0 || fstat(in, &st) < 0) {
		code = say_entry(c, "could not be read");
	} else {
		bool runs = st.st_mode & 0111;
		if (to >= 0)
			out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		hash_head(c, runs ? 'x' : 'f', st.st_size);
		if (to >= 0 && (out < 0 || fchmod(out, runs ? 0755 : 0644) < 0))
			code = say_entry(c, "could not be copied");
		else
			code = copy_bytes(c, in, out, st.st_size);
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return code;
}

static int copy_link(struct copying *c, int from, int to, const char *name)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(from, name, target, sizeof target - 1);
	if (len < 0)
		return say_entry(c, "could not be read");
	target[len] = '\0';
	hash_head(c, 'l', len);
	EVP_DigestUpdate(c->hash, target, (size_t)len);
	return to >= 0 && symlinkat(target, to, name) < 0 ? say_entry(c, "could not be copied") : 0;
}

static int copy_inner(struct copying *c, int from, int to, const char *name)
{
	if (c->depth == DEEPEST)
		return say_refused("%s is more than %d folders deep: no release is made of that", text_string(&c->path),
		                   DEEPEST);
	hash_head(c, 'd', 0);
	int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int out = -1;
	if (to >= 0 && mkdirat(to, name, 0700) == 0)
		out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	c->depth++;
	int code = in < 0 || (to >= 0 && out < 0) ? say_entry(c, "could not be copied") : copy_folder(c, in, out);
	c->depth--;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return code;
}

static int copy_entry(struct copying *c, int from, int to, const char *name)
{
	struct stat st;
	size_t before = c->path.len;
	int code = 0;
	text_format(&c->path, "%s%s", before ? "/" : "", name);
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		code = say_entry(c, "could not be read");
	else if (release_ignored(&c->ignore, c->path.at, S_ISDIR(st.st_mode)))
		code = 0;
	else if (S_ISREG(st.st_mode))
		code = copy_file(c, from, to, name);
	else if (S_ISLNK(st.st_mode))
		code = copy_link(c, from, to, name);
	else if (S_ISDIR(st.st_mode))
		code = copy_inner(c, from, to, name);
	else
		code = say_refused("%s is no file, folder or link: write its name into .flyignore", c->path.at);
	c->path.len = before;
	c->path.at[before] = '\0';
	return code;
}

static int copy_folder(struct copying *c, int from, int to)
{
	size_t count;
	int code = 0;
	char **names = tree_list(from, &count);
	if (!names)
		return say_entry(c, "could not be read");
	for (size_t i = 0; i < count; i++) {
		if (code == 0)
			code = copy_entry(c, from, to, names[i]);
		free(names[i]);
	}
	free((void *)names);
	if (code == 0 && to >= 0 && fchmod(to, 0755) < 0)
		code = say_entry(c, "could not be written");
	return code;
}

/* ------------------------------------------------------------------------------------------------- the whole */

/* A registry in the folder would be copied into itself, and its keys into a release. */
static int check_place(const struct release_copy *copy)
{
	char *beside = layout_beside(copy->folder->registry, "."), *registry = realpath(beside, NULL),
	     *folder = realpath(".", NULL);
	size_t len = folder ? strlen(folder) : 0;
	bool inside = registry && folder && strncmp(registry, folder, len) == 0 &&
	              (registry[len] == '/' || registry[len] == '\0' || len == 1);
	int code = inside ? say_refused("the registry is in this folder (%s): deploy from the folder of the program",
	                                registry)
	                  : 0;
	free(beside);
	free(registry);
	free(folder);
	return code;
}

/* Everything that was written, at once: with a file at a time 20,000 files take minutes. */
static int put_in_place(const struct copying *c, int made, const char *name)
{
	int directory = c->copy->folder->fd;
	if (release_folder_has(c->copy->folder, c->copy->image))
		return 0; /* the same was deployed before */
	if (syncfs(made) < 0)
		return say_refused("the copy could not be written (%s)", strerror(errno));
	if (renameat(directory, name, directory, c->copy->image) < 0)
		return say_refused("the copy could not be put in its place (%s)", strerror(errno));
	return fsync(directory) < 0 ? say_refused("the copy could not be written (%s)", strerror(errno)) : 0;
}

/* made -1: what its image would be. */
static int copy_all(struct copying *c, int from, int made)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	c->copy->files = 0;
	c->copy->bytes = 0;
	if (!EVP_DigestInit_ex(c->hash, EVP_sha256(), NULL))
		return say_refused("SHA-256 cannot be had from OpenSSL");
	int code = copy_folder(c, from, made);
	if (code)
		return code;
	if (c->copy->files == 0)
		return say_refused("there is nothing to deploy in this folder: all of it is left out or it is empty");
	EVP_DigestFinal_ex(c->hash, digest, &size);
	for (unsigned i = 0; i < 32; i++)
		snprintf(c->copy->image + 2 * (size_t)i, 3, "%02x", digest[i]);
	return 0;
}

static int make_named(struct copying *c, int from, const char *name)
{
	int made = release_folder_make(c->copy->folder->fd, name);
	if (made < 0)
		return say_refused("no copy can be made under releases (%s)", strerror(errno));
	int code = copy_all(c, from, made);
	if (code == 0)
		code = put_in_place(c, made, name);
	close(made);
	return code;
}

int release_copy_make(struct release_copy *copy)
{
	char name[32];
	struct copying c = {.copy = copy, .hash = EVP_MD_CTX_new()};
	snprintf(name, sizeof name, ".new-%d", (int)getpid());
	int from = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int code = check_place(copy);
	if (code == 0)
		code = release_ignore_read(&c.ignore, copy->ignorefile);
	if (code == 0 && (from < 0 || !c.hash))
		code = say_refused("this folder cannot be read (%s)", strerror(errno));
	/* To read it twice costs little beside making files that are there already and removing them again. */
	if (code == 0)
		code = copy_all(&c, from, -1);
	if (code == 0 && !release_folder_has(copy->folder, copy->image)) {
		code = make_named(&c, from, name);
		tree_remove(copy->folder->fd, name); /* nothing is there when it was renamed */
	}
	if (from >= 0)
		close(from);
	EVP_MD_CTX_free(c.hash);
	release_ignore_fini(&c.ignore);
	text_free(&c.path);
	return code;
}
