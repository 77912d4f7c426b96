/* ask.c - see ask.h. */
#include "ask.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	bool answer; /* carries a state and a text */
} verbs[] = {
    [ASK_START] = {"start", false},     [ASK_STOP] = {"stop", false},  [ASK_SUSPEND] = {"suspend", false},
    [ASK_EXPLAIN] = {"explain", false}, [ASK_OK] = {"ok", true},       [ASK_ERROR] = {"error", true},
    [ASK_TOLD] = {"told", true},        [ASK_STATE] = {"state", true}, [ASK_AWAY] = {"away", true},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

/* Cuts the word before the next space off *rest; NULL when there is none or it is empty. */
static char *take_word(char **rest)
{
	char *word = *rest;
	char *space = strchr(word, ' ');
	if (!space || space == word)
		return NULL;
	*space = '\0';
	*rest = space + 1;
	return word;
}

static bool number_read(uint32_t *out, const char *digits)
{
	uint64_t n = 0;
	if (!*digits || strlen(digits) > 10)
		return false;
	for (; *digits; digits++) {
		if (*digits < '0' || *digits > '9')
			return false;
		n = n * 10 + (uint64_t)(*digits - '0');
	}
	*out = (uint32_t)n;
	return n <= UINT32_MAX;
}

static bool verb_read(enum ask_verb *out, const char *word)
{
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].word, word) == 0) {
			*out = (enum ask_verb)i;
			return true;
		}
	}
	return false;
}

/* A Machine's id; "-" stands for none, where a message may be about none. */
static bool machine_read(char out[ASK_MACHINE], const char *word, enum ask_verb verb)
{
	size_t len = strlen(word);
	if (len == ASK_MACHINE - 1 ? strspn(word, "0123456789abcdef") != len
	                           : strcmp(word, "-") != 0 || (verb != ASK_ERROR && verb != ASK_AWAY))
		return false;
	memcpy(out, word, len + 1);
	return true;
}

static bool serial_fits(const struct ask *ask)
{
	if (ask->verb == ASK_STATE || ask->verb == ASK_AWAY)
		return ask->serial == 0;
	return ask->serial != 0 || ask->verb == ASK_ERROR; /* an error about what could not be read has no serial */
}

/* What stands behind the state: a text, or a number. */
static bool rest_read(struct ask *out, const char *rest)
{
	if (out->verb == ASK_ERROR || out->verb == ASK_TOLD || out->verb == ASK_AWAY) {
		out->text = rest;
		return true;
	}
	return number_read(&out->took_ms, rest) && (out->verb == ASK_OK || out->took_ms == 0);
}

bool ask_read(struct ask *out, char *message, size_t len)
{
	char *rest = message;
	*out = (struct ask){.text = ""};
	message[len] = '\0';
	if (strlen(message) != len)
		return false;

	char *serial = take_word(&rest);
	char *verb = serial ? take_word(&rest) : NULL;
	if (!verb || !number_read(&out->serial, serial) || !verb_read(&out->verb, verb) || !serial_fits(out))
		return false;
	if (!verbs[out->verb].answer)
		return machine_read(out->machine, rest, out->verb);

	char *machine = take_word(&rest);
	char *state = machine ? take_word(&rest) : NULL;
	return state && machine_read(out->machine, machine, out->verb) && machine_state_parse(&out->state, state) &&
	       rest_read(out, rest);
}

size_t ask_write(char *out, const struct ask *ask)
{
	const char *word = verbs[ask->verb].word;
	const char *machine = ask->machine[0] ? ask->machine : "-";
	int len;
	if (!verbs[ask->verb].answer)
		len = snprintf(out, ASK_SIZE, "%u %s %s", ask->serial, word, machine);
	else if (ask->verb == ASK_OK || ask->verb == ASK_STATE)
		len = snprintf(out, ASK_SIZE, "%u %s %s %s %u", ask->serial, word, machine,
		               machine_state_name(ask->state), ask->took_ms);
	else
		len = snprintf(out, ASK_SIZE, "%u %s %s %s %s", ask->serial, word, machine,
		               machine_state_name(ask->state), ask->text ? ask->text : "");
	return (size_t)len < ASK_SIZE ? (size_t)len : ASK_SIZE - 1;
}

int ask_away_next(struct ask_away *out, const char **text)
{
	enum { CODE = 3, DIGITS = 8 };
	const char *at = *text;
	char digits[DIGITS + 1];
	if (!*at)
		return 0;
	if (strspn(at, "abcdefghijklmnopqrstuvwxyz") != CODE || at[CODE] != ' ')
		return -1;
	memcpy(out->region, at, CODE);
	out->region[CODE] = '\0';
	at += CODE + 1;
	size_t len = strspn(at, "0123456789");
	if (len == 0 || len > DIGITS || (at[len] && at[len] != ' ') || (at[len] && !at[len + 1]))
		return -1;
	memcpy(digits, at, len);
	digits[len] = '\0';
	*text = at + len + (at[len] == ' ');
	return number_read(&out->microseconds, digits) && out->microseconds > 0 ? 1 : -1;
}
