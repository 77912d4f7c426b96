/* steer.c - see steer.h. */
#include "steer.h"

#include <string.h>

#include "http1.h"
#include "http1_name.h"
#include "http1_scan.h"

enum { ANYWHERE = 0xff };

static const struct {
	const char *alias;
	uint8_t areas;
} aliases[] = {
    {"apac", STEER_APAC}, {"eu", STEER_EU},  {"na", STEER_NA},  {"sa", STEER_SA},
    {"us", STEER_US},     {"usa", STEER_US}, {"any", ANYWHERE},
};

void steer_word_read(char *out, size_t size, struct bytes word)
{
	size_t len = word.len < size ? word.len : size - 1;
	for (size_t i = 0; i < len; i++)
		out[i] = http1_fold(word.at[i]);
	out[len] = '\0';
}

void steer_regions_read(struct steer_regions *out, struct bytes list)
{
	struct bytes word;
	*out = (struct steer_regions){0};
	while (out->count < STEER_REGIONS && http1_list_next(&list, &word)) {
		if (word.len == 0)
			continue;
		uint8_t areas = 0;
		for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
			if (http1_word_is(word, aliases[i].alias))
				areas = aliases[i].areas;
		out->areas[out->count] = areas;
		steer_word_read(out->codes[out->count++], STEER_CODE, word);
	}
}

static void field_read(struct steer *out, struct bytes name, struct bytes value)
{
	if (http1_word_is(name, "fly-prefer-region"))
		steer_regions_read(&out->prefer_regions, value);
	else if (http1_word_is(name, "fly-force-region"))
		steer_regions_read(&out->force_regions, value);
	else if (http1_word_is(name, "fly-prefer-instance-id"))
		steer_word_read(out->prefer_id, sizeof out->prefer_id, value);
	else if (http1_word_is(name, "fly-force-instance-id"))
		steer_word_read(out->force_id, sizeof out->force_id, value);
}

static bool says_nothing(const struct steer *steer)
{
	return !steer->prefer_regions.count && !steer->force_regions.count && !steer->prefer_id[0] &&
	       !steer->force_id[0];
}

bool steer_read(struct steer *out, const struct http1_head *head, const char *in)
{
	*out = (struct steer){0};
	for (uint32_t i = 0; i < head->count; i++) {
		const struct http1_field *field = &head->field[i];
		if (field->id == HTTP1_NAME_STEER && !field->drop)
			field_read(out, (struct bytes){in + field->name, field->name_len},
			           (struct bytes){in + field->value, field->value_len});
	}
	return !says_nothing(out);
}

/* The place in the list; its length when it is not in it. */
static uint16_t rank_in(const struct steer_regions *regions, const struct steer_place *place)
{
	for (uint8_t i = 0; i < regions->count; i++) {
		uint8_t areas = regions->areas[i];
		if (areas == ANYWHERE || (areas & place->areas) ||
		    (!areas && strcmp(regions->codes[i], place->region) == 0))
			return i;
	}
	return regions->count;
}

uint16_t steer_rank(const struct steer *steer, const struct steer_place *place)
{
	uint16_t forced = rank_in(&steer->force_regions, place);
	if (steer->force_regions.count && forced == steer->force_regions.count)
		return STEER_NEVER;
	if (steer->force_id[0] && strcmp(steer->force_id, place->id) != 0)
		return STEER_NEVER;
	if (steer->not_id[0] && strcmp(steer->not_id, place->id) == 0)
		return STEER_NEVER;
	bool other = steer->prefer_id[0] && strcmp(steer->prefer_id, place->id) != 0;
	uint16_t levels = STEER_REGIONS + 1;
	return (uint16_t)((other * levels + forced) * levels + rank_in(&steer->prefer_regions, place));
}

bool steer_forces(const struct steer *steer)
{
	return steer->force_regions.count || steer->force_id[0] || steer->not_id[0];
}

uint8_t steer_areas(const char *code, double latitude, double longitude)
{
	static const char us[] = "atl bos den dfw ewr iad lax mia ord phx sea sjc";
	const char *known = *code ? strstr(us, code) : NULL;
	if (known && strlen(code) == 3 && (known - us) % 4 == 0)
		return STEER_NA | STEER_US;
	if (longitude >= -170 && longitude <= -50 && latitude >= 13)
		return STEER_NA;
	if (longitude >= -90 && longitude <= -30)
		return STEER_SA;
	if (longitude >= -25 && longitude <= 45 && latitude >= 35)
		return STEER_EU;
	return longitude >= 60 ? STEER_APAC : 0;
}
