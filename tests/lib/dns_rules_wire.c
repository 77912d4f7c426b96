/* dns_rules_wire.c - asks a running flycast-dns every row of dns_rules.h and says what is not so; exit code 1 then.
 *
 *   dns_rules_wire PORT TLS-PORT MEMBER OTHER STRANGER   at ::1, from each of these addresses as the rows say
 *
 * Behind every question goes one more, the probe, so that silence needs no waiting: when its answer is here first, there
 * was none. That takes a server that answers one client in order. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/mem.h"
#include "dns_rules.h"
#include "wire.h"

enum { PREFIX = 2, WAIT_SECONDS = 30 };

static const uint8_t probe[] = {0xfe, 0xed, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1};
static uint8_t answer[WIRE_MESSAGE_MAX];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static int connect_from(const char *source, uint16_t port, int type)
{
	struct sockaddr_in6 from = {.sin6_family = AF_INET6},
	                    to = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_loopback};
	const struct timeval wait = {.tv_sec = WAIT_SECONDS};
	int fd = socket(AF_INET6, type, 0);
	if (inet_pton(AF_INET6, source, &from.sin6_addr) != 1 || fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) < 0 ||
	    bind(fd, (struct sockaddr *)&from, sizeof from) < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		die(source);
	return fd;
}

static bool is_probe(size_t len)
{
	return len >= WIRE_HEADER && memcmp(answer, probe, 2) == 0;
}

/* The next datagram's length. */
static size_t receive_udp(int fd)
{
	ssize_t n = recv(fd, answer, sizeof answer, 0);
	if (n < 0)
		die("no answer over UDP");
	return (size_t)n;
}

/* A connection, with TLS around it or without. */
struct stream {
	int fd;
	SSL *tls; /* NULL: none */
};

/* Whom the server is does not matter here. */
static struct stream stream_open(const char *source, uint16_t port, SSL_CTX *tls)
{
	struct stream s = {.fd = connect_from(source, port, SOCK_STREAM)};
	if (!tls)
		return s;
	s.tls = SSL_new(tls);
	if (!s.tls || SSL_set_fd(s.tls, s.fd) != 1 || SSL_connect(s.tls) != 1)
		die("no TLS");
	return s;
}

static void stream_close(struct stream *s)
{
	SSL_free(s->tls);
	close(s->fd);
}

static void stream_send(struct stream *s, const uint8_t *from, size_t len)
{
	ssize_t sent = s->tls ? (len ? SSL_write(s->tls, from, (int)len) : 0) : send(s->fd, from, len, MSG_NOSIGNAL);
	if (sent != (ssize_t)len)
		die("not sent");
}

/* Fewer than len: the server said that this is the end. */
static size_t stream_read(struct stream *s, uint8_t *to, size_t len)
{
	size_t got = 0;
	for (ssize_t n; got < len; got += (size_t)n) {
		n = s->tls ? SSL_read(s->tls, to + got, (int)(len - got)) : recv(s->fd, to + got, len - got, 0);
		if (n == 0 || (n < 0 && s->tls && SSL_get_shutdown(s->tls) & SSL_RECEIVED_SHUTDOWN))
			break;
		if (n < 0)
			die("no answer over TCP");
	}
	return got;
}

/* The next message's length; 0: the server said FIN. */
static size_t receive(struct stream *s)
{
	uint8_t prefix[PREFIX];
	if (stream_read(s, prefix, PREFIX) < PREFIX)
		return 0;
	return stream_read(s, answer, wire_get16(prefix));
}

/* One more message at out + len; returns the new length. */
static size_t put_message(uint8_t *out, size_t len, const uint8_t *message, size_t size)
{
	wire_put16(out + len, (unsigned)size);
	memcpy(out + len + PREFIX, message, size);
	return len + PREFIX + size;
}

static int report(const struct dns_rules *table, const struct dns_rule *rule, const char *how, const char *why)
{
	if (!why)
		return 0;
	printf("over %s: %s: %s\n  %s\n", how, table->section, rule->rule, why);
	return 1;
}

static int over_udp(int fd, const struct dns_rules *table, const struct dns_rule *rule)
{
	uint8_t question[DNS_RULES_QUESTION_MAX];
	size_t len = dns_rules_question(rule, question);
	if (send(fd, question, len, 0) < 0 || send(fd, probe, sizeof probe, 0) < 0)
		die("not sent");
	size_t got = receive_udp(fd);
	bool silent = is_probe(got);
	const char *why = dns_rules_judge(rule, OVER_UDP, answer, silent ? 0 : got);
	if (!silent && (got = receive_udp(fd), !is_probe(got)))
		why = "more than one answer";
	return report(table, rule, "UDP", why);
}

/* Reads what comes before the probe's answer. No message has fewer octets than a header: there the connection ends. */
static int judge_stream(struct stream *s, const struct dns_rules *table, const struct dns_rule *rule, const char *how)
{
	uint8_t question[DNS_RULES_QUESTION_MAX];
	size_t len = dns_rules_question(rule, question);
	size_t got = receive(s);
	bool silent = is_probe(got);
	const char *why = dns_rules_judge(rule, s->tls ? OVER_TLS : OVER_TCP, answer, silent ? 0 : got);
	if (got == 0 && len >= WIRE_HEADER)
		why = "the connection ended";
	else if (got && len < WIRE_HEADER)
		why = "the connection went on";
	else if (got && !silent && (got = receive(s), !is_probe(got)))
		why = "the next question was not answered";
	return report(table, rule, how, why);
}

static int over_tcp(const char *source, uint16_t port, const struct dns_rules *table, const struct dns_rule *rule)
{
	uint8_t question[DNS_RULES_QUESTION_MAX], out[(size_t)2 * PREFIX + sizeof question + sizeof probe];
	struct stream s = stream_open(source, port, NULL);
	size_t len = put_message(out, 0, question, dns_rules_question(rule, question));
	stream_send(&s, out, put_message(out, len, probe, sizeof probe));
	int wrong = judge_stream(&s, table, rule, "TCP");
	stream_close(&s);
	return wrong;
}

/* All rows of one table and one client, sent before the first answer is read. Closes the stream. */
static int over_one_connection(struct stream s, const struct dns_rules *table, enum dns_rule_from from)
{
	uint8_t question[DNS_RULES_QUESTION_MAX];
	uint8_t *out = mem_new_array(table->count + 1, sizeof question + sizeof probe + (size_t)2 * PREFIX);
	size_t len = 0;
	int wrong = 0;
	for (size_t i = 0; i < table->count; i++) {
		size_t size = dns_rules_question(&table->rules[i], question);
		if (table->rules[i].from != from || size < WIRE_HEADER)
			continue;
		len = put_message(out, len, question, size);
		len = put_message(out, len, probe, sizeof probe);
	}
	stream_send(&s, out, len);
	for (size_t i = 0; i < table->count; i++)
		if (table->rules[i].from == from && dns_rules_question(&table->rules[i], question) >= WIRE_HEADER)
			wrong += judge_stream(&s, table, &table->rules[i], s.tls ? "TLS" : "one TCP connection");
	stream_close(&s);
	free(out);
	return wrong;
}

int main(int argc, char **argv)
{
	int wrong = 0, udp[FROM_COUNT];
	size_t rows = 0;
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
	if (argc != 3 + FROM_COUNT || !tls) {
		fprintf(stderr, "usage: dns_rules_wire PORT TLS-PORT MEMBER OTHER STRANGER\n");
		return 2;
	}
	uint16_t port = (uint16_t)atoi(argv[1]), tls_port = (uint16_t)atoi(argv[2]);
	char **sources = argv + 3;
	for (int from = 0; from < FROM_COUNT; from++)
		udp[from] = connect_from(sources[from], port, SOCK_DGRAM);
	for (size_t t = 0; dns_rules_all[t]; t++) {
		const struct dns_rules *table = dns_rules_all[t];
		for (size_t i = 0; i < table->count; i++) {
			const struct dns_rule *rule = &table->rules[i];
			wrong += over_udp(udp[rule->from], table, rule);
			wrong += over_tcp(sources[rule->from], port, table, rule);
		}
		for (enum dns_rule_from from = 0; from < FROM_COUNT; from++) {
			wrong += over_one_connection(stream_open(sources[from], port, NULL), table, from);
			wrong += over_one_connection(stream_open(sources[from], tls_port, tls), table, from);
		}
		rows += table->count;
	}
	SSL_CTX_free(tls);
	printf("%zu rows, %d answers were not as they say\n", rows, wrong);
	return wrong > 0;
}
