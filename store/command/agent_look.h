/* agent_look.h - is there an agent that carries out what is asked? Owns nothing. */
#ifndef COMMAND_AGENT_LOOK_H
#define COMMAND_AGENT_LOOK_H

struct registry;

enum agent_look { AGENT_RUNS, AGENT_ABSENT, AGENT_UNKNOWN /* the host is another computer */ };

/* host: a Machine's. Looks for the agent's socket beside the registry. */
enum agent_look agent_look(struct registry *registry, const char *host);

#endif
