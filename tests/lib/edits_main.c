/* edits SEED COUNT [ODD]: prints COUNT random edits of a registry, one a line, each ended by a semicolon; without a COUNT
 * what they need first. With ODD some lines switch the shell's triggers and checks off and on, or close and sweep. */
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

static const char *const odd[] = {
    ".dbconfig enable_trigger off",
    ".dbconfig enable_trigger on",
    ".dbconfig enable_trigger on",
    "PRAGMA ignore_check_constraints = on;",
    "PRAGMA ignore_check_constraints = off;",
    "PRAGMA wal_checkpoint(TRUNCATE);",
    "VACUUM;",
    "BEGIN;",
    "COMMIT;",
    "COMMIT;",
    "ROLLBACK;",
    "UPDATE meta SET value = hex(randomblob(8)) WHERE key = 'generation';",
    "DELETE FROM change;",
};

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
	for (long i = atol(argv[2]); i > 0; i--) {
		if (argc > 3 && next(&state) % 10 == 0) {
			puts(odd[next(&state) % (sizeof odd / sizeof odd[0])]);
			continue;
		}
		text_clear(&text);
		edit_add(&text, &chance);
		printf("%s;\n", text_string(&text));
	}
	text_free(&text);
	return 0;
}
