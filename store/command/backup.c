/* backup.c - flycast backup and restore. */
#include "backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/place.h"
#include "command/say.h"
#include "command/session.h"
#include "registry.h"
#include "statement.h"

static int backup(struct call *call)
{
	const char *path = call->args[0];
	struct text made = {0};
	struct stat st;
	if (lstat(path, &st) == 0)
		return say_refused("%s is there already: name a new file", path);
	call->registry = registry_open(call->path, REGISTRY_LOOK);
	if (registry_failed(call->registry))
		return session_failed(call);
	place_name(&made, path, "backup");
	/* SQLite would not say why it cannot be opened; it goes on with a file that is empty. */
	int code, fd = open(made.at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		code = say_refused("%s cannot be written (%s)", path, strerror(errno));
	else if (close(fd) < 0 || backup_write(call->registry, made.at) < 0)
		code = place_refused(made.at, path, registry_error(call->registry));
	else
		code = place_put(made.at, path, PLACE_NEW);
	if (code && fd >= 0)
		place_forget(made.at);
	else if (code == 0 && stat(path, &st) == 0)
		printf("Backed up %s to %s (%lld bytes)\n", call->path, path, (long long)st.st_size);
	text_free(&made);
	return code;
}

/* A checked copy of the backup in this program's schema, beside the registry. 0 or 1 after a sentence. */
static int copy_backup(const struct call *call, const char *backup, const char *made)
{
	struct registry *source = registry_open(backup, REGISTRY_LOOK);
	int code = 0;
	if (registry_failed(source) || backup_check(source) < 0 || backup_write(source, made) < 0)
		code = place_refused(made, call->path, registry_error(source));
	registry_close(source);
	if (code)
		return code;
	/* Opening it for writing migrates it; then it may become a registry of its own. */
	struct registry *copy = registry_open(made, REGISTRY_WRITE);
	if (registry_failed(copy) || statement_run(copy, "PRAGMA journal_mode = WAL") < 0 || backup_renew(copy) < 0)
		code = place_refused(made, call->path, registry_error(copy));
	registry_close(copy);
	return code;
}

/* The registry that is to be replaced, if there is one. 0 or 1 after a sentence. */
static int open_target(struct call *call)
{
	struct stat st;
	if (stat(call->path, &st) < 0 && errno == ENOENT)
		return place_directory(call->path);
	call->registry = registry_open(call->path, REGISTRY_WRITE);
	return registry_failed(call->registry) ? session_failed(call) : 0;
}

static int load(struct call *call, const char *made)
{
	struct backup_load what = {.from = made, .command = call->line, .action = "restore"};
	if (!call->registry)
		return place_put(made, call->path, PLACE_NEW);
	return backup_load(call->registry, &what) < 0 ? session_failed(call) : 0;
}

static int restore(struct call *call)
{
	const char *backup_path = call->args[0];
	struct text made = {0};
	struct stat st;
	if (stat(backup_path, &st) < 0)
		return say_refused("the backup %s cannot be read (%s): nothing was changed", backup_path,
		                   strerror(errno));
	place_name(&made, call->path, "restore");
	int code = open_target(call);
	if (code == 0)
		code = copy_backup(call, backup_path, made.at);
	if (code == 0)
		code = say_confirm(call, "Replace everything in %s by %s?", call->path, backup_path);
	if (code == 0)
		code = load(call, made.at);
	place_forget(made.at);
	text_free(&made);
	if (code == 0)
		printf("Restored %s from %s\n", call->path, backup_path);
	return code;
}

const struct command backup_command = {.name = "backup",
                                       .args = "FILE",
                                       .summary = "Copy the registry to a new file, while everything runs",
                                       .examples = "flycast backup /var/backups/registry-$(date +%F).db",
                                       .min_args = 1,
                                       .max_args = 1,
                                       .run = backup};

const struct command restore_command = {
    .name = "restore",
    .args = "FILE",
    .summary = "Replace the registry's content by a backup's, while everything runs",
    .details = "The backup is checked first. Numbers that were given out since it was made are not given out again, "
               "the audit goes\n"
               "on, and no Machine is started or stopped by it. Where there is no registry, the backup becomes it.",
    .examples = "flycast restore /var/backups/registry-2026-11-23.db --yes",
    .min_args = 1,
    .max_args = 1,
    .run = restore};
