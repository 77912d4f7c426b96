/* http1_refusal.c - responses that the proxy gives itself; see http1_write.h. */
#include "http1_put.h"
#include "http1_write.h"

enum { FIELD_MAX = 512, FIXED_MAX = 512, HTTPS_PORT = 443 };

static const char *reason_of(uint16_t status)
{
	static const struct {
		uint16_t status;
		const char *reason;
	} reasons[] = {
	    {400, "Bad Request"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {408, "Request Timeout"},
	    {413, "Content Too Large"},
	    {414, "URI Too Long"},
	    {417, "Expectation Failed"},
	    {421, "Misdirected Request"},
	    {429, "Too Many Requests"},
	    {431, "Request Header Fields Too Large"},
	    {500, "Internal Server Error"},
	    {501, "Not Implemented"},
	    {502, "Bad Gateway"},
	    {503, "Service Unavailable"},
	    {504, "Gateway Timeout"},
	    {505, "HTTP Version Not Supported"},
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "";
}

/* The first line of a sentence, fit for a field. */
static char *put_field_text(char *at, const char *sentence)
{
	for (size_t i = 0; i < FIELD_MAX && sentence[i] && sentence[i] != '\n'; i++)
		*at++ = sentence[i] >= ' ' && sentence[i] < 0x7f ? sentence[i] : '?';
	return at;
}

size_t http1_refusal_write(char *out, size_t room, const struct http1_refusal *refusal)
{
	size_t code_len = strlen(refusal->code);
	size_t sentence_len = strlen(refusal->sentence);
	size_t fixed = FIXED_MAX + FIELD_MAX + 2 * code_len + refusal->request_id.len;
	if (room < fixed)
		return 0;
	if (sentence_len > room - fixed)
		sentence_len = room - fixed;

	const char *reason = reason_of(refusal->status);
	char *at = put_number(PUT(out, "HTTP/1.1 "), refusal->status);
	at = put(PUT(at, " "), reason, strlen(reason));
	at = PUT(at, "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ");
	at = put_number(at, code_len + 1 + sentence_len + 1);
	at = PUT(put(PUT(at, "\r\nFlycast-Error: "), refusal->code, code_len), " ");
	at = put_field_text(at, refusal->sentence);
	if (refusal->retry_seconds)
		at = put_number(PUT(at, "\r\nRetry-After: "), refusal->retry_seconds);
	if (refusal->request_id.len)
		at = put(PUT(at, "\r\nFly-Request-Id: "), refusal->request_id.at, refusal->request_id.len);
	if (!refusal->keep_alive)
		at = PUT(at, "\r\nConnection: close");
	at = PUT(at, "\r\nServer: Flycast/" FLYCAST_VERSION "\r\nVia: 1.1 fly.io\r\n\r\n");
	if (refusal->head)
		return (size_t)(at - out);
	at = PUT(put(at, refusal->code, code_len), " ");
	at = PUT(put(at, refusal->sentence, sentence_len), "\n");
	return (size_t)(at - out);
}

/* Without the port: an address in brackets has colons of its own. */
static struct bytes host_of(struct bytes authority)
{
	for (size_t i = authority.len; i > 0 && authority.at[i - 1] != ']'; i--)
		if (authority.at[i - 1] == ':')
			return (struct bytes){authority.at, i - 1};
	return authority;
}

size_t http1_redirect_write(char *out, size_t room, const struct http1_redirect *redirect)
{
	struct bytes host = host_of(redirect->authority);
	if (room < FIXED_MAX + host.len + redirect->target.len + redirect->request_id.len)
		return 0;
	char *at = PUT(out, "HTTP/1.1 301 Moved Permanently\r\nContent-Length: 0\r\nLocation: https://");
	at = put(at, host.at, host.len);
	if (redirect->port != HTTPS_PORT)
		at = put_number(PUT(at, ":"), redirect->port);
	if (bytes_equal(redirect->target, BYTES("*")))
		at = PUT(at, "/");
	else
		at = put(at, redirect->target.at, redirect->target.len);
	at = put(PUT(at, "\r\nFly-Request-Id: "), redirect->request_id.at, redirect->request_id.len);
	if (!redirect->keep_alive)
		at = PUT(at, "\r\nConnection: close");
	at = PUT(at, "\r\nServer: Flycast/" FLYCAST_VERSION "\r\nVia: 1.1 fly.io\r\n\r\n");
	return (size_t)(at - out);
}
