/* json.c - see json.h. */
#include "command/json.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "command/say.h"

/* A registry may hold any bytes (a shell wrote them); JSON may not. */
static json_t *text_of(const char *text)
{
	if (!text)
		return json_null();
	json_t *value = json_string(text);
	if (value)
		return value;
	struct text clean = {0};
	for (; *text; text++) {
		value = (unsigned char)*text < 0x80 ? json_stringn(text, 1) : NULL;
		if (value)
			text_add(&clean, text, 1);
		else
			text_put(&clean, "\xef\xbf\xbd");
		json_decref(value);
	}
	value = json_string(clean.at);
	text_free(&clean);
	return value;
}

void json_put(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, text_of(text));
}

void json_put_number(json_t *object, const char *key, int64_t number)
{
	json_object_set_new(object, key, json_integer(number));
}

void json_put_switch(json_t *object, const char *key, int on)
{
	json_object_set_new(object, key, json_boolean(on));
}

void json_add(json_t *array, const char *text)
{
	json_array_append_new(array, text_of(text));
}

int json_write(const json_t *value, FILE *to)
{
	errno = 0;
	if (json_dumpf(value, to, JSON_INDENT(4) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) < 0 ||
	    fputc('\n', to) == EOF || fflush(to) != 0)
		return -1;
	return 0;
}

int json_say(json_t *value)
{
	int rc = json_write(value, stdout);
	json_decref(value);
	return rc == 0 ? 0 : say_refused("the output could not be written (%s)", strerror(errno));
}
