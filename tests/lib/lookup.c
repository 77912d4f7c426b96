/* lookup.c - what the C library it is linked with makes of a name or an address: integration/dns-clients.sh builds it with
 * musl.
 *
 *   lookup NAME      its addresses, one a line
 *   lookup ADDRESS   its name
 *
 * Exit code 1: there is nothing. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

static int name_of(struct sockaddr_in6 *address)
{
	char name[NI_MAXHOST];
	if (getnameinfo((struct sockaddr *)address, sizeof *address, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0)
		return 1;
	puts(name);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6};
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	if (argc != 2) {
		fprintf(stderr, "usage: lookup NAME|ADDRESS\n");
		return 2;
	}
	if (inet_pton(AF_INET6, argv[1], &address.sin6_addr) == 1)
		return name_of(&address);
	if (getaddrinfo(argv[1], NULL, &hints, &found) != 0)
		return 1;
	for (const struct addrinfo *one = found; one; one = one->ai_next) {
		char text[NI_MAXHOST];
		if (getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
			puts(text);
	}
	freeaddrinfo(found);
	return 0;
}
