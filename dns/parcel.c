/* parcel.c - see parcel.h. */
#include "parcel.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "stream.h"

enum parcel_state { PARCEL_OWED, PARCEL_SENT, PARCEL_LET_GO };

struct parcel {
	struct stream stream; /* first: a stream is its parcel */
	int state;            /* atomic, enum parcel_state */
	bool told;            /* the receiver's */
	size_t len;
	uint8_t *message;
};

static void parcel_free(struct parcel *p)
{
	close(p->stream.wake);
	free(p->message);
	free(p);
}

static size_t next(struct stream *stream, uint8_t *out, size_t room)
{
	struct parcel *p = (struct parcel *)(void *)stream;
	if (__atomic_load_n(&p->state, __ATOMIC_ACQUIRE) == PARCEL_OWED)
		return STREAM_LATER;
	if (p->told || p->len == 0 || p->len > room)
		return 0;
	p->told = true;
	memcpy(out, p->message, p->len);
	return p->len;
}

static void let_go(struct stream *stream)
{
	struct parcel *p = (struct parcel *)(void *)stream;
	if (__atomic_exchange_n(&p->state, PARCEL_LET_GO, __ATOMIC_ACQ_REL) == PARCEL_SENT)
		parcel_free(p);
}

struct parcel *parcel_new(void)
{
	int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake < 0)
		return NULL;
	struct parcel *p = mem_new(sizeof *p);
	p->stream = (struct stream){.next = next, .free = let_go, .wake = wake};
	return p;
}

struct stream *parcel_stream(struct parcel *parcel)
{
	return &parcel->stream;
}

void parcel_send(struct parcel *parcel, const uint8_t *message, size_t len)
{
	const uint64_t one = 1;
	parcel->message = len ? mem_copy(message, len) : NULL;
	parcel->len = len;
	/* Before the state: from then on the receiver may free all of it. It looks again until it sees the state. */
	(void)!write(parcel->stream.wake, &one, sizeof one);
	if (__atomic_exchange_n(&parcel->state, PARCEL_SENT, __ATOMIC_ACQ_REL) == PARCEL_LET_GO)
		parcel_free(parcel);
}
