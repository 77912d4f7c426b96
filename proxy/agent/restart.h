/* restart.h - whether a Machine that ended by itself is started again, and how long to wait first. Pure. */
#ifndef AGENT_RESTART_H
#define AGENT_RESTART_H

#include <stdbool.h>
#include <stdint.h>

enum restart_policy { RESTART_NO, RESTART_ALWAYS, RESTART_ON_FAILURE };

struct restart_rule {
	enum restart_policy policy;
	uint32_t max_retries; /* in a row; counts for on-failure only, as on Fly */
};

enum { RESTART_FIRST_MS = 100, RESTART_LONGEST_MS = 30000, RESTART_STEADY_MS = 10000 };

/* false: not a policy's name */
bool restart_policy_parse(enum restart_policy *out, const char *name);
/* Restarts in a row before this exit: a run that held for RESTART_STEADY_MS starts a new row. */
uint32_t restart_row(uint32_t before, int64_t ran_ms);
bool restart_wanted(const struct restart_rule *rule, int exit_code, uint32_t row);
/* Doubles from RESTART_FIRST_MS to RESTART_LONGEST_MS. */
int64_t restart_pause_ms(uint32_t row);

#endif
