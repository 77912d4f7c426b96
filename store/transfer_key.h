/* transfer_key.h - table transfer_key: keys that sign questions and transfers (TSIG, RFC 8945). Whoever has one reads
 * the names of its network. Secrets are sealed (seal.h). Owns nothing; every call works inside the caller's transaction;
 * what fails leaves registry_error(). */
#ifndef STORE_TRANSFER_KEY_H
#define STORE_TRANSFER_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "label.h"

struct registry;
struct seal;
struct statement;

enum {
	TRANSFER_KEY_NAME = 254,
	TRANSFER_KEY_SEALED = 1025,
	TRANSFER_KEY_LEAST = 16, /* octets of a secret: fewer can be guessed */
	TRANSFER_KEY_MOST = 256,
};

struct transfer_key {
	char name[TRANSFER_KEY_NAME];
	uint32_t network;
	char algorithm[16];
	char secret[TRANSFER_KEY_SEALED]; /* sealed */
	int64_t created_at;
	char org[LABEL_ROOM]; /* of the network; read only */
	char network_name[LABEL_ROOM];
};

/* Lower case, no dot at the end, in out. 0, or -1 with a sentence appended to why: no such name can be a key's. */
int transfer_key_name(char out[TRANSFER_KEY_NAME], const char *name, struct text *why);
/* How many octets a new secret of it has (those of its hash); 0: there is no such algorithm. */
unsigned transfer_key_size(const char *algorithm);

/* Adds it; secret: plain, sealed here with the registry's seal. 0 or -1. */
int transfer_key_put(struct registry *registry, const struct transfer_key *key, struct bytes secret);
int transfer_key_delete(struct registry *registry, const char *name); /* 0; -1 also when it is not there */
/* 0; -1 also when it is not there (the sentence names the closest one). */
int transfer_key_need(struct registry *registry, struct transfer_key *out, const char *name);
/* Appends the plain secret; clear out with seal_wipe(). -1: sealed with another seal, or moved, or damaged. */
int transfer_key_open(struct text *out, const struct seal *seal, const char *name, const char *sealed);

/* By name; org NULL: of all networks. */
void transfer_key_list(struct statement *s, struct registry *registry, const char *org);
int transfer_key_next(struct statement *s, struct transfer_key *out); /* 1, 0 the end, -1 failed */

#endif
