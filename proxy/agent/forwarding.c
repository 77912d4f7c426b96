/* forwarding.c - see forwarding.h. */
#include "forwarding.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "netns.h"

#define CONF "/proc/sys/net/ipv6/conf"

static int read_digit(const char *path)
{
	char digit = '\0';
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, &digit, 1);
	if (fd >= 0)
		close(fd);
	return got == 1 ? digit - '0' : -1;
}

static int write_digit(const char *path, char digit)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written = fd < 0 ? -1 : write(fd, &digit, 1);
	int saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return written == 1 ? 0 : -1;
}

/* A host that forwards ignores router advertisements unless it is told otherwise, and would lose its own way out. */
static void keep_advertisements(void)
{
	char path[512];
	DIR *dir = opendir(CONF);
	struct dirent *entry;
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "all") == 0)
			continue;
		snprintf(path, sizeof path, CONF "/%s/accept_ra", entry->d_name);
		if (read_digit(path) == 1 && write_digit(path, '2') < 0)
			log_warn("router advertisements may be ignored now device=%s: %s", entry->d_name,
			         strerror(errno));
	}
	if (dir)
		closedir(dir);
}

static const char all[] = CONF "/all/forwarding";

int forwarding_turn_on(bool *was_off, char *error)
{
	*was_off = read_digit(all) == 0;
	if (!*was_off)
		return 0;
	keep_advertisements();
	if (write_digit(all, '1') < 0) {
		snprintf(error, NETNS_ERROR, "%s cannot be set: %s", all, strerror(errno));
		return -1;
	}
	log_info("forwarding of IPv6 turned on, for Machines only: table ip6 flycast_closed drops the rest");
	return 0;
}

void forwarding_turn_off(void)
{
	if (write_digit(all, '0') < 0)
		log_warn("forwarding of IPv6 stays on: %s", strerror(errno));
}
