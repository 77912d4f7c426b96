/* stopped.c - see stopped.h. */
#include "stopped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_text(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t got = f ? fread(out, 1, size - 1, f) : 0;
	out[got] = '\0';
	if (f)
		fclose(f);
}

/* One that is gone does not run either. One that waits in the kernel (D: a disk, or a vfork whose child is stopped) finds its
 * stop before it gets back to its own code. */
static bool is_stopped(long pid)
{
	char path[64], stat[512];
	snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	read_text(path, stat, sizeof stat);
	/* The name may contain anything; the state is the letter after its last parenthesis. */
	const char *name_end = strrchr(stat, ')');
	return !name_end || name_end[1] != ' ' || strchr("TtZXD", name_end[2]);
}

bool stopped_children(pid_t pid)
{
	char path[64], children[4096];
	bool any = false;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	read_text(path, children, sizeof children);
	for (char *at = children, *end;; at = end) {
		long child = strtol(at, &end, 10);
		if (end == at)
			return any;
		if (!is_stopped(child))
			return false;
		any = true;
	}
}
