/* rawsend.c - packets with a source of our choice, and somebody who tells which arrive; for tests of isolation.
 *
 *   rawsend SOURCE DESTINATION   one UDP packet, one TCP SYN and one echo request, to port 4242, each from SOURCE
 *   rawsend watch                prints "<source> <protocol>" for every such packet that arrives at a device
 *
 * Needs CAP_NET_RAW, as Machines have it. Both addresses are of one family. */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 4242, ROOM = 256 };

struct ends {
	bool v6;
	uint8_t from[16], to[16];
};

static size_t address_len(const struct ends *e)
{
	return e->v6 ? 16 : 4;
}

static uint32_t add_words(uint32_t sum, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(b[i] << 8 | b[i + 1]);
	return len % 2 ? sum + (uint32_t)(b[len - 1] << 8) : sum;
}

/* RFC 1071 over the pseudo header of either family; ICMP for IPv4 has none. */
static uint16_t checksum(const struct ends *e, int protocol, const void *body, size_t len)
{
	uint32_t sum = add_words(0, body, len);
	if (e->v6 || protocol != IPPROTO_ICMP) {
		sum = add_words(sum, e->from, address_len(e));
		sum = add_words(sum, e->to, address_len(e));
		sum += (uint32_t)protocol + (uint32_t)len;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static size_t write_body(uint8_t *out, const struct ends *e, int protocol)
{
	struct udphdr udp = {.source = htons(PORT), .dest = htons(PORT), .len = htons(sizeof udp)};
	struct tcphdr tcp = {
	    .source = htons(PORT), .dest = htons(PORT), .doff = sizeof tcp / 4, .syn = 1, .window = htons(1000)};
	struct icmp6_hdr echo = {.icmp6_type = e->v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO};
	echo.icmp6_id = htons(PORT);
	switch (protocol) {
	case IPPROTO_UDP:
		udp.check = checksum(e, protocol, &udp, sizeof udp);
		memcpy(out, &udp, sizeof udp);
		return sizeof udp;
	case IPPROTO_TCP:
		tcp.check = checksum(e, protocol, &tcp, sizeof tcp);
		memcpy(out, &tcp, sizeof tcp);
		return sizeof tcp;
	default:
		echo.icmp6_cksum = checksum(e, protocol, &echo, sizeof echo);
		memcpy(out, &echo, sizeof echo);
		return sizeof echo;
	}
}

static size_t write_packet(uint8_t *out, const struct ends *e, int protocol)
{
	if (e->v6) {
		size_t len = write_body(out + sizeof(struct ip6_hdr), e, protocol);
		struct ip6_hdr head = {.ip6_flow = htonl(6u << 28),
		                       .ip6_plen = htons((uint16_t)len),
		                       .ip6_nxt = (uint8_t)protocol,
		                       .ip6_hlim = 64};
		memcpy(&head.ip6_src, e->from, 16);
		memcpy(&head.ip6_dst, e->to, 16);
		memcpy(out, &head, sizeof head);
		return sizeof head + len;
	}
	size_t len = write_body(out + sizeof(struct iphdr), e, protocol);
	struct iphdr head = {.version = 4,
	                     .ihl = 5,
	                     .ttl = 64,
	                     .protocol = (uint8_t)protocol,
	                     .tot_len = htons((uint16_t)(sizeof head + len))};
	memcpy(&head.saddr, e->from, 4);
	memcpy(&head.daddr, e->to, 4);
	memcpy(out, &head, sizeof head);
	return sizeof head + len;
}

static int send_all(const struct ends *e)
{
	int fd = socket(e->v6 ? AF_INET6 : AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0) {
		perror("rawsend: no raw socket");
		return 1;
	}
	const int protocols[] = {IPPROTO_UDP, IPPROTO_TCP, e->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP};
	for (int i = 0; i < 3; i++) {
		uint8_t packet[ROOM];
		size_t len = write_packet(packet, e, protocols[i]);
		struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};
		struct sockaddr_in to4 = {.sin_family = AF_INET};
		memcpy(&to6.sin6_addr, e->to, 16);
		memcpy(&to4.sin_addr, e->to, 4);
		if (sendto(fd, packet, len, 0, e->v6 ? (void *)&to6 : (void *)&to4, e->v6 ? sizeof to6 : sizeof to4) <
		    0)
			perror("rawsend: not sent");
	}
	close(fd);
	return 0;
}

static uint16_t port_of(const uint8_t *body, int protocol)
{
	uint16_t port;
	memcpy(&port, body + (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6 ? 4 : 2), sizeof port);
	return ntohs(port);
}

static void tell(const uint8_t *packet, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	bool v6 = packet[0] >> 4 == 6;
	size_t head = v6 ? 40 : (size_t)(packet[0] & 15) * 4;
	int protocol = v6 ? packet[6] : packet[9];
	if (len < head + 8 || port_of(packet + head, protocol) != PORT)
		return;
	inet_ntop(v6 ? AF_INET6 : AF_INET, packet + (v6 ? 8 : 12), text, sizeof text);
	printf("%s %s\n", text, protocol == IPPROTO_UDP ? "udp" : protocol == IPPROTO_TCP ? "tcp" : "echo");
	fflush(stdout);
}

static int watch(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
	if (fd < 0) {
		perror("rawsend: no packet socket");
		return 1;
	}
	printf("watching\n");
	fflush(stdout);
	for (;;) {
		uint8_t packet[2048];
		struct sockaddr_ll from = {0};
		socklen_t size = sizeof from;
		ssize_t got = recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &size);
		if (got > 20 && from.sll_pkttype != PACKET_OUTGOING)
			tell(packet, (size_t)got);
	}
}

int main(int argc, char **argv)
{
	struct ends e = {0};
	if (argc == 2 && strcmp(argv[1], "watch") == 0)
		return watch();
	if (argc == 3) {
		e.v6 = strchr(argv[1], ':') != NULL;
		int family = e.v6 ? AF_INET6 : AF_INET;
		if (inet_pton(family, argv[1], e.from) == 1 && inet_pton(family, argv[2], e.to) == 1)
			return send_all(&e);
	}
	fprintf(stderr, "usage: rawsend SOURCE DESTINATION, or rawsend watch\n");
	return 2;
}
