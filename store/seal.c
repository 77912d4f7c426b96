/* seal.c - see seal.h. */
#include "seal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { NONCE = 12, TAG = 16, OTHERS = 007 };

static int bad(struct text *why, const char *path, const char *what, const char *how)
{
	text_format(why, "the seal %s of the registry's private keys and secrets %s: %s", path, what, how);
	return -1;
}

static int read_key(struct seal *seal, const char *path, struct text *why)
{
	struct stat st;
	unsigned char more;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return bad(
		    why, path, "is missing",
		    "copy it from where the registry comes from; if it is lost, put 32 random octets there (head -c 32 "
		    "/dev/urandom, mode 600), and add the certificates and set the secrets again");
	if (fd < 0)
		return bad(why, path, "cannot be read", strerror(errno));
	bool shown = fstat(fd, &st) < 0 || st.st_mode & OTHERS;
	bool whole = read(fd, seal->key, sizeof seal->key) == (ssize_t)sizeof seal->key && read(fd, &more, 1) == 0;
	close(fd);
	if (shown)
		return bad(why, path, "can be read by everybody", "chmod o= it, and replace the keys and secrets");
	return whole ? 0 : bad(why, path, "is no seal", "it must have 32 octets; put back the one that was there");
}

static const char *path_of(char out[PATH_MAX], const char *registry)
{
	snprintf(out, PATH_MAX, "%s.seal", registry);
	return out;
}

int seal_read(struct seal *seal, const char *registry, struct text *why)
{
	char path[PATH_MAX];
	return read_key(seal, path_of(path, registry), why);
}

/* What is sealed soon after must not outlive the name of its seal. */
static bool keep(const char *path)
{
	char copy[PATH_MAX];
	snprintf(copy, sizeof copy, "%s", path);
	int dir = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool kept = dir >= 0 && fsync(dir) == 0;
	if (dir >= 0)
		close(dir);
	return kept;
}

/* Whole or not at all, and the first one made stays, whoever else is at it. */
static int make(const char *path)
{
	char draft[PATH_MAX];
	unsigned char key[SEAL_KEY];
	int n = snprintf(draft, sizeof draft, "%s.XXXXXX", path);
	if (n < 0 || (size_t)n >= sizeof draft) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = mkostemp(draft, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return -1;
	bool done = RAND_bytes(key, sizeof key) == 1 && write(fd, key, sizeof key) == (ssize_t)sizeof key &&
	            fsync(fd) == 0 && (link(draft, path) == 0 || errno == EEXIST) && keep(path);
	int why = errno;
	close(fd);
	unlink(draft);
	OPENSSL_cleanse(key, sizeof key);
	errno = why;
	return done ? 0 : -1;
}

int seal_need(struct seal *seal, const char *registry, struct text *why)
{
	char path[PATH_MAX];
	path_of(path, registry);
	if (access(path, F_OK) < 0 && errno == ENOENT && make(path) < 0)
		return bad(why, path, "cannot be made", strerror(errno));
	return read_key(seal, path, why);
}

/* In place of a return code for each step: a failure of the library here is one of memory. */
static void must(int ok)
{
	if (ok != 1)
		abort();
}

char *seal_close(const struct seal *seal, struct bytes plain, const char *label)
{
	assert(plain.len < INT_MAX / 2);
	size_t size = NONCE + plain.len + TAG;
	unsigned char *whole = mem_new(size);
	int len;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	must(ctx != NULL);
	must(RAND_bytes(whole, NONCE));
	must(EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), seal->key, whole, NULL));
	must(EVP_EncryptUpdate(ctx, NULL, &len, (const unsigned char *)label, (int)strlen(label)));
	must(EVP_EncryptUpdate(ctx, whole + NONCE, &len, (const unsigned char *)plain.at, (int)plain.len));
	must(EVP_EncryptFinal_ex(ctx, whole + NONCE + len, &len));
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, whole + NONCE + plain.len));
	EVP_CIPHER_CTX_free(ctx);
	char *out = mem_new((size + 2) / 3 * 4 + 1);
	EVP_EncodeBlock((unsigned char *)out, whole, (int)size);
	free(whole);
	return out;
}

static bool decrypt(const struct seal *seal, unsigned char *whole, size_t len, const char *label)
{
	int n;
	size_t plain = len - NONCE - TAG;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	must(ctx != NULL);
	bool good = EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), seal->key, whole, NULL) == 1 &&
	            EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *)label, (int)strlen(label)) == 1 &&
	            EVP_DecryptUpdate(ctx, whole + NONCE, &n, whole + NONCE, (int)plain) == 1 &&
	            EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, whole + NONCE + plain) == 1 &&
	            EVP_DecryptFinal_ex(ctx, whole + NONCE + n, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

int seal_open(const struct seal *seal, const char *sealed, const char *label, struct text *out)
{
	size_t len = strlen(sealed);
	if (len % 4 != 0 || len < NONCE + TAG || len > INT_MAX / 2)
		return -1;
	unsigned char *whole = mem_new(len);
	int size = EVP_DecodeBlock(whole, (const unsigned char *)sealed, (int)len);
	for (const char *end = sealed + len; size > 0 && end > sealed + len - 2 && end[-1] == '='; end--)
		size--; /* EVP_DecodeBlock() counts the padding */
	bool good = size >= NONCE + TAG && decrypt(seal, whole, (size_t)size, label);
	if (good)
		text_add(out, (const char *)whole + NONCE, (size_t)size - NONCE - TAG);
	OPENSSL_cleanse(whole, len);
	free(whole);
	return good ? 0 : -1;
}

void seal_wipe(struct text *plain)
{
	if (plain->at)
		OPENSSL_cleanse(plain->at, plain->room);
	text_free(plain);
}

void seal_forget(struct seal *seal)
{
	OPENSSL_cleanse(seal, sizeof *seal);
}

char *seal_digest(const struct seal *seal, struct bytes plain, const char *label, char out[SEAL_DIGEST])
{
	/* Bound to what it is for, as the cipher's key is the same. */
	static const char use[] = "digest";
	unsigned char whole[EVP_MAX_MD_SIZE];
	unsigned len;
	struct text message = {0};
	text_add(&message, use, sizeof use);
	text_add(&message, label, strlen(label) + 1);
	text_add(&message, plain.at, plain.len);
	if (!HMAC(EVP_sha256(), seal->key, SEAL_KEY, (unsigned char *)message.at, message.len, whole, &len))
		abort();
	for (size_t i = 0; i < (SEAL_DIGEST - 1) / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", whole[i]);
	seal_wipe(&message);
	return out;
}
