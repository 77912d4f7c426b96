/* listeners.c - see listeners.h. */
#include "listeners.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/log.h"

struct listing {
	struct text *out;
	int count;
};

static int on_socket(struct nl_msg *msg, void *owner)
{
	struct listing *listing = owner;
	struct nlmsghdr *head = nlmsg_hdr(msg);
	const struct inet_diag_msg *found = nlmsg_data(head);
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	char text[ADDR_TEXT];
	if (head->nlmsg_type != SOCK_DIAG_BY_FAMILY || nlmsg_datalen(head) < (int)sizeof *found)
		return NL_OK;
	at.sin6_port = found->id.idiag_sport;
	if (found->idiag_family == AF_INET) {
		at.sin6_addr.s6_addr[10] = at.sin6_addr.s6_addr[11] = 0xff;
		memcpy(at.sin6_addr.s6_addr + 12, found->id.idiag_src, 4);
	} else {
		memcpy(&at.sin6_addr, found->id.idiag_src, 16);
	}
	text_format(listing->out, "%s%s", listing->count++ ? " " : "", addr_text(text, &at));
	return NL_OK;
}

static int list_family(struct nl_sock *sock, int family, struct listing *listing)
{
	struct inet_diag_req_v2 ask = {
	    .sdiag_family = (uint8_t)family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1 << TCP_LISTEN};
	struct nl_msg *msg = nlmsg_alloc_simple(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
	nlmsg_append(msg, &ask, sizeof ask, NLMSG_ALIGNTO);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_socket, listing);
	int rc = nl_send_auto(sock, msg);
	nlmsg_free(msg);
	return rc < 0 ? rc : nl_recvmsgs_default(sock);
}

/* A socket belongs to the namespace it was made in, wherever it is used afterwards. */
static int connect_inside(struct nl_sock *sock, int netns, int home)
{
	if (setns(netns, CLONE_NEWNET) < 0)
		return -1;
	int rc = nl_connect(sock, NETLINK_SOCK_DIAG);
	if (setns(home, CLONE_NEWNET) < 0) {
		log_error("agent stuck in a Machine's network namespace, ending: %s", strerror(errno));
		abort();
	}
	if (rc < 0)
		errno = EPROTONOSUPPORT;
	return rc < 0 ? -1 : 0;
}

int listeners_tell(struct text *out, int netns, int home)
{
	struct listing listing = {.out = out};
	struct nl_sock *sock = nl_socket_alloc();
	int rc = sock ? connect_inside(sock, netns, home) : -1;
	if (rc == 0 && (list_family(sock, AF_INET, &listing) < 0 || list_family(sock, AF_INET6, &listing) < 0)) {
		errno = EPROTO;
		rc = -1;
	}
	if (sock)
		nl_socket_free(sock);
	return rc < 0 ? -1 : listing.count;
}
