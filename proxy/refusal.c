/* refusal.c - see refusal.h. */
#include "refusal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { RETRY_SOON = 1, RETRY_LATER = 5 };

/* {word} in a sentence stands for a member of struct refusal_facts. */
static const struct {
	const char *code;
	uint16_t status;
	uint16_t retry_seconds;
	const char *sentence;
} kinds[] = {
    [REFUSAL_NO_INSTANCE] = {"PR01", 503, RETRY_LATER, "no Machine of app {app} can take port {port}: {detail}"},
    [REFUSAL_QUEUE_TIMEOUT] = {"PR04", 503, RETRY_SOON,
                               "every Machine of app {app} was at its hard limit for {waited} ms; raise the limit "
                               "or add Machines"},
    [REFUSAL_NO_SERVICE] = {"PR06", 404, 0, "app {app} has no service on port {port}; its ports: {detail}"},
    [REFUSAL_OTHER_NETWORK] = {"PR07", 403, 0,
                               "client {client} is not in the network that the address of app {app} belongs to; "
                               "give its network an address with: flycast ips allocate-v6 --private --network NAME"},
    [REFUSAL_QUEUE_FULL] = {"PQ01", 503, RETRY_SOON,
                            "every Machine of app {app} is at its hard limit and the queue is full; raise the limit "
                            "or add Machines"},
    [REFUSAL_NETWORK_FULL] = {"PL01", 503, RETRY_LATER,
                              "the network of client {client} has as many connections open as one network may "
                              "(--network-connections); let clients keep and reuse theirs, or raise it"},
    [REFUSAL_WAKE_REFUSED] = {"PM01", 502, RETRY_SOON, "Machine {machine} of app {app} could not be woken: {detail}"},
    [REFUSAL_NO_AGENT] = {"PM02", 503, RETRY_LATER,
                          "Machine {machine} of app {app} sleeps and the agent of its host does not answer; is "
                          "flycast-agent running?"},
    [REFUSAL_WAKE_TIMEOUT] = {"PM03", 504, RETRY_LATER,
                              "Machine {machine} of app {app} did not start within {waited} ms"},
    [REFUSAL_UNREACHABLE] =
        {"PM05", 502, RETRY_LATER,
         "Machine {machine} of app {app} started, but nobody answered on port {internal} in {tries} "
         "attempts ({waited} ms); the app must listen on 0.0.0.0:{internal}\n{detail}"},
    [REFUSAL_CONNECT_REFUSED] = {"PC01", 502, RETRY_SOON,
                                 "Machine {machine} of app {app} refused the connection; is the app listening on "
                                 "0.0.0.0:{internal}, and not on 127.0.0.1 only?\n{detail}"},
    [REFUSAL_CONNECT_RESET] = {"PC03", 502, RETRY_SOON,
                               "Machine {machine} of app {app} reset the connection to port {internal} at once"},
    [REFUSAL_CONNECT_TIMEOUT] = {"PC05", 504, RETRY_SOON,
                                 "Machine {machine} of app {app} did not accept a connection to port {internal} "
                                 "within {waited} ms"},
    [REFUSAL_CONNECT_OTHER] = {"PC06", 502, RETRY_SOON,
                               "no connection to port {internal} of Machine {machine} of app {app}: {detail}"},
    [REFUSAL_NOT_HTTP2] =
        {"PU01", 502, 0,
         "Machine {machine} of app {app} does not speak HTTP/2 on port {internal} ({detail}); the app must "
         "take it by prior knowledge, or the service must not ask for it (http_options.h2_backend)"},
    [REFUSAL_NO_RESPONSE] = {"PU02", 502, 0,
                             "Machine {machine} of app {app} ended the connection before it answered: {detail}"},
    [REFUSAL_BAD_RESPONSE] = {"PU02", 502, 0,
                              "the response of Machine {machine} of app {app} is not valid HTTP/1.1: {detail}"},
    [REFUSAL_RESPONSE_TIMEOUT] = {"PU02", 504, 0, "Machine {machine} of app {app} did not answer within {waited} ms"},
    [REFUSAL_BODY_CUT] = {"PU05", 502, 0,
                          "Machine {machine} of app {app} ended the connection in the middle of a body: {detail}"},
    [REFUSAL_BAD_REQUEST] = {"PH01", 400, 0, "the request is not valid HTTP: {detail}"},
    [REFUSAL_REQUEST_TIMEOUT] = {"PH02", 408, 0, "the request was not complete within {waited} ms"},
    [REFUSAL_SILENCE] = {"PH03", 504, 0,
                         "no byte went either way for {waited} ms, the idle_timeout of port {port} of app {app}"},
    [REFUSAL_FLOOD] = {"PH04", 429, 0, "client {client} sent too many HTTP/2 frames that move nothing"},
    [REFUSAL_MISDIRECTED] = {"PH05", 421, 0,
                             "the request is for {detail}, but its connection leads to app {app}; ask again over a "
                             "connection to the address of that name"},
    [REFUSAL_FRONT_BAD] = {"PF01", 400, 0,
                           "{client}, which --proxy-from lists, began a connection to port {port} of app {app} without "
                           "a valid PROXY header: {detail}; let it send one, or list it no longer"},
    [REFUSAL_FRONT_TIMEOUT] = {"PF02", 408, 0,
                               "{client}, which --proxy-from lists, sent no PROXY header to port {port} of app {app} "
                               "within {waited} ms; let it send one, or list it no longer"},
    [REFUSAL_TLS_RATE] = {"PT01", 429, RETRY_SOON,
                          "client {client} began more TLS handshakes on port {port} of app {app} than --handshake-rate "
                          "allows; let it keep its connections, or resume its sessions"},
    [REFUSAL_TLS_NAME_RATE] = {"PT02", 429, RETRY_SOON,
                               "app {app} was asked for more TLS handshakes for {detail} than --handshake-name-rate "
                               "allows; let clients keep their connections, or resume their sessions"},
    [REFUSAL_TLS_CANCELED] = {"PT03", 400, 0,
                              "client {client} ended its TLS handshake on port {port} of app {app}: {detail}"},
    [REFUSAL_TLS_FAILED] = {"PT04", 400, 0,
                            "the TLS handshake of client {client} on port {port} of app {app} failed: {detail}"},
    [REFUSAL_TLS_UNKNOWN_NAME] = {"PT05", 421, 0,
                                  "app {app} has no certificate for {detail}, which client {client} asked for on "
                                  "port {port}; add it with: flycast certs add {detail} -a {app}"},
    [REFUSAL_TLS_NO_CERTIFICATE] = {"PT06", 421, 0,
                                    "app {app} has no certificate for port {port}; make the private authority of "
                                    "its organization with: flycast certs ca"},
    [REFUSAL_TLS_IO] = {"PT07", 400, 0,
                        "the connection of client {client} broke in its TLS handshake on port {port} of app {app}: "
                        "{detail}"},
    [REFUSAL_TLS_TIMEOUT] = {"PT08", 408, 0,
                             "client {client} did not finish {detail} on port {port} of app {app} within {waited} ms"},
    [REFUSAL_TLS_INTERNAL] = {"PT09", 500, 0,
                              "TLS on port {port} of app {app} cannot be served: {detail}; see: flycast certs check -a "
                              "{app}"},
    [REFUSAL_REPLAY_BODY] = {"PA01", 502, 0,
                             "Machine {machine} of app {app} sent the request on with fly-replay, but its body is too "
                             "large to be sent again: at most 1 MB is kept, and 64 MB of all requests"},
    [REFUSAL_REPLAY_LOOP] = {"PA02", 502, 0,
                             "the request was sent on with fly-replay more than 10 times, the last time by Machine "
                             "{machine} of app {app}"},
    [REFUSAL_REPLAY_BAD] = {"PA03", 502, 0, "the fly-replay of Machine {machine} of app {app} cannot be: {detail}"},
    [REFUSAL_REPLAY_UNKNOWN] = {"PA04", 502, 0,
                                "app '{app}' used 'fly-replay' to target app '{detail}', which we cannot find"},
    [REFUSAL_REPLAY_DENIED] =
        {"PA05", 502, 0,
         "app '{app}' used 'fly-replay' to target app '{detail}', but it doesn't have permission "
         "to do so: that app is in another network; to allow it for all apps of the organization: "
         "flycast orgs cross-network-replays enable"},
    [REFUSAL_REPLAY_TIMEOUT] =
        {"PA06", 504, 0, "no Machine of app {app} took the request within {waited} ms, the timeout of fly-replay"},
    [REFUSAL_REPLAY_NO_PORT] = {"PA07", 502, 0,
                                "app '{app}' used 'fly-replay' to target app '{detail}', which has no service with the "
                                "handler http on port {port}"},
    [REFUSAL_SHUTDOWN] = {"PP02", 503, RETRY_SOON, "the proxy is shutting down; try again"},
};
_Static_assert(sizeof kinds / sizeof *kinds == REFUSAL_KINDS, "every refusal has its row");

/* Several refusals share a code of Fly's; these tell them apart. */
static const char *const names[] = {
    [REFUSAL_NO_INSTANCE] = "no_instance",
    [REFUSAL_QUEUE_TIMEOUT] = "queue_timeout",
    [REFUSAL_NO_SERVICE] = "no_service",
    [REFUSAL_OTHER_NETWORK] = "other_network",
    [REFUSAL_QUEUE_FULL] = "queue_full",
    [REFUSAL_NETWORK_FULL] = "network_full",
    [REFUSAL_WAKE_REFUSED] = "wake_refused",
    [REFUSAL_NO_AGENT] = "no_agent",
    [REFUSAL_WAKE_TIMEOUT] = "wake_timeout",
    [REFUSAL_UNREACHABLE] = "unreachable",
    [REFUSAL_CONNECT_REFUSED] = "connect_refused",
    [REFUSAL_CONNECT_RESET] = "connect_reset",
    [REFUSAL_CONNECT_TIMEOUT] = "connect_timeout",
    [REFUSAL_CONNECT_OTHER] = "connect_other",
    [REFUSAL_NO_RESPONSE] = "no_response",
    [REFUSAL_BAD_RESPONSE] = "bad_response",
    [REFUSAL_RESPONSE_TIMEOUT] = "response_timeout",
    [REFUSAL_BODY_CUT] = "body_cut",
    [REFUSAL_BAD_REQUEST] = "bad_request",
    [REFUSAL_REQUEST_TIMEOUT] = "request_timeout",
    [REFUSAL_SILENCE] = "silence",
    [REFUSAL_MISDIRECTED] = "misdirected",
    [REFUSAL_REPLAY_BODY] = "replay_body",
    [REFUSAL_REPLAY_LOOP] = "replay_loop",
    [REFUSAL_REPLAY_BAD] = "replay_bad",
    [REFUSAL_REPLAY_UNKNOWN] = "replay_unknown",
    [REFUSAL_REPLAY_DENIED] = "replay_denied",
    [REFUSAL_REPLAY_TIMEOUT] = "replay_timeout",
    [REFUSAL_REPLAY_NO_PORT] = "replay_no_port",
    [REFUSAL_NOT_HTTP2] = "not_http2",
    [REFUSAL_FLOOD] = "flood",
    [REFUSAL_TLS_RATE] = "tls_rate",
    [REFUSAL_TLS_NAME_RATE] = "tls_name_rate",
    [REFUSAL_TLS_CANCELED] = "tls_canceled",
    [REFUSAL_TLS_FAILED] = "tls_failed",
    [REFUSAL_TLS_UNKNOWN_NAME] = "tls_unknown_name",
    [REFUSAL_TLS_NO_CERTIFICATE] = "tls_no_certificate",
    [REFUSAL_TLS_IO] = "tls_io",
    [REFUSAL_TLS_TIMEOUT] = "tls_timeout",
    [REFUSAL_TLS_INTERNAL] = "tls_internal",
    [REFUSAL_FRONT_BAD] = "front_bad",
    [REFUSAL_FRONT_TIMEOUT] = "front_timeout",
    [REFUSAL_SHUTDOWN] = "shutdown",
};
_Static_assert(sizeof names / sizeof *names == REFUSAL_KINDS, "every refusal has its name");

const char *refusal_name(enum refusal refusal)
{
	return names[refusal];
}

enum refusal refusal_of_errno(int err)
{
	switch (err) {
	case ECONNREFUSED:
		return REFUSAL_CONNECT_REFUSED;
	case ECONNRESET:
		return REFUSAL_CONNECT_RESET;
	case ETIMEDOUT:
		return REFUSAL_CONNECT_TIMEOUT;
	default:
		return REFUSAL_CONNECT_OTHER;
	}
}

const char *refusal_code(enum refusal refusal)
{
	return kinds[refusal].code;
}

uint16_t refusal_status(enum refusal refusal)
{
	return kinds[refusal].status;
}

uint32_t refusal_retry_seconds(enum refusal refusal)
{
	return kinds[refusal].retry_seconds;
}

struct out {
	char *at;
	size_t left; /* without the NUL */
};

static void out_add(struct out *out, const char *bytes, size_t len)
{
	if (len > out->left)
		len = out->left;
	memcpy(out->at, bytes, len);
	out->at += len;
	out->left -= len;
}

static void out_text(struct out *out, const char *text)
{
	if (!text)
		text = "?";
	out_add(out, text, strlen(text));
}

static void out_number(struct out *out, uint64_t number)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%ju", (uintmax_t)number);
	out_add(out, digits, (size_t)len);
}

static void out_fact(struct out *out, const char *word, size_t len, const struct refusal_facts *facts)
{
	const struct {
		const char *word;
		const char *text;
	} texts[] = {
	    {"app", facts->app},
	    {"machine", facts->machine},
	    {"client", facts->client},
	    {"detail", facts->detail},
	};
	const struct {
		const char *word;
		uint64_t number;
	} numbers[] = {
	    {"port", facts->port},
	    {"internal", facts->internal_port},
	    {"tries", facts->tries},
	    {"waited", facts->waited_ms},
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (strlen(texts[i].word) == len && memcmp(texts[i].word, word, len) == 0)
			out_text(out, texts[i].text);
	}
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (strlen(numbers[i].word) == len && memcmp(numbers[i].word, word, len) == 0)
			out_number(out, numbers[i].number);
	}
}

const char *refusal_sentence(char *out, size_t size, enum refusal refusal, const struct refusal_facts *facts)
{
	struct out to = {out, size - 1};
	const char *at = kinds[refusal].sentence;
	for (;;) {
		size_t plain = strcspn(at, "{");
		out_add(&to, at, plain);
		at += plain;
		if (!*at)
			break;
		size_t word = strcspn(at + 1, "}");
		out_fact(&to, at + 1, word, facts);
		at += word + 2;
	}
	*to.at = '\0';
	return out;
}
