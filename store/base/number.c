/* number.c - see number.h. */
#include "base/number.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

bool number_read(int64_t *out, const char *text, int64_t min, int64_t max)
{
	size_t digits = strspn(text + (*text == '-'), "0123456789");
	if (digits == 0 || text[digits + (*text == '-')])
		return false;
	errno = 0;
	long long value = strtoll(text, NULL, 10);
	if (errno || value < min || value > max)
		return false;
	*out = value;
	return true;
}

static const struct {
	const char *name;
	double seconds;
} units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}};

/* Reads the unit at *text and steps over it; 0: there is none. */
static double unit(const char **text)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		size_t len = strlen(units[i].name);
		if (strncmp(*text, units[i].name, len) == 0) {
			*text += len;
			return units[i].seconds;
		}
	}
	return 0;
}

bool number_seconds(double *out, const char *text)
{
	double sum = 0;
	const char *at = text;
	do {
		size_t len = strspn(at, "0123456789.");
		char *end;
		double value = strtod(at, &end);
		if (len == 0 || end != at + len) /* no sign, no exponent, no "inf" */
			return false;
		bool bare = at == text && *end == '\0';
		at = end;
		double scale = bare ? 1 : unit(&at);
		if (scale == 0)
			return false;
		sum += value * scale;
	} while (*at);
	if (sum > 1e9)
		return false;
	*out = sum;
	return true;
}
