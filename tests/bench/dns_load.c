/* dns_load: asks a name server as fast as it answers, or at a rate, each question from the address its asker has.
 *
 *   dns_load PORT FILE SECONDS [RATE]    FILE has a line "<source address> <name> <type's number>" for each question
 *
 * Goes to [::1]:PORT from one socket; the source address is chosen packet by packet, so the addresses must be local to the
 * system (ip route add local fdaa::/16 dev lo). Prints "<answered> <lost> <errors> <p50 us> <p99 us> <answers per second>";
 * an error is an answer that has another rcode than 0. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif

enum { BATCH = 32, IN_FLIGHT = 512, IDS = 65536, PACKET = 300, PATIENCE_MS = 200, SAMPLES = 1 << 20 };

struct question {
	struct in6_addr source;
	uint16_t len;
	uint8_t packet[120];
};

struct load {
	int fd;
	struct sockaddr_in6 to;
	struct question *questions;
	size_t count, next;
	int64_t asked_ns[IDS]; /* 0: not in flight */
	uint16_t id;
	size_t in_flight, answered, lost, errors;
	uint32_t us[SAMPLES]; /* of the first answers */
};

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fail(const char *what)
{
	fprintf(stderr, "dns_load: %s\n", what);
	exit(1);
}

static bool make_question(struct question *q, const char *source, char *name, unsigned type)
{
	uint8_t *at = q->packet + 12;
	memset(q->packet, 0, sizeof q->packet);
	q->packet[5] = 1;
	for (char *label = strtok(name, "."); label; label = strtok(NULL, ".")) {
		size_t len = strlen(label);
		if (len > 63 || at + len + 6 > q->packet + sizeof q->packet)
			return false;
		*at++ = (uint8_t)len;
		memcpy(at, label, len);
		at += len;
	}
	at[2] = (uint8_t)type;
	at[4] = 1;
	q->len = (uint16_t)(at + 5 - q->packet);
	return inet_pton(AF_INET6, source, &q->source) == 1;
}

static void read_questions(struct load *l, const char *path)
{
	char source[64], name[256];
	unsigned type;
	size_t room = 0;
	FILE *f = fopen(path, "r");
	while (f && fscanf(f, "%63s %255s %u", source, name, &type) == 3) {
		if (l->count == room) {
			room = room ? room * 2 : 1024;
			l->questions = realloc(l->questions, room * sizeof *l->questions);
		}
		if (!l->questions || !make_question(&l->questions[l->count++], source, name, type))
			fail("a question that cannot be asked");
	}
	if (l->count == 0)
		fail("no questions");
	fclose(f);
}

static void open_socket(struct load *l, const char *port)
{
	const int on = 1, size = 4 << 20;
	l->to = (struct sockaddr_in6){.sin6_family = AF_INET6,
	                              .sin6_port = htons((uint16_t)strtoul(port, NULL, 10)),
	                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	l->fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (l->fd < 0 || setsockopt(l->fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on) < 0)
		fail("no socket");
	(void)!setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

static void ask(struct load *l, size_t most)
{
	static struct mmsghdr messages[BATCH];
	static struct iovec bytes[BATCH];
	static uint8_t packets[BATCH][sizeof l->questions->packet];
	static _Alignas(struct cmsghdr) uint8_t control[BATCH][CMSG_SPACE(sizeof(struct in6_pktinfo))];
	size_t n = most < BATCH ? most : BATCH;
	for (size_t i = 0; i < n; i++) {
		const struct question *q = &l->questions[l->next];
		l->next = (l->next + 1) % l->count;
		while (l->asked_ns[++l->id])
			;
		memcpy(packets[i], q->packet, q->len);
		packets[i][0] = (uint8_t)(l->id >> 8);
		packets[i][1] = (uint8_t)l->id;
		bytes[i] = (struct iovec){packets[i], q->len};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &l->to,
		                                      .msg_namelen = sizeof l->to,
		                                      .msg_iov = &bytes[i],
		                                      .msg_iovlen = 1,
		                                      .msg_control = control[i],
		                                      .msg_controllen = sizeof control[i]};
		struct cmsghdr *c = CMSG_FIRSTHDR(&messages[i].msg_hdr);
		const struct in6_pktinfo info = {.ipi6_addr = q->source};
		*c = (struct cmsghdr){
		    .cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO};
		memcpy(CMSG_DATA(c), &info, sizeof info);
		l->asked_ns[l->id] = now_ns();
		l->in_flight++;
	}
	for (size_t sent = 0; sent < n;) {
		int more = sendmmsg(l->fd, messages + sent, (unsigned)(n - sent), 0);
		if (more < 0)
			fail("cannot send: are the source addresses local?");
		sent += (size_t)more;
	}
}

static void take_answer(struct load *l, const uint8_t *packet, int64_t now)
{
	uint16_t id = (uint16_t)(packet[0] << 8 | packet[1]);
	if (!l->asked_ns[id])
		return;
	if (l->answered < SAMPLES)
		l->us[l->answered] = (uint32_t)((now - l->asked_ns[id]) / 1000);
	l->asked_ns[id] = 0;
	l->in_flight--;
	l->answered++;
	l->errors += (packet[3] & 15) != 0;
}

/* What came, waiting no longer than wait_ms for the first. */
static bool take_answers(struct load *l, int wait_ms)
{
	static struct mmsghdr messages[BATCH];
	static struct iovec bytes[BATCH];
	static uint8_t packets[BATCH][PACKET];
	struct pollfd p = {.fd = l->fd, .events = POLLIN};
	for (size_t i = 0; i < BATCH; i++) {
		bytes[i] = (struct iovec){packets[i], PACKET};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &bytes[i], .msg_iovlen = 1};
	}
	int n = recvmmsg(l->fd, messages, BATCH, MSG_DONTWAIT, NULL);
	if (n <= 0 && poll(&p, 1, wait_ms) > 0)
		n = recvmmsg(l->fd, messages, BATCH, MSG_DONTWAIT, NULL);
	int64_t now = now_ns();
	for (int i = 0; i < n; i++)
		take_answer(l, packets[i], now);
	return n > 0;
}

static void give_up(struct load *l)
{
	memset(l->asked_ns, 0, sizeof l->asked_ns);
	l->lost += l->in_flight;
	l->in_flight = 0;
}

static int by_size(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		fail("usage: dns_load PORT FILE SECONDS [RATE]");
	static struct load loaded;
	struct load *l = &loaded;
	double seconds = atof(argv[3]), rate = argc > 4 ? atof(argv[4]) : 0;
	read_questions(l, argv[2]);
	open_socket(l, argv[1]);
	int64_t began = now_ns(), end = began + (int64_t)(seconds * 1e9), heard = began, now;
	size_t asked = 0;
	while ((now = now_ns()) < end) {
		size_t due = rate > 0 ? (size_t)((double)(now - began) / 1e9 * rate) - asked : IN_FLIGHT;
		size_t room = IN_FLIGHT - l->in_flight, some = due < room ? due : room;
		if (some >= BATCH || (some && rate > 0)) {
			ask(l, some);
			asked += some < BATCH ? some : BATCH;
		}
		if (take_answers(l, 1))
			heard = now;
		if (l->in_flight && now - heard > (int64_t)PATIENCE_MS * 1000000) {
			give_up(l);
			heard = now;
		}
	}
	double took = (double)(now_ns() - began) / 1e9;
	size_t samples = l->answered < SAMPLES ? l->answered : SAMPLES;
	qsort(l->us, samples, sizeof *l->us, by_size);
	printf("%zu %zu %zu %u %u %.0f\n", l->answered, l->lost, l->errors, samples ? l->us[samples / 2] : 0,
	       samples ? l->us[samples * 99 / 100] : 0, (double)l->answered / took);
	return 0;
}
