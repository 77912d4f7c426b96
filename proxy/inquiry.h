/* inquiry.h - questions asked over the control socket, in HTTP so that curl can ask them too:
 *
 *   GET /status             status.h
 *   GET /status?app=NAME    the same with that app only
 *   GET /metrics            metrics.h
 *
 * Each is answered by a thread of its own: what is long keeps neither the main thread nor anybody's request waiting. */
#ifndef PROXY_INQUIRY_H
#define PROXY_INQUIRY_H

struct inquiries;
struct proxy;

struct inquiries *inquiries_new(const struct proxy *proxy);
/* Answers whoever is on the socket, and closes it in the end. */
void inquiries_take(struct inquiries *inquiries, int fd);
void inquiries_free(struct inquiries *inquiries); /* cuts and waits for those that go on; NULL is fine */

#endif
