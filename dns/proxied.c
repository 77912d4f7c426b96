/* proxied.c - see proxied.h. */
#include "proxied.h"

static const char signature[] = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

bool proxied_begins(struct bytes in)
{
	return in.len >= sizeof signature && memcmp(in.at, signature, sizeof signature) == 0;
}

enum proxyline_parse proxied_read(struct responder_client *client, struct bytes in, size_t *end)
{
	struct proxyline line;
	const char *why;
	if (in.len && in.at[0] != signature[0]) /* nor version 1 */
		return PROXYLINE_BAD;
	enum proxyline_parse result = proxyline_read(&line, in, end, &why);
	if (result != PROXYLINE_DONE || line.local)
		return result;
	client->source = line.client;
	client->destination = line.address;
	if (line.client_port) /* a front may not know it, and it is the front that gets the answer */
		client->port = line.client_port;
	return result;
}
