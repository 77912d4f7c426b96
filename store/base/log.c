/* log.c - see log.h. */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { LINE_SIZE = 4096 };

static struct {
	const char *program;
	enum log_level level; /* atomic */
	bool json;
} settings = {.program = "flycast", .level = LOG_INFO};

static pthread_mutex_t limit_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_open(const char *program, enum log_level level, bool json)
{
	settings.program = program;
	settings.json = json;
	log_set_level(level);
}

void log_set_level(enum log_level level)
{
	__atomic_store_n(&settings.level, level, __ATOMIC_RELAXED);
}

enum log_level log_level(void)
{
	return __atomic_load_n(&settings.level, __ATOMIC_RELAXED);
}

bool log_wants(enum log_level level)
{
	return level >= log_level();
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

/* JSON string escaping; a line that does not fit is cut, never split over two writes. */
static size_t escape(char *out, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;
	for (const unsigned char *c = (const unsigned char *)text; *c && at + 8 < size; c++) {
		if (*c == '"' || *c == '\\') {
			out[at++] = '\\';
			out[at++] = (char)*c;
		} else if (*c < 0x20 || *c >= 0x7f) {
			memcpy(out + at, "\\u00", 4);
			out[at + 4] = hex[*c >> 4];
			out[at + 5] = hex[*c & 15];
			at += 6;
		} else {
			out[at++] = (char)*c;
		}
	}
	out[at] = '\0';
	return at;
}

void log_line(enum log_level level, const char *format, ...)
{
	char message[LINE_SIZE / 2];
	char line[LINE_SIZE];
	char when[CLOCK_TEXT];
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, format);
	/* va_start was just called. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	clock_text(when, clock_wall_ms());

	int head = snprintf(line, sizeof line,
	                    settings.json ? "{\"time\":\"%s\",\"program\":\"%s\",\"level\":\"%s\",\"message\":\""
	                                  : "%s %s %s ",
	                    when, settings.program, level_names[level]);
	size_t at = (size_t)head;
	if (settings.json) {
		at += escape(line + at, sizeof line - at - 4, message);
		memcpy(line + at, "\"}", 2);
		at += 2;
	} else {
		/* A newline inside a message would look like a second event. */
		for (const char *c = message; *c && at + 2 < sizeof line; c++)
			line[at++] = *c == '\n' || *c == '\r' ? ' ' : *c;
	}
	line[at++] = '\n';
	ssize_t written = write(STDERR_FILENO, line, at);
	(void)written; /* nowhere to report it to */
}

bool log_limited(struct log_limit *limit, uint32_t burst)
{
	int64_t now = clock_mono_ms() / 1000;
	uint32_t dropped = 0;
	bool may;

	pthread_mutex_lock(&limit_lock);
	if (limit->second != now) {
		limit->second = now;
		limit->used = 0;
		dropped = limit->dropped;
		limit->dropped = 0;
	}
	may = limit->used < burst;
	if (may)
		limit->used++;
	else
		limit->dropped++;
	pthread_mutex_unlock(&limit_lock);
	if (dropped)
		log_line(LOG_WARN, "log lines left out count=%u", dropped);
	return may;
}

const char *log_quote(char *out, unsigned long size, const char *text)
{
	if (size < 16)
		return "";
	out[0] = '"';
	size_t at = 1 + escape(out + 1, size - 6, text ? text : "");
	if (text && at + 16 > size)
		memcpy(out + at, "...", 3), at += 3;
	out[at] = '"';
	out[at + 1] = '\0';
	return out;
}
