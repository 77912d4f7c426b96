/* certs.c - flycast certs add|list|show|check|remove|ca. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "base/clock.h"
#include "base/text.h"
#include "certificate.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/say.h"
#include "command/session.h"
#include "pki.h"
#include "registry.h"
#include "seal.h"
#include "sealed.h"
#include "statement.h"

enum { PEM_MOST = 65536, SUBJECT_ROOM = 256, DAY_MS = 86400000, SOON_DAYS = 14 };

/* ------------------------------------------------------------------------------------------------------- adding */

/* 0, or 1 after a sentence. */
static int read_file(struct text *out, const char *path)
{
	char part[4096];
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && out->len <= PEM_MOST && (n = read(fd, part, sizeof part)) > 0)
		text_add(out, part, (size_t)n);
	int why = errno;
	if (fd >= 0)
		close(fd);
	if (fd < 0 || n < 0)
		return say_refused("%s cannot be read: %s", path, strerror(why));
	if (out->len > PEM_MOST)
		return say_refused("%s is longer than %d octets: give the PEM file of this name alone", path, PEM_MOST);
	return 0;
}

/* What is in the files, as it goes into the registry. 0, or the exit code after a sentence. */
static int take_pair(const struct pki_pair *pair, const char *hostname)
{
	int64_t now_ms = clock_wall_ms();
	char at[SAY_TIME];
	if (!pki_covers(pair, hostname))
		return say_refused(
		    "the certificate is not for %s: give one that has this name among its own (openssl x509 "
		    "-noout -ext subjectAltName shows them)",
		    hostname);
	if (pki_expires_ms(pair) <= now_ms)
		return say_refused("the certificate ended at %s: renew it first", say_time(at, pki_expires_ms(pair)));
	if (pki_begins_ms(pair) > now_ms)
		say_warning("the certificate holds from %s on only", say_time(at, pki_begins_ms(pair)));
	return 0;
}

static int write_certificate(struct call *call, struct certificate *c, const struct text *key)
{
	struct seal seal;
	struct text why = {0};
	char label[LABEL_ROOM + HOSTNAME_ROOM + 16];
	char *sealed = NULL;
	if (session_write(call) < 0)
		return 1;
	if (!c->issued && sealed_open(&seal, call->path, &why) < 0) {
		int code = say_refused("%s", text_string(&why));
		text_free(&why);
		return code;
	}
	if (!c->issued)
		c->key = sealed = seal_close(&seal, (struct bytes){key->at, key->len},
		                             certificate_label(label, sizeof label, c->app, c->hostname));
	struct app app;
	char *authority = NULL;
	int rc = certificate_put(call->registry, c);
	if (rc == 0 && c->issued && (rc = app_need(call->registry, &app, c->app)) == 0)
		rc = (authority = authority_need(call->registry, app.org)) ? 0 : -1;
	free(authority);
	free(sealed);
	if (rc < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	printf("%s of app %s has a certificate%s\n", c->hostname, c->app,
	       c->issued ? " of the private authority: flycast certs ca prints what clients trust" : "");
	return 0;
}

static int add(struct call *call)
{
	struct certificate c = {0};
	struct pki_pair pair = {0};
	struct text chain = {0}, key = {0}, why = {0};
	const char *app = call_app(call), *cert_path = call_text(call, "cert"), *key_path = call_text(call, "key");
	if (!app)
		return say_no_app(call);
	if (!cert_path != !key_path)
		return say_misuse(
		    call, "a certificate and its key go together: give both --cert and --key, or neither for one "
		          "of the private authority");
	snprintf(c.app, sizeof c.app, "%s", app);
	snprintf(c.hostname, sizeof c.hostname, "%s", call->args[0]);
	int code = 0;
	if (certificate_name_check(call->args[0], &why) < 0)
		code = say_refused("%s", text_string(&why));
	c.issued = !cert_path;
	if (code == 0 && cert_path && (code = read_file(&chain, cert_path)) == 0 &&
	    (code = read_file(&key, key_path)) == 0) {
		if (pki_read(&pair, (struct bytes){text_string(&chain), chain.len},
		             (struct bytes){text_string(&key), key.len}, &why) < 0)
			code = say_refused("%s", text_string(&why));
		else
			code = take_pair(&pair, c.hostname);
		c.chain = text_string(&chain);
	}
	if (code == 0)
		code = write_certificate(call, &c, &key);
	pki_pair_fini(&pair);
	seal_wipe(&key);
	text_free(&chain);
	text_free(&why);
	return code;
}

static int drop(struct call *call)
{
	const char *app = call_app(call);
	if (!app)
		return say_no_app(call);
	if (session_write(call) < 0)
		return 1;
	if (certificate_delete(call->registry, app, call->args[0]) < 0)
		return session_failed(call);
	if (session_commit(call) < 0)
		return 1;
	printf("%s of app %s has no certificate any more\n", call->args[0], app);
	return 0;
}

/* ------------------------------------------------------------------------------------------------------- looking */

/* Until when, for people. True: it holds now. */
static bool judge_time(struct text *out, const struct pki_pair *pair)
{
	int64_t now_ms = clock_wall_ms();
	int64_t left_ms = pki_expires_ms(pair) - now_ms;
	if (left_ms <= 0)
		text_put(out, "it has ended: add a new one");
	else if (pki_begins_ms(pair) > now_ms)
		text_put(out, "it does not hold yet");
	else if (left_ms < (int64_t)SOON_DAYS * DAY_MS)
		text_format(out, "it ends in %d days: add a new one", (int)(left_ms / DAY_MS));
	else
		text_format(out, "ready for %lld days", (long long)(left_ms / DAY_MS));
	return left_ms > 0 && pki_begins_ms(pair) <= now_ms;
}

/* What is good or wrong about it, for people. True: it can be used. */
static bool judge(struct text *out, const struct call *call, const struct certificate *c)
{
	struct pki_pair pair = {0};
	struct text key = {0};
	struct seal seal;
	char label[LABEL_ROOM + HOSTNAME_ROOM + 16];
	bool good = c->issued;
	if (c->issued) {
		text_put(out, "ready: the private authority signs when it is needed");
	} else if (seal_read(&seal, call->path, out) == 0) {
		if (seal_open(&seal, c->key, certificate_label(label, sizeof label, c->app, c->hostname), &key) < 0)
			text_put(out, "its key was sealed with another seal than this registry has: add it again");
		else if (pki_read(&pair, bytes_of(c->chain), (struct bytes){text_string(&key), key.len}, out) == 0)
			good = judge_time(out, &pair);
	}
	pki_pair_fini(&pair);
	seal_wipe(&key);
	return good;
}

static json_t *json_of(const struct certificate *c, const char *status)
{
	char at[SAY_TIME];
	struct pki_pair pair = {0};
	char text[SUBJECT_ROOM];
	struct text why = {0};
	json_t *object = json_object();
	json_put(object, "Hostname", c->hostname);
	json_put(object, "Source", c->issued ? "private authority" : "custom");
	json_put(object, "CreatedAt", say_time(at, c->created_at));
	if (!c->issued && pki_read(&pair, bytes_of(c->chain), (struct bytes){NULL, 0}, &why) == 0) {
		json_put(object, "Subject", pki_subject_text(text, sizeof text, &pair));
		json_put(object, "Issuer", pki_issuer_text(text, sizeof text, &pair));
		json_put(object, "ExpiresAt", say_time(at, pki_expires_ms(&pair)));
	}
	json_put(object, "Status", status);
	pki_pair_fini(&pair);
	text_free(&why);
	return object;
}

static void show_one(const struct certificate *c, const char *status)
{
	json_t *object = json_of(c, status);
	const char *pairs[8][2] = {{0}};
	const char *key;
	json_t *value;
	size_t count = 0;
	json_object_foreach(object, key, value)
	{
		pairs[count][0] = key;
		pairs[count++][1] = json_string_value(value);
	}
	columns_pairs(c->hostname, pairs);
	json_decref(object);
}

enum look { LOOK_LIST, LOOK_SHOW, LOOK_CHECK };

/* All rows, or those of one name: as a table, or one by one, or only what is wrong. */
static int look(struct call *call, enum look how, const char *hostname)
{
	struct statement s;
	struct certificate c;
	struct app app;
	struct columns table;
	const char *name = call_app(call);
	int rc, count = 0, bad = 0;
	if (!name)
		return say_no_app(call);
	if (session_read(call) < 0)
		return 1;
	if (app_need(call->registry, &app, name) < 0)
		return session_failed(call);
	json_t *all = json_array();
	columns_init(&table, "Host Name", "Source", "Added", "Status", NULL);
	certificate_list(&s, call->registry, name, hostname);
	for (; (rc = certificate_next(&s, &c)) > 0; count++) {
		struct text status = {0};
		char ago[SAY_TIME];
		bad += !judge(&status, call, &c);
		if (call->json)
			json_array_append_new(all, json_of(&c, text_string(&status)));
		else if (how == LOOK_SHOW)
			show_one(&c, text_string(&status));
		columns_add(&table, c.hostname);
		columns_add(&table, c.issued ? "private authority" : "custom");
		columns_add(&table, say_ago(ago, c.created_at));
		columns_add(&table, text_string(&status));
		text_free(&status);
	}
	statement_close(&s);
	int code = 0;
	if (rc < 0)
		code = session_failed(call);
	else if (hostname && count == 0)
		code = say_refused("app %s has no certificate for %s of its own: flycast certs list -a %s shows them",
		                   name, hostname, name);
	else if (call->json)
		code = json_say(json_incref(all));
	else if (how != LOOK_SHOW)
		columns_print(&table, NULL);
	columns_free(&table);
	json_decref(all);
	if (code || how != LOOK_CHECK || !bad)
		return code;
	return say_refused("%d of %d certificates of app %s cannot be used: their status says why", bad, count, name);
}

static int list(struct call *call)
{
	return look(call, LOOK_LIST, NULL);
}

static int show(struct call *call)
{
	return look(call, LOOK_SHOW, call->args[0]);
}

static int check(struct call *call)
{
	return look(call, LOOK_CHECK, call->arg_count ? call->args[0] : NULL);
}

static int ca(struct call *call)
{
	struct app app;
	const char *org = call_org(call), *name = org ? NULL : call_app(call);
	if (session_write(call) < 0)
		return 1;
	if (name && app_need(call->registry, &app, name) < 0)
		return session_failed(call);
	char *chain = authority_need(call->registry, org ? org : name ? app.org : "personal");
	if (!chain)
		return session_failed(call);
	int code = session_commit(call) < 0;
	if (code == 0)
		fputs(chain, stdout);
	free(chain);
	return code;
}

static const struct command_flag add_flags[] = {
    {"cert", 0, FLAG_TEXT, "FILE", "certificates in PEM, the name's own first, then those that vouch for it", NULL,
     NULL},
    {"key", 0, FLAG_TEXT, "FILE", "its private key in PEM, without a password", NULL, NULL},
    {0}};

static const struct command certs_commands[] = {
    {.name = "add",
     .aliases = "create import",
     .args = "HOSTNAME",
     .summary = "Give an app's TLS ports another name, or a name another certificate",
     .details = "Without files the private authority of the app's organization signs, for names of the app only:\n"
                "<app>.flycast (which needs no command), <app>.internal, and names below them. The proxy uses a new\n"
                "certificate from the next handshake on. The key is kept sealed.",
     .examples = "flycast certs add web.example.com -a web --cert fullchain.pem --key privkey.pem\n"
                 "flycast certs add '*.web.flycast' -a web",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_APP,
     .flags = add_flags,
     .run = add},
    {.name = "list",
     .aliases = "ls",
     .summary = "List the names an app's TLS ports answer to, besides <app>.flycast",
     .examples = "flycast certs list -a web",
     .takes = TAKES_APP | TAKES_JSON,
     .run = list},
    {.name = "show",
     .args = "HOSTNAME",
     .summary = "Show one certificate: whose, by whom, until when",
     .examples = "flycast certs show web.example.com -a web",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_APP | TAKES_JSON,
     .run = show},
    {.name = "check",
     .args = "[HOSTNAME]",
     .summary = "See whether certificates can be used: exit code 1 when one cannot",
     .examples = "flycast certs check -a web",
     .max_args = 1,
     .takes = TAKES_APP | TAKES_JSON,
     .run = check},
    {.name = "remove",
     .aliases = "delete rm",
     .args = "HOSTNAME",
     .summary = "Take a name from an app's TLS ports",
     .examples = "flycast certs remove web.example.com -a web",
     .min_args = 1,
     .max_args = 1,
     .takes = TAKES_APP,
     .run = drop},
    {.name = "ca",
     .summary = "Print the certificate of an organization's private authority, which clients are to trust",
     .details =
         "It is made when it is first asked for. It signs for names in .flycast and .internal and for addresses\n"
         "in fdaa::/16 only, and says so: trusting it trusts it for nothing else.",
     .examples = "flycast certs ca -o acme >acme.pem\ncurl --cacert acme.pem https://web.flycast/",
     .takes = TAKES_APP | TAKES_ORG,
     .run = ca},
    {0}};

const struct command certs_command = {.name = "certs",
                                      .aliases = "cert certificates",
                                      .summary = "Certificates: names that TLS ports answer to",
                                      .commands = certs_commands};
