/* draft_word.c - see draft_word.h. */
#include "draft_word.h"

static bool all_of(struct bytes text, bool (*good)(char c))
{
	for (size_t i = 0; i < text.len; i++)
		if (!good(text.at[i]))
			return false;
	return true;
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_label_char(char c)
{
	return is_lower(c) || (c >= '0' && c <= '9') || c == '-';
}

static bool is_name_char(char c)
{
	return is_label_char(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_hex_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool word_is_label(struct bytes text)
{
	return text.len >= 1 && text.len <= 63 && all_of(text, is_label_char) && text.at[0] != '-' &&
	       text.at[text.len - 1] != '-';
}

bool word_is_name(struct bytes text)
{
	return text.len >= 1 && text.len <= 63 && all_of(text, is_name_char);
}

bool word_is_region(struct bytes text)
{
	return text.len == 3 && all_of(text, is_lower);
}

bool word_is_hex(struct bytes text, size_t digits)
{
	return text.len == digits && all_of(text, is_hex_char);
}

bool word_is_text(struct bytes text, size_t most)
{
	return text.len <= most && (text.len == 0 || !memchr(text.at, 0, text.len));
}

bool number_is_network(int64_t id)
{
	return number_within(id, 1, UINT32_MAX) && id % 65536 != 0;
}

bool number_is_host(int64_t number)
{
	return number_within(number, 65537, UINT32_MAX) && number % 65536 != 0 && number >> 16 != 0xa7b;
}

bool number_is_port(int64_t port)
{
	return number_within(port, 1, 65535);
}
