/* words.c - see words.h. */
#include "base/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct split {
	const char *at;
	char
	    *out; /* the characters of all words; with a NUL after each they are never more than the line and its NUL */
};

/* Reads one character or quoted run of a word. False: the line ends too early. */
static bool take_part(struct split *s)
{
	char quote = *s->at++;
	if (quote == '\\') {
		if (!*s->at)
			return false;
		*s->out++ = *s->at++;
		return true;
	}
	if (quote != '\'' && quote != '"') {
		*s->out++ = quote;
		return true;
	}
	while (*s->at && *s->at != quote) {
		/* Between double quotes a backslash is one, except before these (POSIX.1 2.2.3). */
		if (quote == '"' && *s->at == '\\' && s->at[1] && strchr("\"\\$`", s->at[1]))
			s->at++;
		*s->out++ = *s->at++;
	}
	return *s->at++ == quote;
}

char **words_split(const char *line, size_t *count)
{
	static const char blank[] = " \t\r\n";
	size_t len = strlen(line), most = len / 2 + 2; /* a word and a blank are two characters */
	char **words = mem_new(most * sizeof *words + len + 2);
	struct split s = {line, (char *)(words + most)};
	size_t n = 0;
	for (s.at += strspn(s.at, blank); *s.at; s.at += strspn(s.at, blank)) {
		words[n++] = s.out;
		while (*s.at && !strchr(blank, *s.at))
			if (!take_part(&s)) {
				free(words);
				return NULL;
			}
		*s.out++ = '\0';
	}
	if (count)
		*count = n;
	return words;
}

void words_put(struct text *out, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-";
	if (*word && strspn(word, plain) == strlen(word)) {
		text_put(out, word);
		return;
	}
	text_put(out, "'");
	for (; *word; word++)
		if (*word == '\'')
			text_put(out, "'\\''");
		else
			text_add(out, word, 1);
	text_put(out, "'");
}
