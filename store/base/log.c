/* log.c - see log.h. */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_json.h"

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

/* An object, also when there is no room for all of it: the message is in it in any case. */
static size_t write_json(char *line, size_t size, const char *head, const char *message)
{
	size_t at = (size_t)snprintf(line, size, "{%s,\"message\":\"", head);
	at += log_json_escape(line + at, (size_t)LINE_SIZE, message, strlen(message));
	line[at++] = '"';
	line[at++] = ',';
	size_t apart = log_json(line + at, size - at - 2, message);
	at += apart;
	at -= apart == 0; /* the comma */
	line[at++] = '}';
	return at;
}

static size_t write_text(char *line, size_t size, const char *head, const char *message)
{
	size_t at = (size_t)snprintf(line, size, "%s ", head);
	/* A newline inside a message would look like a second event. */
	for (const char *c = message; *c && at + 2 < size; c++)
		line[at++] = *c == '\n' || *c == '\r' ? ' ' : *c;
	return at;
}

void log_line(enum log_level level, const char *format, ...)
{
	char message[LINE_SIZE / 2];
	char line[4 * LINE_SIZE];
	char when[CLOCK_TEXT], head[256];
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, format);
	/* va_start was just called. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	clock_text(when, clock_wall_ms());
	snprintf(head, sizeof head, settings.json ? "\"time\":\"%s\",\"program\":\"%s\",\"level\":\"%s\"" : "%s %s %s",
	         when, settings.program, level_names[level]);
	size_t at = settings.json ? write_json(line, sizeof line - 1, head, message)
	                          : write_text(line, LINE_SIZE, head, message);
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
	size_t at = 1 + log_json_escape(out + 1, size - 6, text ? text : "", text ? strlen(text) : 0);
	if (text && at + 16 > size)
		memcpy(out + at, "...", 3), at += 3;
	out[at] = '"';
	out[at + 1] = '\0';
	return out;
}
