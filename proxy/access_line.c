/* access_line.c - see access_line.h. Written by hand: a line is written for every request, and printf took longer than
 * the rest of its bookkeeping together. */
#include "access_line.h"

#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "http1_put.h"

struct line {
	char *at;
	bool json;
	bool some; /* a field is there already */
};

static void put_name(struct line *line, const char *name)
{
	if (line->some)
		*line->at++ = line->json ? ',' : ' ';
	line->some = true;
	if (line->json)
		*line->at++ = '"';
	line->at = put(line->at, name, strlen(name));
	line->at = line->json ? PUT(line->at, "\":") : PUT(line->at, "=");
}

/* Quoted, with everything escaped that is not printable ASCII; each octet takes at most six. */
static void put_quoted(struct line *line, struct bytes text)
{
	static const char hex[] = "0123456789abcdef";
	*line->at++ = '"';
	for (size_t i = 0; i < text.len && i < ACCESS_PATH_MOST; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c == '"' || c == '\\') {
			*line->at++ = '\\';
			*line->at++ = (char)c;
		} else if (c >= ' ' && c < 0x7f) {
			*line->at++ = (char)c;
		} else {
			line->at = PUT(line->at, "\\u00");
			*line->at++ = hex[c >> 4];
			*line->at++ = hex[c & 15];
		}
	}
	*line->at++ = '"';
}

/* A word of ours or of the registry: nothing in it needs an escape. Left out when it is not there. */
static void put_word(struct line *line, const char *name, struct bytes word)
{
	if (!word.len)
		return;
	put_name(line, name);
	if (line->json)
		*line->at++ = '"';
	line->at = put(line->at, word.at, word.len);
	if (line->json)
		*line->at++ = '"';
}

static struct bytes word_of(const char *text)
{
	return text ? bytes_of(text) : (struct bytes){NULL, 0};
}

static void put_count(struct line *line, const char *name, uint64_t count)
{
	put_name(line, name);
	line->at = put_number(line->at, count);
}

static void put_ms(struct line *line, const char *name, uint64_t microseconds)
{
	put_count(line, name, microseconds / 1000);
	*line->at++ = '.';
	for (uint64_t digit = 100; digit; digit /= 10)
		*line->at++ = (char)('0' + microseconds / digit % 10);
}

static void put_end(struct line *line, const char *name, const struct in6_addr *ip, uint16_t port)
{
	char text[ADDR_TEXT];
	struct sockaddr_in6 end = {.sin6_addr = *ip, .sin6_port = htons(port)};
	put_word(line, name, bytes_of(addr_text(text, &end)));
}

size_t access_line_write(char *out, const struct access_facts *f, bool json)
{
	struct line line = {.at = out, .json = json};
	char time[CLOCK_TEXT];
	const char *query = f->target.len ? memchr(f->target.at, '?', f->target.len) : NULL;
	if (json)
		*line.at++ = '{';
	put_word(&line, "time", bytes_of(clock_text(time, f->wall_ms)));
	put_word(&line, "kind", word_of(f->kind));
	put_end(&line, "client", f->client, f->client_port);
	put_end(&line, "address", f->address, f->port);
	put_word(&line, "app", word_of(f->app));
	put_word(&line, "machine", word_of(f->machine));
	put_word(&line, "method", f->method);
	if (f->target.len) {
		put_name(&line, "path");
		put_quoted(&line, (struct bytes){f->target.at, query ? (size_t)(query - f->target.at) : f->target.len});
	}
	if (f->status)
		put_count(&line, "status", f->status);
	put_word(&line, "end", word_of(f->end));
	put_word(&line, "code", word_of(f->code));
	put_count(&line, "in", f->in);
	put_count(&line, "out", f->out);
	put_ms(&line, "queue_ms", f->queue_us);
	put_ms(&line, "wake_ms", f->wake_us);
	put_ms(&line, "connect_ms", f->connect_us);
	put_ms(&line, "first_ms", f->first_us);
	put_ms(&line, "total_ms", f->total_us);
	if (f->cold)
		put_count(&line, "cold", 1);
	put_word(&line, "request", f->request_id);
	if (json)
		*line.at++ = '}';
	*line.at++ = '\n';
	return (size_t)(line.at - out);
}
