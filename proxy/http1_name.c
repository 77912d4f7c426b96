/* http1_name.c - see http1_name.h. */
#include "http1_name.h"

#include "http1_scan.h"

struct known {
	const char *name;
	uint8_t len;
	uint8_t id;
};

#define KNOWN(text, id)                                                                                                \
	{                                                                                                              \
		(text), sizeof(text) - 1, (id)                                                                         \
	}

/* By length, so that first_known[] finds the few worth comparing. */
static const struct known known[] = {
    KNOWN("te", HTTP1_NAME_HOP),
    KNOWN("host", HTTP1_NAME_HOST),
    KNOWN("expect", HTTP1_NAME_EXPECT),
    KNOWN("server", HTTP1_NAME_SERVER),
    KNOWN("upgrade", HTTP1_NAME_UPGRADE),
    KNOWN("connection", HTTP1_NAME_CONNECTION),
    KNOWN("keep-alive", HTTP1_NAME_HOP),
    KNOWN("content-length", HTTP1_NAME_LENGTH),
    KNOWN("http2-settings", HTTP1_NAME_HOP),
    KNOWN("fly-request-id", HTTP1_NAME_REQUEST_ID),
    KNOWN("x-forwarded-for", HTTP1_NAME_FORWARDED_FOR),
    KNOWN("x-forwarded-ssl", HTTP1_NAME_FORWARDED),
    KNOWN("fly-force-region", HTTP1_NAME_STEER),
    KNOWN("x-forwarded-port", HTTP1_NAME_FORWARDED_PORT),
    KNOWN("proxy-connection", HTTP1_NAME_HOP),
    KNOWN("fly-prefer-region", HTTP1_NAME_STEER),
    KNOWN("transfer-encoding", HTTP1_NAME_CODING),
    KNOWN("x-forwarded-proto", HTTP1_NAME_FORWARDED),
    KNOWN("fly-force-instance-id", HTTP1_NAME_STEER),
    KNOWN("fly-prefer-instance-id", HTTP1_NAME_STEER),
    KNOWN("fly-replay-cache-control", HTTP1_NAME_STEER),
};
enum { KNOWN_COUNT = sizeof known / sizeof *known, KNOWN_LEN_MAX = 24 };

/* first_known[n]: index of the first one of length n; those of length n end where those of n + 1 begin. */
static const uint8_t first_known[KNOWN_LEN_MAX + 2] = {
    [0] = 0,   [1] = 0,   [2] = 0,   [3] = 1,   [4] = 1,   [5] = 2,   [6] = 2,   [7] = 4,   [8] = 5,
    [9] = 5,   [10] = 5,  [11] = 7,  [12] = 7,  [13] = 7,  [14] = 7,  [15] = 10, [16] = 12, [17] = 15,
    [18] = 18, [19] = 18, [20] = 18, [21] = 18, [22] = 19, [23] = 20, [24] = 20, [25] = 21,
};
_Static_assert(KNOWN_COUNT == 21, "first_known[] goes with known[]");

/* Case folded, '_' read as '-'. *spelled is false when a '_' was read so. */
static bool alike(const char *name, const char *lower, size_t len, bool *spelled)
{
	*spelled = true;
	for (size_t i = 0; i < len; i++) {
		char c = http1_fold(name[i]);
		if (c == '_' && lower[i] == '-')
			*spelled = false;
		else if (c != lower[i])
			return false;
	}
	return true;
}

enum http1_name http1_name_find(const char *name, size_t len)
{
	bool spelled;
	if (len <= KNOWN_LEN_MAX) {
		for (size_t i = first_known[len]; i < first_known[len + 1]; i++) {
			if (http1_fold(name[0]) != known[i].name[0] || !alike(name, known[i].name, len, &spelled))
				continue;
			return spelled ? known[i].id : HTTP1_NAME_ALIAS;
		}
	}
	if (len < 4 || (name[0] | 0x20) != 'f')
		return HTTP1_NAME_OTHER;
	if (len >= 10 && alike(name, "fly-replay", 10, &spelled))
		return spelled ? HTTP1_NAME_REPLAY : HTTP1_NAME_ALIAS;
	if (alike(name, "fly-", 4, &spelled))
		return spelled ? HTTP1_NAME_FLY : HTTP1_NAME_ALIAS;
	if (len >= 8 && alike(name, "flycast-", 8, &spelled))
		return spelled ? HTTP1_NAME_FLYCAST : HTTP1_NAME_ALIAS;
	return HTTP1_NAME_OTHER;
}

bool http1_name_trails(const char *name, size_t len)
{
	static const char *const never[] = {
	    "accept",
	    "age",
	    "authorization",
	    "cache-control",
	    "content-encoding",
	    "content-range",
	    "content-type",
	    "cookie",
	    "date",
	    "expires",
	    "forwarded",
	    "location",
	    "max-forwards",
	    "pragma",
	    "proxy-authenticate",
	    "range",
	    "retry-after",
	    "set-cookie",
	    "trailer",
	    "vary",
	    "via",
	    "warning",
	    "www-authenticate",
	    "x-real-ip",
	    "x-forwarded-host",
	    "if-match",
	    "if-none-match",
	    "if-range",
	    "if-modified-since",
	    "if-unmodified-since",
	    "authentication-info",
	    "proxy-authorization",
	    "proxy-authentication-info",
	};
	if (http1_name_find(name, len) != HTTP1_NAME_OTHER)
		return false;
	for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
		if (http1_word_is((struct bytes){name, len}, never[i]))
			return false;
	}
	return true;
}
