/* fly_dir.c - see fly_dir.h. */
#include "fly_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "seal.h"
#include "sealed.h"
#include "signer.h"

#define NAME "fly"
#define FILE_NAME NAME "/fly-src.pub"
#define DRAFT NAME "/fly-src.new"

/* Whole or not at all: Machines that run already see it too. */
static int write_key(int state, const char *key)
{
	int fd = openat(state, DRAFT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	size_t len = strlen(key);
	errno = ENOSPC; /* what a short write means */
	bool written = write(fd, key, len) == (ssize_t)len && fchmod(fd, 0644) == 0;
	int why = errno;
	close(fd);
	errno = why;
	return written ? renameat(state, DRAFT, state, FILE_NAME) : -1;
}

static int fill(int state, const char *key)
{
	if (mkdirat(state, NAME, 0755) < 0 && errno != EEXIST)
		return -1;
	/* Whatever the umask: Machines are other users. */
	return fchmodat(state, NAME, 0755, 0) < 0 ? -1 : write_key(state, key);
}

char *fly_dir_open(int state, const char *state_path, const char *registry)
{
	struct seal seal;
	struct text why = {0}, path = {0};
	char key[SIGNER_PUBLIC];
	if (sealed_open(&seal, registry, &why) < 0) {
		log_warn("Machines have no %s to verify their callers with: %s", FLY_DIR, text_string(&why));
		text_free(&why);
		return NULL;
	}
	struct signer *signer = signer_new(&seal);
	seal_forget(&seal);
	signer_public(signer, key);
	signer_free(signer);
	text_format(&path, "%s/%s", state_path, NAME);
	bool filled = fill(state, key) == 0;
	if (filled && fly_dir_need())
		return path.at;
	log_warn("Machines have no %s to verify their callers with: %s cannot be made: %s", FLY_DIR,
	         filled ? FLY_DIR : path.at, strerror(errno));
	text_free(&path);
	return NULL;
}

bool fly_dir_need(void)
{
	return mkdir(FLY_DIR, 0755) == 0 || errno == EEXIST;
}
