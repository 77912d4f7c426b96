/* environment.h - what a Machine's command finds in its environment: the variables of its row, and above them the secrets
 * of its app. Secrets are opened for the moment of a start; nothing keeps them. */
#ifndef AGENT_ENVIRONMENT_H
#define AGENT_ENVIRONMENT_H

struct spec;
struct text;

struct environment {
	char **items;   /* NULL-terminated KEY=VALUE; without secrets they are the spec's own */
	char **secrets; /* those of them that are ours; NULL: none */
};

/* 0; or -1 with a sentence appended to why: there are secrets and they cannot be opened. Valid as long as the spec. */
int environment_open(struct environment *out, const struct spec *spec, const char *registry, struct text *why);
void environment_close(struct environment *environment);

#endif
