/* release_folder.c - see release_folder.h. */
#include "command/release_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "command/say.h"
#include "command/tree.h"
#include "layout.h"
#include "registry.h"
#include "release.h"

/* What a copy left that was killed, and what was to be removed. */
static void sweep(int dir)
{
	size_t count = 0;
	char **names = tree_list(dir, &count);
	for (size_t i = 0; i < count; i++) {
		if (names[i][0] == '.')
			tree_remove(dir, names[i]);
		free(names[i]);
	}
	free((void *)names);
}

int release_folder_make(int directory, const char *name)
{
	if (mkdirat(directory, name, 0711) < 0 && errno != EEXIST)
		return -1;
	return openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int lock(const struct release_folder *folder)
{
	if (flock(folder->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return say_refused("the Machines of %s are being changed by somebody else (deploy, rollback, scale, secrets): "
	                   "wait until that is through",
	                   folder->app);
}

int release_folder_open(struct release_folder *folder, const char *registry, const char *app)
{
	char *path = layout_beside(registry, "releases");
	int all = release_folder_make(AT_FDCWD, path);
	*folder = (struct release_folder){.registry = registry, .app = app, .fd = -1};
	folder->fd = all < 0 ? -1 : release_folder_make(all, app);
	int code = folder->fd < 0
	               ? say_refused("%s/%s cannot be made (%s): releases are kept there", path, app, strerror(errno))
	               : lock(folder);
	if (code == 0) {
		sweep(folder->fd);
		(void)fsync(all);
	}
	if (all >= 0)
		close(all);
	free(path);
	return code;
}

int release_folder_hold(struct release_folder *folder, const char *registry, const char *app)
{
	char *all = layout_beside(registry, "releases");
	struct text path = {0};
	text_format(&path, "%s/%s", all, app);
	*folder = (struct release_folder){.registry = registry, .app = app};
	folder->fd = open(path.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int code = folder->fd >= 0 ? lock(folder) : 0;
	if (folder->fd < 0 && errno != ENOENT)
		code = say_refused("%s cannot be opened (%s)", path.at, strerror(errno));
	text_free(&path);
	free(all);
	return code;
}

void release_folder_close(struct release_folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
	folder->fd = -1;
}

bool release_folder_has(const struct release_folder *folder, const char *image)
{
	struct stat st;
	return fstatat(folder->fd, image, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Whatever else somebody put there is not ours. */
static bool is_image(const char *name)
{
	return strlen(name) == RELEASE_IMAGE - 1 && strspn(name, "0123456789abcdef") == RELEASE_IMAGE - 1;
}

/* Under another name first: half a copy must never be taken for a whole one. */
static void drop(int dir, const char *image)
{
	struct text name = {0};
	text_format(&name, ".gone-%s", image);
	if (renameat(dir, image, dir, name.at) == 0)
		tree_remove(dir, name.at);
	text_free(&name);
}

int release_folder_tidy(const struct release_folder *folder, struct registry *registry)
{
	size_t count = 0;
	int code = 0;
	char **names = tree_list(folder->fd, &count);
	for (size_t i = 0; i < count; i++) {
		int used = code || !is_image(names[i]) ? 1 : release_uses(registry, folder->app, names[i]);
		if (used < 0)
			code = say_refused("%s", registry_error(registry));
		if (used == 0)
			drop(folder->fd, names[i]);
		free(names[i]);
	}
	free((void *)names);
	return code;
}

void release_folder_remove(const char *registry, const char *app)
{
	char *path = layout_beside(registry, "releases");
	int all = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (all >= 0) {
		tree_remove(all, app);
		close(all);
	}
	free(path);
}
