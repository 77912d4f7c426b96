/* autostop.h - every interval: which Machine of each app, region and process group may go to sleep (idle.h), and ask the
 * agent for it. In the control thread; reads sites under RCU. */
#ifndef PROXY_AUTOSTOP_H
#define PROXY_AUTOSTOP_H

struct proxy;
struct wakes;

/* One look at every app. min_up_ms: a Machine that came up later than that ago stays. */
void autostop_pass(struct proxy *proxy, struct wakes *wakes, int min_up_ms);

#endif
