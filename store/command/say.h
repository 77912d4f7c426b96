/* say.h - the sentences of a command: refusals, questions, hints, ages. Owns nothing.
 * Output is on stdout, everything said about it on stderr. A sentence says what, why and what to do. */
#ifndef COMMAND_SAY_H
#define COMMAND_SAY_H

#include <stdbool.h>
#include <stdint.h>

struct call;

enum { SAY_TIME = 32 };

/* What would move the cursor of a terminal becomes a space or a question mark; returns text. Sentences have it done. */
char *say_plain(char *text);

/* "Error: ..." on stderr. Returns 1: refused or failed. */
int say_refused(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "Error: ... Try: flycast ips list --help" on stderr. Returns 2: misuse. */
int say_misuse(const struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "Warning: ..." on stderr. */
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* No app was named (call_app() gave NULL). Returns 2. */
int say_no_app(const struct call *call);

/* Asks on the terminal unless -y was given. 0: go on; else the exit code, after a sentence. */
int say_confirm(const struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "just now", "42s ago", "3m5s ago", "2h10m ago", else "Nov 23 2026 09:15" (UTC) into out[SAY_TIME]; 0 ms gives "". */
const char *say_ago(char *out, int64_t wall_ms);
/* "2026-11-23T09:15:00Z", for JSON. */
const char *say_time(char *out, int64_t wall_ms);

#endif
