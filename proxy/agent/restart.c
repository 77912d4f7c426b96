/* restart.c - see restart.h. */
#include "restart.h"

#include <string.h>

bool restart_policy_parse(enum restart_policy *out, const char *name)
{
	static const char *const names[] = {"no", "always", "on-failure"};
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum restart_policy)i;
			return true;
		}
	}
	return false;
}

uint32_t restart_row(uint32_t before, int64_t ran_ms)
{
	return ran_ms >= RESTART_STEADY_MS ? 0 : before;
}

bool restart_wanted(const struct restart_rule *rule, int exit_code, uint32_t row)
{
	switch (rule->policy) {
	case RESTART_NO:
		return false;
	case RESTART_ALWAYS:
		return true;
	case RESTART_ON_FAILURE:
		break;
	}
	return exit_code != 0 && row < rule->max_retries;
}

int64_t restart_pause_ms(uint32_t row)
{
	int64_t ms = RESTART_FIRST_MS;
	while (row-- > 0 && ms < RESTART_LONGEST_MS)
		ms *= 2;
	return ms < RESTART_LONGEST_MS ? ms : RESTART_LONGEST_MS;
}
