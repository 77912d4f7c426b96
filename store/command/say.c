/* say.c - see say.h. */
#include "command/say.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "command/call.h"

char *say_plain(char *text)
{
	for (char *c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = isspace((unsigned char)*c) ? ' ' : '?';
	return text;
}

/* The last character that was said. */
static char say(const char *prefix, const char *format, va_list args)
{
	char *sentence;
	char last = '\0';
	fflush(stdout); /* what was printed before comes first, also in a pipe */
	if (vasprintf(&sentence, format, args) < 0)
		return last;
	fprintf(stderr, "%s%s", prefix, say_plain(sentence));
	if (*sentence)
		last = sentence[strlen(sentence) - 1];
	free(sentence);
	return last;
}

int say_refused(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say("Error: ", format, args);
	va_end(args);
	fputs("\n", stderr);
	return 1;
}

void say_warning(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say("Warning: ", format, args);
	va_end(args);
	fputs("\n", stderr);
}

int say_misuse(const struct call *call, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *stop = say("Error: ", format, args) == '?' ? "" : ".";
	va_end(args);
	fprintf(stderr, "%s Try: flycast %s%s%s%s--help\n", stop, call->group ? call->group->name : "",
	        call->group ? " " : "", call->command ? call->command->name : "", call->command ? " " : "");
	return 2;
}

int say_no_app(const struct call *call)
{
	return say_misuse(call,
	                  "no app was named: use -a NAME, set FLY_APP, or stand beside a fly.toml with an app = line");
}

int say_confirm(const struct call *call, const char *format, ...)
{
	va_list args;
	char answer[16] = "";
	if (call->yes)
		return 0;
	if (!isatty(STDIN_FILENO))
		return say_refused("yes flag must be specified when not running interactively: add -y");
	va_start(args, format);
	say("", format, args);
	va_end(args);
	fputs(" (y/N) ", stderr);
	if (fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return 0;
	return say_refused("user aborted: nothing was changed");
}

static const char *utc(char *out, const char *format, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	if (!gmtime_r(&seconds, &tm) || strftime(out, SAY_TIME, format, &tm) == 0)
		out[0] = '\0';
	return out;
}

const char *say_ago(char *out, int64_t wall_ms)
{
	int64_t seconds = (clock_wall_ms() - wall_ms) / 1000;
	long long s = seconds % 60, m = seconds / 60 % 60, h = seconds / 3600;
	if (wall_ms == 0)
		out[0] = '\0';
	else if (seconds < 0 || h >= 24)
		utc(out, "%b %-d %Y %H:%M", wall_ms);
	else if (seconds < 1)
		snprintf(out, SAY_TIME, "just now");
	else if (h > 0)
		snprintf(out, SAY_TIME, "%lldh%lldm ago", h, m);
	else if (m > 0)
		snprintf(out, SAY_TIME, "%lldm%llds ago", m, s);
	else
		snprintf(out, SAY_TIME, "%llds ago", s);
	return out;
}

const char *say_time(char *out, int64_t wall_ms)
{
	return utc(out, "%Y-%m-%dT%H:%M:%SZ", wall_ms);
}
