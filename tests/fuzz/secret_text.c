/* secret_text: whatever lines of secrets are, they are read or refused with a sentence; names are names, values lie in
 * the text and have no zero octet, and written down again they are read as the same. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "command/secret_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct secret_list *list, const struct text *in)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct secret_change *c = &list->items[i];
		assert(secret_name_good(c->name));
		assert(c->value.at >= in->at && c->value.at + c->value.len <= in->at + in->len);
		assert(c->value.len <= SECRET_MOST && !memchr(c->value.at, '\0', c->value.len));
		for (size_t k = 0; k < i; k++)
			assert(strcmp(list->items[k].name, c->name) != 0);
	}
}

/* Between """ anything stands for itself, but """ at the end of a line and CR LF. */
static void read_again(const struct secret_change *c)
{
	struct text line = {0}, why = {0};
	struct secret_list list = {0};
	text_format(&line, "%s=\"\"\"", c->name);
	text_add(&line, c->value.at, c->value.len);
	text_put(&line, "\"\"\"\n");
	assert(secret_lines_read(&list, &line, &why) == 0);
	assert(list.count == 1 && strcmp(list.items[0].name, c->name) == 0);
	assert(bytes_equal(list.items[0].value, c->value));
	secret_list_free(&list);
	text_free(&line);
}

static bool stands_for_itself(struct bytes value)
{
	return !memchr(value.at, '"', value.len) && !memchr(value.at, '\r', value.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text in = {0}, why = {0};
	struct secret_list list = {0};
	text_add(&in, (const char *)data, size);
	int rc = secret_lines_read(&list, &in, &why);
	assert((rc == 0) == (why.len == 0));
	if (rc == 0)
		look(&list, &in);
	for (size_t i = 0; i < list.count && rc == 0; i++)
		if (stands_for_itself(list.items[i].value))
			read_again(&list.items[i]);
	secret_list_free(&list);
	text_free(&in);
	text_free(&why);
	return 0;
}
