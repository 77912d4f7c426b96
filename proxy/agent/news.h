/* news.h - what is told about a Machine: answers to those who wait, its state to proxies, its row and events to the
 * registry. Changes nothing of the Machine but what was told. */
#ifndef AGENT_NEWS_H
#define AGENT_NEWS_H

#include "tenant.h"

/* After every step: tells what is new, those who wait first, the disk last. */
void news_publish(struct tenant *tenant);
void news_answer(struct tenant *tenant, const struct asker *asker, enum lifecycle_verdict verdict);
/* type: launch start stop suspend resume exit restart; a literal. */
void news_event(const struct tenant *tenant, const char *type, const char *info);

#endif
