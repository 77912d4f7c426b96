/* key_text.c - see key_text.h. */
#include "command/key_text.h"

#include <assert.h>
#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum {
	BASE64_MOST = 4 * ((TRANSFER_KEY_MOST + 2) / 3), /* octets of a secret in base64 */
	WORD_ROOM = 512,
};

/* ------------------------------------------------------------------------------------------------ base64 */

static int no_base64(struct text *why)
{
	text_format(why, "the secret is no base64 of at most %d octets", TRANSFER_KEY_MOST);
	return -1;
}

static int read_base64(struct text *out, const char *text, struct text *why)
{
	unsigned char plain[BASE64_MOST];
	size_t len = strlen(text);
	size_t digits = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
	if (len == 0 || len % 4 || len > BASE64_MOST || digits + strspn(text + digits, "=") != len || len - digits > 2)
		return no_base64(why);
	int n = EVP_DecodeBlock(plain, (const unsigned char *)text, (int)len);
	for (size_t i = len; n > 0 && i > len - 2 && text[i - 1] == '='; i--)
		n--; /* it counts the padding */
	bool fits = n >= TRANSFER_KEY_LEAST && n <= TRANSFER_KEY_MOST;
	if (n > TRANSFER_KEY_MOST)
		no_base64(why);
	else if (!fits)
		text_format(why, "the secret is shorter than %d octets, which can be guessed", TRANSFER_KEY_LEAST);
	else
		text_add(out, (const char *)plain, (size_t)n);
	explicit_bzero(plain, sizeof plain);
	return fits ? 0 : -1;
}

static void write_base64(struct text *out, struct bytes plain)
{
	char base64[BASE64_MOST + 1];
	assert(plain.len <= TRANSFER_KEY_MOST);
	EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)plain.at, (int)plain.len);
	text_put(out, base64);
	explicit_bzero(base64, sizeof base64);
}

/* ------------------------------------------------------------------------------------------------ reading */

/* The next word into out[WORD_ROOM]: what stands between blanks, quotes and the marks { } ; which are words themselves.
 * false: there is none, or it is too long to be part of a key. */
static bool next_word(struct bytes *in, char out[WORD_ROOM])
{
	static const char marks[] = "{};";
	size_t len = 0;
	for (;;) {
		while (in->len && (isspace((unsigned char)*in->at) || *in->at == '"'))
			in->at++, in->len--;
		bool comment = in->len && (*in->at == '#' || (in->len > 1 && memcmp(in->at, "//", 2) == 0));
		if (!comment)
			break;
		while (in->len && *in->at != '\n')
			in->at++, in->len--;
	}
	while (in->len && !isspace((unsigned char)*in->at) && *in->at != '"' && *in->at) {
		bool mark = strchr(marks, *in->at);
		if (mark && len)
			break;
		if (len == WORD_ROOM - 1)
			return false;
		out[len++] = *in->at;
		in->at++, in->len--;
		if (mark)
			break;
	}
	out[len] = '\0';
	return len > 0;
}

static int set_algorithm(struct transfer_key *key, const char *word, struct text *why)
{
	snprintf(key->algorithm, sizeof key->algorithm, "%s", word);
	for (char *at = key->algorithm; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	if (strlen(word) < sizeof key->algorithm && transfer_key_size(key->algorithm))
		return 0;
	text_format(why, "the algorithm \"%.30s\" is none of hmac-sha224, hmac-sha256, hmac-sha384 and hmac-sha512",
	            word);
	return -1;
}

/* [algorithm:]name:secret */
static int read_colons(struct transfer_key *key, struct text *secret, char *word, struct text *why)
{
	char *last = strrchr(word, ':'), *first = strchr(word, ':');
	const char *name = first == last ? word : first + 1;
	*last = *first = '\0';
	if (set_algorithm(key, first == last ? "hmac-sha256" : word, why) < 0 ||
	    transfer_key_name(key->name, name, why) < 0)
		return -1;
	return read_base64(secret, last + 1, why);
}

static int malformed(struct text *why)
{
	text_put(why, "it is no key as tsig-keygen writes it, and no algorithm:name:secret as dig -y takes it");
	return -1;
}

/* What follows the word key: NAME { algorithm A; secret S; }; */
static int read_block(struct transfer_key *key, struct text *secret, struct bytes *in, struct text *why)
{
	char word[WORD_ROOM], value[WORD_ROOM], end[WORD_ROOM];
	int rc = -1;
	if (!next_word(in, word) || !next_word(in, value) || strcmp(value, "{") != 0)
		return malformed(why);
	if (transfer_key_name(key->name, word, why) < 0)
		return -1;
	while (next_word(in, word) && strcmp(word, "}") != 0) {
		if (!next_word(in, value) || !next_word(in, end) || strcmp(end, ";") != 0) {
			rc = malformed(why);
			goto wipe;
		}
		bool algorithm = strcmp(word, "algorithm") == 0;
		if (!algorithm && (strcmp(word, "secret") != 0 || secret->len)) {
			rc = malformed(why);
			goto wipe;
		}
		rc = algorithm ? set_algorithm(key, value, why) : read_base64(secret, value, why);
		if (rc < 0)
			goto wipe;
	}
	rc = key->algorithm[0] && secret->len ? 0 : malformed(why);
wipe:
	explicit_bzero(value, sizeof value);
	return rc;
}

int key_text_read(struct transfer_key *out, struct text *secret, struct bytes in, struct text *why)
{
	char word[WORD_ROOM], more[WORD_ROOM];
	int rc;
	*out = (struct transfer_key){.name = ""};
	if (!next_word(&in, word))
		return malformed(why);
	if (strcmp(word, "key") == 0) {
		rc = read_block(out, secret, &in, why);
		if (rc == 0 && next_word(&in, more) && strcmp(more, ";") != 0)
			rc = malformed(why);
	} else {
		rc = strchr(word, ':') ? read_colons(out, secret, word, why) : malformed(why);
	}
	if (rc == 0 && next_word(&in, more)) {
		text_put(why, "there is more than one key: give each alone");
		rc = -1;
	}
	explicit_bzero(word, sizeof word);
	explicit_bzero(more, sizeof more);
	return rc;
}

/* ------------------------------------------------------------------------------------------------ writing */

void key_text_write(struct text *out, const char *form, const struct transfer_key *key, struct bytes secret)
{
	static const struct {
		const char *form;
		const char *parts[3]; /* before the name, before the algorithm, before the secret */
		const char *end;
	} forms[] = {
	    {"bind", {"key \"", "\" {\n\talgorithm ", ";\n\tsecret \""}, "\";\n};\n"},
	    {"nsd", {"key:\n\tname: \"", "\"\n\talgorithm: ", "\n\tsecret: \""}, "\"\n"},
	    {"knot", {"key:\n  - id: ", "\n    algorithm: ", "\n    secret: "}, "\n"},
	};
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if (strcmp(forms[i].form, form) != 0)
			continue;
		text_format(out, "%s%s%s%s%s", forms[i].parts[0], key->name, forms[i].parts[1], key->algorithm,
		            forms[i].parts[2]);
		write_base64(out, secret);
		text_put(out, forms[i].end);
		return;
	}
	text_format(out, "%s:%s:", key->algorithm, key->name);
	write_base64(out, secret);
	text_put(out, "\n");
}
