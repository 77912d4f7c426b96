/* sounder.h - asks the proxies of other hosts all the time how far away they are, and answers theirs: one UDP packet there and
 * one back, between the addresses that the registry has for the hosts (column probe).
 *
 * Without such an address of this host's own it is silent. It asks hosts of the registry only and answers hosts of the
 * registry only, with a packet of the same size, at most so many in a second: nobody can use it against others. An answer
 * counts when it comes from the address that was asked and has the number that was made up for it, so nobody else can say
 * that a host is near; a host that lies can only seem farther than it is. One that does not answer is as far as the map
 * says. What the regions come to goes to far.h and, in coarse steps and seldom, through the agent to the registry.
 *
 * Belongs to the control thread, except for sounder_hosts(). */
#ifndef PROXY_SOUNDER_H
#define PROXY_SOUNDER_H

struct catalog;
struct ev_loop;
struct proxy;
struct sounder;
struct text;

enum { SOUNDER_HOSTS = 1024 }; /* more are not asked */

/* interval: seconds between two questions to one host; 0: NULL, nobody asks or answers. */
struct sounder *sounder_start(struct proxy *proxy, struct ev_loop *loop, double interval);
void sounder_stop(struct sounder *sounder); /* NULL is fine; the feeder has ended */
/* Another proxy has taken this one's place: answers and asks no more. */
void sounder_rest(struct sounder *sounder);
/* Who there is now, and which of them is this host ("": none). The feeder thread. */
void sounder_hosts(struct sounder *sounder, const struct catalog *catalog, const char *own);
void sounder_metrics(struct text *out, const struct sounder *sounder); /* NULL is fine */

#endif
