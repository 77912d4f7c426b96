/* log.h - one line per event on stderr, as text or JSON.
 * Owns the process's log settings and nothing else; safe from every thread; a line is one write(2).
 *
 * The message is "event key=value ... : reason" in lower case and makes sense to someone paged at night: what happened,
 * to which id, what we did, why. Values with a space or quote belong in "..." (LOG_TEXT quotes and escapes a text that
 * came from outside). Repeated failures are logged on a change of state, or through log_limited(). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* program: "flycast-dns". json: one object per line instead of text. Default: text, INFO. */
void log_open(const char *program, enum log_level level, bool json);
/* From now on; any thread may call. */
void log_set_level(enum log_level level);
enum log_level log_level(void);
bool log_wants(enum log_level level);
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...) (log_wants(LOG_DEBUG) ? log_line(LOG_DEBUG, __VA_ARGS__) : (void)0)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

const char *log_level_name(enum log_level level); /* "debug", "info", "warn", "error" */

/* At most `burst` lines a second per limit object; true when this line may go out. The first line of the next second
 * tells how many were left out. Zero-initialise the object. */
struct log_limit {
	int64_t second;
	uint32_t used;
	uint32_t dropped;
};
bool log_limited(struct log_limit *limit, uint32_t burst);

/* Quotes `text` (may be NULL) into `out`, escaping what is not printable ASCII; cut with "..." when it does not fit. */
const char *log_quote(char *out, unsigned long size, const char *text);

#endif
