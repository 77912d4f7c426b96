/* log_line.c - see log_line.h. */
#include "command/log_line.h"

enum { TIME_LEN = 24, SECONDS_LEN = 19 };

static const struct {
	struct bytes tag;
	const char *name; /* what people see */
} sources[] = {
    [LOG_SOURCE_OUT] = {{"out ", 4}, "app"},
    [LOG_SOURCE_ERR] = {{"err ", 4}, "app"},
    [LOG_SOURCE_FLY] = {{"fly ", 4}, "runner"},
};

static bool is_time(const char *text)
{
	static const char shape[] = "0000-00-00T00:00:00.000Z";
	for (size_t i = 0; i < TIME_LEN; i++)
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return false;
	return true;
}

struct log_line log_line_read(struct bytes line)
{
	if (line.len >= TIME_LEN + 1 && is_time(line.at) && line.at[TIME_LEN] == ' ') {
		struct bytes rest = {line.at + TIME_LEN + 1, line.len - TIME_LEN - 1};
		for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
			struct bytes tag = sources[i].tag;
			if (rest.len < tag.len || memcmp(rest.at, tag.at, tag.len) != 0)
				continue;
			return (struct log_line){.time = {line.at, TIME_LEN},
			                         .source = (enum log_source)i,
			                         .text = {rest.at + tag.len, rest.len - tag.len}};
		}
	}
	return (struct log_line){.time = {"", 0}, .source = LOG_SOURCE_OUT, .text = line};
}

void log_line_write(struct text *out, const struct log_line *line, const char *machine, const char *region)
{
	if (line->time.len)
		text_format(out, "%.*sZ ", SECONDS_LEN, line->time.at);
	text_format(out, "%s[%s] %s [info] ", sources[line->source].name, machine, region);
	text_add(out, line->text.at, line->text.len);
	text_put(out, "\n");
}
