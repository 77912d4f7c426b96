/* lookup.bpf.c - runs in the kernel when it looks for a listener in our network namespace (sk_lookup), which is once for
 * a connection: those to open doors are for our listeners, those to the rest of our networks are for nobody. */
#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lookup_map.h"

enum { IPV6 = 10 }; /* AF_INET6: the header that says so is not for the kernel */

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LOOKUP_ENTRIES_MAX);
	__type(key, struct lookup_key);
	__type(value, __u32); /* enum lookup_door */
} doors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} listeners SEC(".maps"); /* one of its SO_REUSEPORT group; the kernel picks among all of them */

SEC("sk_lookup")
int lookup(struct bpf_sk_lookup *wanted)
{
	struct lookup_key key = {.bits = LOOKUP_KEY_BITS, .port = bpf_htonl(wanted->local_port)};
	__u32 first = 0;
	if (wanted->family != IPV6 || wanted->protocol != IPPROTO_TCP || wanted->sk)
		return SK_PASS; /* or a proxy that was here before us has taken it */
	for (int i = 0; i < 4; i++) {
		__u32 word = wanted->local_ip6[i];
		__builtin_memcpy(key.address + 4 * i, &word, sizeof word);
	}
	__u32 *door = bpf_map_lookup_elem(&doors, &key);
	if (!door)
		return SK_PASS;
	struct bpf_sock *listener = *door == LOOKUP_OPEN ? bpf_map_lookup_elem(&listeners, &first) : 0;
	if (!listener)
		return SK_DROP; /* which TCP answers with a reset */
	long failed = bpf_sk_assign(wanted, listener, 0);
	bpf_sk_release(listener);
	return failed ? SK_DROP : SK_PASS;
}

char terms[] SEC("license") = "MIT";
