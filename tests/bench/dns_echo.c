/* dns_echo: the floor under every name server: reads packets and sends them back in batches of 64, marked as answers.
 * dns_echo PORT listens on [::1]:PORT until it is killed. */
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BATCH = 64, SIZE = 2112 };

static struct sockaddr_in6 from[BATCH];
static struct iovec bytes[BATCH];
static struct mmsghdr messages[BATCH];
static uint8_t packets[BATCH][SIZE];

static int open_socket(const char *port)
{
	struct sockaddr_in6 addr = {.sin6_family = AF_INET6,
	                            .sin6_port = htons((uint16_t)strtoul(port, NULL, 10)),
	                            .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int size = 4 << 20;
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0) {
		perror("dns_echo");
		exit(1);
	}
	(void)!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	return fd;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	int fd = open_socket(argv[1]);
	for (;;) {
		for (int i = 0; i < BATCH; i++) {
			bytes[i] = (struct iovec){packets[i], SIZE};
			messages[i].msg_hdr = (struct msghdr){
			    .msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &bytes[i], .msg_iovlen = 1};
		}
		int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < n; i++) {
			packets[i][2] |= 0x80;
			bytes[i].iov_len = messages[i].msg_len;
		}
		for (int sent = 0; sent < n;) {
			int more = sendmmsg(fd, messages + sent, (unsigned)(n - sent), 0);
			sent += more > 0 ? more : 1;
		}
	}
}
