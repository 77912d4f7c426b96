/* http1_edit.c - what a port's options change in a response; see http1_write.h. */
#include "http1_write.h"

#include "http1_scan.h"
#include "port_options.h"

static const struct {
	const char *name; /* lower case */
	uint8_t ours;
} ours[] = {{"server", HTTP1_OURS_SERVER}, {"fly-request-id", HTTP1_OURS_REQUEST_ID}, {"via", HTTP1_OURS_VIA}};

static bool is_named(const struct port_options *options, struct bytes name)
{
	for (uint32_t i = 0; i < options->header_count; i++)
		if (http1_word_equal(bytes_of(options->headers[i].name), name))
			return true;
	return false;
}

void http1_reply_edit(struct http1_reply *reply, struct http1_head *head, const char *in,
                      const struct port_options *options)
{
	reply->options = options;
	if (options->pristine)
		reply->without = HTTP1_OURS_SERVER | HTTP1_OURS_REQUEST_ID | HTTP1_OURS_VIA;
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (is_named(options, bytes_of(ours[i].name)))
			reply->without |= ours[i].ours;
	for (uint32_t i = 0; i < head->count; i++) {
		struct http1_field *field = &head->field[i];
		if (!field->drop)
			field->drop = is_named(options, (struct bytes){in + field->name, field->name_len});
	}
}
