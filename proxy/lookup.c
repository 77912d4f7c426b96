/* lookup.c - see lookup.h. */
#include "lookup.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "lookup_map.h"
#include "lookup_object.h"

struct lookup {
	struct bpf_object *object;
	struct bpf_link *link; /* NULL: detached */
	int doors;
	int listeners;
};

/* What the library says goes to who asked for details; the caller says what it means. */
static int tell(enum libbpf_print_level level, const char *format, va_list values)
{
	char line[512];
	int n = vsnprintf(line, sizeof line, format, values);
	(void)level;
	log_debug("libbpf: %.*s", n > 0 ? (int)strcspn(line, "\n") : 0, line);
	return n;
}

static struct bpf_link *attach(const struct bpf_object *object)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(object, "lookup");
	int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct bpf_link *link = NULL;
	if (netns >= 0 && program)
		link = bpf_program__attach_netns(program, netns);
	int why = errno;
	if (netns >= 0)
		close(netns);
	errno = why;
	return link;
}

struct lookup *lookup_attach(void)
{
	struct lookup *lookup = mem_new(sizeof *lookup);
	libbpf_set_print(tell);
	lookup->object = bpf_object__open_mem(lookup_object, lookup_object_size, NULL);
	if (!lookup->object || bpf_object__load(lookup->object) < 0)
		goto failed;
	lookup->doors = bpf_object__find_map_fd_by_name(lookup->object, "doors");
	lookup->listeners = bpf_object__find_map_fd_by_name(lookup->object, "listeners");
	lookup->link = attach(lookup->object);
	if (lookup->link)
		return lookup;
failed:;
	int why = errno;
	lookup_free(lookup);
	errno = why;
	return NULL;
}

int lookup_listener(struct lookup *lookup, int fd)
{
	const uint32_t first = 0;
	const uint64_t value = (uint64_t)fd;
	return bpf_map_update_elem(lookup->listeners, &first, &value, BPF_ANY) < 0 ? -1 : 0;
}

static int set_door(struct lookup *lookup, const struct lookup_key *key, enum lookup_door door)
{
	const uint32_t value = door;
	return bpf_map_update_elem(lookup->doors, key, &value, BPF_ANY) < 0 ? -1 : 0;
}

static int remove_door(struct lookup *lookup, const struct lookup_key *key)
{
	return bpf_map_delete_elem(lookup->doors, key) < 0 && errno != ENOENT ? -1 : 0;
}

int lookup_close_network(struct lookup *lookup, uint32_t network, bool closed)
{
	const struct lookup_key key = {.bits = LOOKUP_NETWORK_BITS,
	                               .address = {0xfd, 0xaa, (uint8_t)(network >> 24), (uint8_t)(network >> 16),
	                                           (uint8_t)(network >> 8), (uint8_t)network, 0, 0, 0, 1}};
	return closed ? set_door(lookup, &key, LOOKUP_CLOSED) : remove_door(lookup, &key);
}

static struct lookup_key key_of(const struct in6_addr *address, struct port_prefix ports)
{
	struct lookup_key key = {.bits = (uint32_t)LOOKUP_KEY_BITS - LOOKUP_PORT_BITS + ports.bits,
	                         .port = htonl(ports.port)};
	memcpy(key.address, address, sizeof key.address);
	return key;
}

int lookup_open(struct lookup *lookup, const struct in6_addr *address, struct port_prefix ports)
{
	const struct lookup_key key = key_of(address, ports);
	return set_door(lookup, &key, LOOKUP_OPEN);
}

int lookup_shut(struct lookup *lookup, const struct in6_addr *address, struct port_prefix ports)
{
	const struct lookup_key key = key_of(address, ports);
	return remove_door(lookup, &key);
}

void lookup_detach(struct lookup *lookup)
{
	bpf_link__destroy(lookup->link);
	lookup->link = NULL;
}

void lookup_free(struct lookup *lookup)
{
	if (!lookup)
		return;
	lookup_detach(lookup);
	bpf_object__close(lookup->object);
	free(lookup);
}
