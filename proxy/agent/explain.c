/* explain.c - see explain.h. */
#include "explain.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listeners.h"

enum { TAIL_SIZE = 4096, TAIL_LINES = 10 };

const char *explain_tail(const char *text, size_t lines)
{
	const char *at = text + strlen(text);
	if (at > text && at[-1] == '\n')
		at--;
	for (; at > text; at--)
		if (at[-1] == '\n' && --lines == 0)
			return at;
	return text;
}

static void add_log(struct text *out, int dir)
{
	char text[TAIL_SIZE + 1];
	struct stat st;
	int fd = openat(dir, "log", O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;
	if (fd >= 0 && fstat(fd, &st) == 0)
		got = pread(fd, text, TAIL_SIZE, st.st_size > TAIL_SIZE ? st.st_size - TAIL_SIZE : 0);
	if (fd >= 0)
		close(fd);
	if (got <= 0) {
		text_put(out, "it has written nothing");
		return;
	}
	text[got] = '\0';
	text_format(out, "its last lines are:\n%s", explain_tail(text, TAIL_LINES));
}

static void add_listeners(struct text *out, int netns, int home)
{
	struct text where = {0};
	int count = listeners_tell(&where, netns, home);
	if (count > 0)
		text_format(out, "it listens on %s; ", text_string(&where));
	else
		text_put(out, count == 0 ? "it listens on no TCP port; " : "where it listens cannot be told; ");
	text_free(&where);
}

void explain_machine(struct text *out, int netns, int home, int dir)
{
	if (netns >= 0)
		add_listeners(out, netns, home);
	else
		text_put(out, "no process of it runs; ");
	add_log(out, dir);
}
