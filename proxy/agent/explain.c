/* explain.c - see explain.h. */
#include "explain.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"

enum { TABLE_SIZE = 256 * 1024, TAIL_SIZE = 4096, TAIL_LINES = 10, LISTEN = 0x0A };

/* The kernel prints an address as 32-bit words in the order they have in memory. */
static bool read_ip(struct in6_addr *ip, const char *hex, size_t len)
{
	memset(ip, 0, sizeof *ip);
	if (len == 8)
		ip->s6_addr[10] = ip->s6_addr[11] = 0xff;
	else if (len != 32)
		return false;
	for (size_t i = 0; i < len / 8; i++) {
		char word[9] = {0};
		memcpy(word, hex + i * 8, 8);
		uint32_t value = (uint32_t)strtoul(word, NULL, 16);
		memcpy(ip->s6_addr + (len == 8 ? 12 : i * 4), &value, 4);
	}
	return true;
}

static bool read_line(struct sockaddr_in6 *out, const char *line)
{
	char ip[40];
	unsigned port, state;
	*out = (struct sockaddr_in6){.sin6_family = AF_INET6};
	if (sscanf(line, " %*u: %39[0-9A-F]:%x %*s %x", ip, &port, &state) != 3 || state != LISTEN || port > 65535)
		return false;
	out->sin6_port = htons((uint16_t)port);
	return read_ip(&out->sin6_addr, ip, strlen(ip));
}

size_t explain_listeners(struct text *out, const char *table)
{
	size_t count = 0;
	for (const char *line = table; *line;) {
		struct sockaddr_in6 at;
		char text[ADDR_TEXT];
		if (read_line(&at, line)) {
			text_format(out, "%s%s", count ? " " : "", addr_text(text, &at));
			count++;
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return count;
}

const char *explain_tail(const char *text, size_t lines)
{
	const char *at = text + strlen(text);
	if (at > text && at[-1] == '\n')
		at--;
	for (; at > text; at--)
		if (at[-1] == '\n' && --lines == 0)
			return at;
	return text;
}

static size_t add_table(struct text *out, pid_t pid, const char *name)
{
	char path[64];
	size_t count = 0, len = 0;
	snprintf(path, sizeof path, "/proc/%d/net/%s", (int)pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *table = fd >= 0 ? malloc(TABLE_SIZE) : NULL;
	for (ssize_t got = 1; table && got > 0 && len < TABLE_SIZE - 1; len += (size_t)(got > 0 ? got : 0))
		got = read(fd, table + len, TABLE_SIZE - 1 - len);
	if (table) {
		table[len] = '\0';
		size_t before = out->len;
		text_put(out, " ");
		count = explain_listeners(out, table);
		if (count == 0) {
			out->len = before;
			out->at[before] = '\0';
		}
	}
	free(table);
	if (fd >= 0)
		close(fd);
	return count;
}

static void add_log(struct text *out, int dir)
{
	char text[TAIL_SIZE + 1];
	struct stat st;
	int fd = openat(dir, "log", O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;
	if (fd >= 0 && fstat(fd, &st) == 0)
		got = pread(fd, text, TAIL_SIZE, st.st_size > TAIL_SIZE ? st.st_size - TAIL_SIZE : 0);
	if (fd >= 0)
		close(fd);
	if (got <= 0) {
		text_put(out, "it has written nothing");
		return;
	}
	text[got] = '\0';
	text_format(out, "its last lines are:\n%s", explain_tail(text, TAIL_LINES));
}

void explain_machine(struct text *out, pid_t pid, int dir)
{
	if (pid > 0) {
		struct text where = {0};
		size_t count = add_table(&where, pid, "tcp") + add_table(&where, pid, "tcp6");
		if (count)
			text_format(out, "it listens on%s; ", text_string(&where));
		else
			text_put(out, "it listens on no TCP port; ");
		text_free(&where);
	} else {
		text_put(out, "no process of it runs; ");
	}
	add_log(out, dir);
}
