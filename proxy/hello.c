/* hello.c - see hello.h. */
#include "hello.h"

#include <stdint.h>
#include <string.h>

enum {
	TLS_HANDSHAKE = 0x16, /* RFC 8446 5.1, content type */
	CODE_CANCEL = 80877102,
	CODE_SSL = 80877103,
	CODE_GSS = 80877104,
	PROTOCOL_MAJOR = 3,
	STARTUP_MOST = 10000 /* MAX_STARTUP_PACKET_LENGTH of the server */
};

static uint32_t number(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

enum hello hello_read(const unsigned char *bytes, size_t len)
{
	if (len > 0 && bytes[0] == TLS_HANDSHAKE)
		return HELLO_TLS;
	if (len > 0 && bytes[0] != 0)
		return HELLO_BAD;
	if (len < HELLO_REQUEST)
		return HELLO_MORE;
	uint32_t size = number(bytes);
	uint32_t code = number(bytes + 4);
	if (code == CODE_SSL)
		return size == HELLO_REQUEST ? HELLO_SSL : HELLO_BAD;
	if (code == CODE_GSS)
		return size == HELLO_REQUEST ? HELLO_GSS : HELLO_BAD;
	if (code == CODE_CANCEL)
		return size >= HELLO_CANCEL_LEAST && size <= HELLO_CANCEL_MOST ? HELLO_CANCEL : HELLO_BAD;
	return code >> 16 == PROTOCOL_MAJOR && size > HELLO_REQUEST && size <= STARTUP_MOST ? HELLO_PLAIN : HELLO_BAD;
}

size_t hello_size(const unsigned char *bytes)
{
	return number(bytes);
}

static unsigned char *put_field(unsigned char *at, char kind, const char *text, size_t len)
{
	*at++ = (unsigned char)kind;
	memcpy(at, text, len);
	at[len] = '\0';
	return at + len + 1;
}

size_t hello_refusal_write(unsigned char *out, const char *sentence)
{
	enum { FIXED = 64 }; /* more than all but the sentence */
	size_t len = strlen(sentence);
	unsigned char *at = out + 5;
	if (len > HELLO_REFUSAL_MAX - FIXED)
		len = HELLO_REFUSAL_MAX - FIXED;
	at = put_field(at, 'S', "FATAL", 5);
	at = put_field(at, 'V', "FATAL", 5);
	at = put_field(at, 'C', "28000",
	               5); /* invalid_authorization_specification, as for a missing pg_hba.conf entry */
	at = put_field(at, 'M', sentence, len);
	*at++ = '\0';
	uint32_t size = (uint32_t)(at - out - 1);
	out[0] = 'E';
	for (int i = 0; i < 4; i++)
		out[1 + i] = (unsigned char)(size >> (24 - 8 * i));
	return size + 1;
}
