/* http1_scan.c - see http1_scan.h. Eight bytes at a time, in a plain 64-bit integer: no instruction set is assumed. */
#include "http1_scan.h"

#include <endian.h>
#include <string.h>

const uint8_t http1_token_byte[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1,
    ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1, ['0'] = 1,  ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1,
    ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1, ['A'] = 1,  ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1,
    ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1, ['K'] = 1,  ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1,
    ['P'] = 1, ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1,  ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1,
    ['Z'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1,  ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1,
    ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1,  ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1,
    ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1,  ['z'] = 1,
};

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define HIGH EACH(0x80)

/* In the two masks below the lowest marked byte is a true one; a borrow can only mark bytes above it. */
static inline uint64_t mark_below(uint64_t word, uint8_t limit)
{
	return (word - EACH(limit)) & ~word & HIGH;
}

static inline uint64_t mark_equal(uint64_t word, uint8_t byte)
{
	return mark_below(word ^ EACH(byte), 1);
}

static inline uint64_t load(const char *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return le64toh(word);
}

static inline bool stops_value(char c)
{
	return ((uint8_t)c < ' ' && c != '\t') || c == 0x7f;
}

const char *http1_value_end(const char *at, const char *end)
{
	while (end - at >= 8) {
		uint64_t word = load(at);
		uint64_t marks = mark_below(word, ' ') | mark_equal(word, 0x7f);
		if (!marks) {
			at += 8;
			continue;
		}
		at += __builtin_ctzll(marks) / 8;
		if (*at != '\t')
			return at;
		at++;
	}
	while (at < end && !stops_value(*at))
		at++;
	return at;
}

static inline bool stops_target(char c)
{
	return (uint8_t)c <= ' ' || (uint8_t)c >= 0x7f || c == '#';
}

const char *http1_target_end(const char *at, const char *end)
{
	for (; end - at >= 8; at += 8) {
		uint64_t word = load(at);
		uint64_t marks = mark_below(word, ' ' + 1) | (word & HIGH) | mark_equal(word, 0x7f) |
		                 mark_equal(word, '#');
		if (marks)
			return at + __builtin_ctzll(marks) / 8;
	}
	while (at < end && !stops_target(*at))
		at++;
	return at;
}

struct bytes http1_trim(const char *at, const char *end)
{
	while (at < end && http1_is_blank(*at))
		at++;
	while (end > at && http1_is_blank(end[-1]))
		end--;
	return (struct bytes){at, (size_t)(end - at)};
}

bool http1_list_next(struct bytes *list, struct bytes *element)
{
	if (!list->at)
		return false;
	const char *end = list->at + list->len;
	const char *comma = list->len ? memchr(list->at, ',', list->len) : NULL;
	*element = http1_trim(list->at, comma ? comma : end);
	*list = comma ? (struct bytes){comma + 1, (size_t)(end - comma - 1)} : (struct bytes){NULL, 0};
	return true;
}

bool http1_word_is(struct bytes word, const char *lower)
{
	if (strlen(lower) != word.len)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (http1_fold(word.at[i]) != lower[i])
			return false;
	}
	return true;
}

bool http1_word_equal(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (http1_fold(a.at[i]) != http1_fold(b.at[i]))
			return false;
	}
	return true;
}

bool http1_word_is_token(struct bytes word)
{
	for (size_t i = 0; i < word.len; i++) {
		if (!http1_is_token(word.at[i]))
			return false;
	}
	return word.len > 0;
}
