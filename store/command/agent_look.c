/* agent_look.c - see agent_look.h. */
#include "command/agent_look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host.h"
#include "layout.h"
#include "registry.h"

enum agent_look agent_look(struct registry *registry, const char *host)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct host self;
	enum agent_look seen = AGENT_UNKNOWN;
	if (host_self(registry, &self) < 0 || strcmp(self.name, host) != 0)
		return AGENT_UNKNOWN;
	char *path = layout_beside(registry_path(registry), "agent.sock");
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && strlen(path) < sizeof addr.sun_path) {
		memcpy(addr.sun_path, path, strlen(path));
		if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0 || errno == EAGAIN)
			seen = AGENT_RUNS;
		else if (errno == ENOENT || errno == ECONNREFUSED)
			seen = AGENT_ABSENT;
	}
	if (fd >= 0)
		close(fd);
	free(path);
	return seen;
}
