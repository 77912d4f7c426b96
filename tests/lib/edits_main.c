/* edits SEED COUNT [ODD]: prints COUNT random edits of a registry, one a line, each ended by a semicolon; without a COUNT
 * what they need first. With ODD some lines switch the shell's checks off and on, edit without triggers, leave
 * transactions open, or close and sweep. */
#include <stdio.h>
#include <stdlib.h>

#include "edits.h"

static uint32_t next(void *owner)
{
	uint64_t *state = owner; /* xorshift64* */
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)(*state * 2685821657736338717u >> 32);
}

#define NEW_GENERATION "INSERT OR REPLACE INTO meta (key, value) VALUES ('generation', hex(randomblob(8)));"

static const char *const odd[] = {
    "PRAGMA ignore_check_constraints = on;",
    "PRAGMA ignore_check_constraints = on;",
    "PRAGMA ignore_check_constraints = off;",
    "PRAGMA wal_checkpoint(TRUNCATE);",
    "VACUUM;",
    "BEGIN;",
    "BEGIN;",
    "COMMIT;",
    "COMMIT;",
    "ROLLBACK;",
    "DELETE FROM change;",
    NEW_GENERATION,
};

static void put_edit(struct text *text, const struct chance *chance)
{
	text_clear(text);
	edit_add(text, chance);
	printf("%s;\n", text_string(text));
}

/* What no trigger logged, a reader of the log learns by a new generation. */
static void put_odd(struct text *text, const struct chance *chance)
{
	size_t which = chance->next(chance->owner) % (sizeof odd / sizeof odd[0] + 1);
	if (which < sizeof odd / sizeof odd[0]) {
		puts(odd[which]);
		return;
	}
	puts(".dbconfig enable_trigger off");
	put_edit(text, chance);
	puts(".dbconfig enable_trigger on\n" NEW_GENERATION);
}

int main(int argc, char **argv)
{
	struct text text = {0};
	if (argc < 3) {
		for (size_t i = 0; edits_first[i]; i++)
			printf("%s;\n", edits_first[i]);
		return 0;
	}
	uint64_t state = strtoull(argv[1], NULL, 10) * 2654435769u + 1;
	const struct chance chance = {next, &state};
	for (long i = atol(argv[2]); i > 0; i--)
		if (argc > 3 && next(&state) % 10 == 0)
			put_odd(&text, &chance);
		else
			put_edit(&text, &chance);
	text_free(&text);
	return 0;
}
