/* progress.c - see progress.h. */
#include "command/progress.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command/say.h"

enum { NARROWEST = 20, USUAL = 80, WIDEST = 240 };

static int width(void)
{
	struct winsize size;
	int columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
	if (columns == 0)
		return USUAL;
	return columns < NARROWEST ? NARROWEST : columns > WIDEST ? WIDEST : columns;
}

static bool on_terminal(void)
{
	const char *term = getenv("TERM");
	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

static void show(const char *format, va_list args)
{
	char line[WIDEST * 4];
	vsnprintf(line, sizeof line, format, args);
	/* A line that is wider would not be taken away whole. Bytes, not columns: too short is better than too long. */
	printf("\r\033[K%.*s", width() - 1, say_plain(line));
	fflush(stdout);
}

void progress_show(const char *format, ...)
{
	va_list args;
	if (!on_terminal())
		return;
	va_start(args, format);
	show(format, args);
	va_end(args);
}

void progress_clear(void)
{
	if (!on_terminal())
		return;
	fputs("\r\033[K", stdout);
	fflush(stdout);
}
