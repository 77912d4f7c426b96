/* rcu.h - publish immutable objects to threads that read without a lock (liburcu, QSBR flavour).
 *
 * A reading thread registers, reads pointers with rcu_get(), and announces now and then that it holds none of them
 * (rcu_quiescent, or offline while it sleeps). The one writing thread publishes with rcu_set() and hands what it
 * replaced to a struct reclaim, which frees it once every reader has been quiescent.
 *
 * budget: eleven small functions, because a reader, a loop and a writer are the three sides of one protocol. */
#ifndef BASE_RCU_H
#define BASE_RCU_H

#include <stddef.h>

/* Acquire and release on the pointer itself, so that race checkers see the publication. */
#define rcu_get(pointer) __atomic_load_n(&(pointer), __ATOMIC_ACQUIRE)
#define rcu_set(pointer, value) __atomic_store_n(&(pointer), (value), __ATOMIC_RELEASE)

void rcu_register(void); /* once per reading thread, before its first rcu_get */
void rcu_unregister(void);
void rcu_quiescent(void); /* "I hold no pointer now" */
void rcu_offline(void);   /* before sleeping: nobody waits for me */
void rcu_online(void);    /* after */
void rcu_wait(void);      /* until every reader was quiescent once */

struct ev_loop;
struct rcu_loop;
/* Registers the calling thread and keeps it offline whenever its loop sleeps. One per loop; NULL is never returned. */
struct rcu_loop *rcu_loop_start(struct ev_loop *loop);
void rcu_loop_stop(struct rcu_loop *attached); /* in the loop's thread; NULL is fine */

/* What a writer has replaced and nobody may free yet. Zero-initialise; used by one thread. */
struct reclaim {
	struct reclaim_item {
		void (*free_it)(void *object);
		void *object;
	} * items;
	size_t count;
	size_t room;
};
void reclaim_later(struct reclaim *reclaim, void (*free_it)(void *object), void *object);
void reclaim_run(struct reclaim *reclaim);  /* waits for the readers, then frees; does not wait when empty */
void reclaim_free(struct reclaim *reclaim); /* runs, then gives the list back */

#endif
