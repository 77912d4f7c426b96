/* seal and pki: what is sealed opens with its seal and label only; keys and certificates that do not fit are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "app.h"
#include "base/text.h"
#include "certificate.h"
#include "pki.h"
#include "registry.h"
#include "seal.h"
#include "secret.h"
#include "temp_registry.h"

static const struct seal one = {{1}}, other = {{2}};

static void what_is_sealed_opens_with_its_seal_and_label_only(void **state)
{
	(void)state;
	for (size_t len = 0; len < 70; len++) {
		char plain[80];
		struct text out = {0};
		memset(plain, 'k', sizeof plain);
		char *sealed = seal_close(&one, (struct bytes){plain, len}, "certificate a b");
		assert_int_equal(seal_open(&one, sealed, "certificate a b", &out), 0);
		assert_int_equal(out.len, len);
		assert_memory_equal(text_string(&out), plain, len);
		text_clear(&out);
		assert_int_equal(seal_open(&one, sealed, "certificate a c", &out), -1);
		assert_int_equal(seal_open(&other, sealed, "certificate a b", &out), -1);
		sealed[3] = sealed[3] == 'A' ? 'B' : 'A';
		assert_int_equal(seal_open(&one, sealed, "certificate a b", &out), -1);
		sealed[len / 2] = '\0';
		assert_int_equal(seal_open(&one, sealed, "certificate a b", &out), -1);
		assert_int_equal(out.len, 0);
		free(sealed);
		seal_wipe(&out);
	}
}

static void two_seals_of_one_text_differ(void **state)
{
	(void)state;
	char *a = seal_close(&one, BYTES("key"), "x"), *b = seal_close(&one, BYTES("key"), "x");
	assert_string_not_equal(a, b);
	free(a);
	free(b);
}

static void a_digest_tells_texts_labels_and_seals_apart(void **state)
{
	(void)state;
	char a[SEAL_DIGEST], b[SEAL_DIGEST];
	seal_digest(&one, BYTES("hush"), "secret a b", a);
	assert_int_equal(strlen(a), SEAL_DIGEST - 1);
	assert_string_equal(a, seal_digest(&one, BYTES("hush"), "secret a b", b));
	assert_string_not_equal(a, seal_digest(&one, BYTES("hush!"), "secret a b", b));
	assert_string_not_equal(a, seal_digest(&one, BYTES("hush"), "secret a c", b));
	assert_string_not_equal(a, seal_digest(&other, BYTES("hush"), "secret a b", b));
	/* Where a label ends is part of it. */
	seal_digest(&one, BYTES("bx"), "a", a);
	assert_string_not_equal(a, seal_digest(&one, BYTES("x"), "ab", b));
}

static void a_seal_is_made_once_and_not_for_everybody(void **state)
{
	(void)state;
	char dir[] = "/tmp/flycast-seal.XXXXXX", path[64], file[80];
	struct seal first, second;
	struct text why = {0};
	struct stat st;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/registry.db", dir);
	snprintf(file, sizeof file, "%s.seal", path);
	assert_int_equal(seal_read(&first, path, &why), -1);
	assert_non_null(strstr(text_string(&why), "is missing"));
	assert_int_equal(seal_need(&first, path, &why), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(seal_need(&second, path, &why), 0);
	assert_memory_equal(&first, &second, sizeof first);
	text_clear(&why);
	assert_int_equal(chmod(file, 0644), 0);
	assert_int_equal(seal_read(&second, path, &why), -1);
	assert_non_null(strstr(text_string(&why), "by everybody"));
	text_clear(&why);
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(truncate(file, 31), 0);
	assert_int_equal(seal_read(&second, path, &why), -1);
	assert_non_null(strstr(text_string(&why), "is no seal"));
	text_free(&why);
	unlink(file);
	rmdir(dir);
}

static int put_secret(struct registry *registry)
{
	const struct secret_change change = {"KEY", BYTES("value")};
	return secret_put(registry, "web", &change, 1);
}

static int put_authority(struct registry *registry)
{
	char *chain = authority_need(registry, "acme");
	int rc = chain ? 1 : -1;
	free(chain);
	return rc;
}

/* Whatever it was that the lost one sealed. */
static void a_lost_seal_is_not_replaced(void **state)
{
	int (*const puts[])(struct registry *) = {put_secret, put_authority};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *path = temp_registry_make();
		char file[200];
		struct registry *registry = registry_open(path, REGISTRY_WRITE);
		snprintf(file, sizeof file, "%s.seal", path);
		assert_int_equal(registry_begin(registry, NULL), 0);
		assert_int_equal(app_put(registry, "web", "acme", "default"), 0);
		assert_int_equal(puts[i](registry), 1);
		assert_int_equal(registry_commit(registry), 0);
		assert_int_equal(unlink(file), 0);
		assert_int_equal(registry_begin(registry, NULL), 0);
		assert_int_equal(puts[!i](registry), -1);
		assert_non_null(strstr(registry_error(registry), "is missing"));
		assert_int_equal(access(file, F_OK), -1);
		registry_close(registry);
		temp_registry_remove();
	}
}

static void an_authority_signs_what_it_says(void **state)
{
	(void)state;
	struct text chain = {0}, key = {0}, why = {0};
	struct pki_pair authority, leaf, self;
	char text[200];
	struct in6_addr ip = {.s6_addr = {0xfd, 0xaa, [15] = 2}};
	assert_int_equal(pki_authority_make("acme", &chain, &key), 0);
	assert_int_equal(
	    pki_read(&authority, (struct bytes){chain.at, chain.len}, (struct bytes){key.at, key.len}, &why), 0);
	struct pki_order order = {"web.flycast", &ip, 1, 3600};
	assert_int_equal(pki_issue(&leaf, &authority, &order), 0);
	assert_true(pki_covers(&leaf, "web.flycast"));
	assert_true(pki_covers(&leaf, "WEB.flycast"));
	assert_false(pki_covers(&leaf, "app.flycast"));
	assert_string_equal(pki_subject_text(text, sizeof text, &leaf), "CN = web.flycast");
	assert_string_equal(pki_issuer_text(text, sizeof text, &leaf), "O = acme, CN = Flycast private authority");
	assert_in_range(pki_expires_ms(&leaf) - clock_wall_ms(), 3590000, 3610000);
	assert_true(pki_begins_ms(&leaf) < clock_wall_ms());
	order.hostname = "*.web.flycast";
	assert_int_equal(pki_issue(&self, NULL, &order), 0);
	assert_true(pki_covers(&self, "*.web.flycast"));
	assert_true(pki_covers(&self, "a.web.flycast"));
	assert_false(pki_covers(&self, "a.b.web.flycast"));
	pki_pair_fini(&authority);
	pki_pair_fini(&leaf);
	pki_pair_fini(&self);
	seal_wipe(&key);
	text_free(&chain);
}

static void what_does_not_fit_is_told(void **state)
{
	(void)state;
	struct text chain = {0}, key = {0}, chain2 = {0}, key2 = {0};
	assert_int_equal(pki_authority_make("a", &chain, &key), 0);
	assert_int_equal(pki_authority_make("b", &chain2, &key2), 0);
	const struct {
		const char *chain, *key, *word;
	} rows[] = {
	    {"", key.at, "no PEM file of certificates"},
	    {key.at, key.at, "no PEM file of certificates"},
	    {"-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n", key.at, "no PEM file of certificates"},
	    {chain.at, "", "no PEM file of a private key"},
	    {chain.at, chain.at, "no PEM file of a private key"},
	    {chain.at, key2.at, "does not belong"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct pki_pair pair;
		struct text why = {0};
		assert_int_equal(pki_read(&pair, bytes_of(rows[i].chain), bytes_of(rows[i].key), &why), -1);
		if (!strstr(text_string(&why), rows[i].word))
			fail_msg("%zu: %s", i, text_string(&why));
		text_free(&why);
	}
	text_free(&chain);
	text_free(&chain2);
	seal_wipe(&key);
	seal_wipe(&key2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_sealed_opens_with_its_seal_and_label_only),
	    cmocka_unit_test(two_seals_of_one_text_differ),
	    cmocka_unit_test(a_digest_tells_texts_labels_and_seals_apart),
	    cmocka_unit_test(a_seal_is_made_once_and_not_for_everybody),
	    cmocka_unit_test(a_lost_seal_is_not_replaced),
	    cmocka_unit_test(an_authority_signs_what_it_says),
	    cmocka_unit_test(what_does_not_fit_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
