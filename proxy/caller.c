/* caller.c - see caller.h. A signature takes longer than all the rest of a request (some 50 us), so one is made for a caller
 * and a second, and kept by each thread. */
#include "caller.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/proxyline.h"
#include "conn.h"
#include "proxy.h"
#include "signer.h"
#include "worker.h"

enum { CALLERS = 64 /* that a thread remembers */, TEXT = 224 /* slugs and names have 63 octets at most */ };

struct caller { /* one of worker->callers, at the place that its address hashes to */
	struct in6_addr ip;
	int64_t second;
	size_t len;       /* of text; 0: nobody yet */
	size_t lines_len; /* 0: not written yet */
	char text[TEXT];
	unsigned char signature[SIGNER_SIGNATURE];
	char lines[CALLER_LINES];
};

static void sign(struct caller *k, const struct signer *signer, const struct site_caller *who)
{
	const struct site *site = who->site;
	k->ip = who->ip;
	k->len = (size_t)snprintf(k->text, sizeof k->text, "instance=%s;app=%s;org=%s;ts=%lld", who->id,
	                          site->app->name, site->org, (long long)k->second);
	k->lines_len = 0;
	signer_sign(signer, (struct bytes){k->text, k->len}, k->signature);
}

/* NULL: nobody whom we know. */
static struct caller *caller_of(const struct conn *c)
{
	struct worker *worker = c->worker;
	const struct signer *signer = worker->proxy->signer;
	const struct site_caller *who = signer && !c->fronted ? fleet_caller(&worker->proxy->fleet, &c->way.client)
	                                                      : NULL;
	if (!who)
		return NULL;
	if (!worker->callers)
		worker->callers = mem_new_array(CALLERS, sizeof *worker->callers);
	struct caller *k = &worker->callers[hash_bytes(&who->ip, sizeof who->ip, 0) % CALLERS];
	int64_t second = clock_wall_ms() / 1000;
	if (!k->len || k->second != second || !IN6_ARE_ADDR_EQUAL(&k->ip, &who->ip)) {
		k->second = second;
		sign(k, signer, who);
	}
	return k;
}

struct bytes caller_lines(const struct conn *c)
{
	enum { BASE64 = (SIGNER_SIGNATURE + 2) / 3 * 4 };
	struct caller *k = caller_of(c);
	unsigned char signature[BASE64 + 1];
	if (!k)
		return (struct bytes){NULL, 0};
	if (!k->lines_len) {
		EVP_EncodeBlock(signature, k->signature, SIGNER_SIGNATURE);
		k->lines_len = (size_t)snprintf(k->lines, sizeof k->lines, "Fly-Src: %s\r\nFly-Src-Signature: %s\r\n",
		                                k->text, (const char *)signature);
	}
	return (struct bytes){k->lines, k->lines_len};
}

size_t caller_tlvs(char *out, const struct conn *c)
{
	const struct caller *k = caller_of(c);
	if (!k)
		return 0;
	size_t len = proxyline_tlv(out, CALLER_TLVS, CALLER_TLV_TEXT, (struct bytes){k->text, k->len});
	return len + proxyline_tlv(out + len, CALLER_TLVS - len, CALLER_TLV_SIGNATURE,
	                           (struct bytes){(const char *)k->signature, sizeof k->signature});
}

void callers_free(struct worker *worker)
{
	free(worker->callers);
	worker->callers = NULL;
}
