/* pour.c - see pour.h. */
#include "pour.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

enum { PIPE_SIZE = 262144, SPARE_MOST = 16 };

static void pour_free(struct pours *pours, struct pour *pour)
{
	close(pour->in);
	close(pour->out);
	free(pour);
	pours->count--;
}

struct pour *pour_take(struct pours *pours)
{
	struct pour *pour = pours->spare;
	int ends[2];
	if (pour) {
		pours->spare = pour->next;
		return pour;
	}
	if (pours->count == POUR_MOST || pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
		return NULL;
	(void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE); /* refused beyond the user's share: then it is smaller */
	pour = mem_new(sizeof *pour);
	pour->out = ends[0];
	pour->in = ends[1];
	pours->count++;
	return pour;
}

static unsigned spares(const struct pours *pours)
{
	unsigned count = 0;
	for (const struct pour *p = pours->spare; p; p = p->next)
		count++;
	return count;
}

void pour_give(struct pours *pours, struct pour *pour)
{
	if (!pour)
		return;
	if (pour->held || spares(pours) >= SPARE_MOST) {
		pour_free(pours, pour);
		return;
	}
	pour->next = pours->spare;
	pours->spare = pour;
}

void pours_free(struct pours *pours)
{
	while (pours->spare) {
		struct pour *next = pours->spare->next;
		pour_free(pours, pours->spare);
		pours->spare = next;
	}
}

enum io_result pour_fill(struct pour *pour, int from)
{
	ssize_t n = splice(from, NULL, pour->in, NULL, PIPE_SIZE, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? IO_AGAIN : IO_FAILED;
	pour->held += (size_t)n;
	return n > 0 ? IO_DONE : IO_END;
}

enum io_result pour_empty(struct pour *pour, int to)
{
	while (pour->held) {
		ssize_t n = splice(pour->out, NULL, to, NULL, pour->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? IO_AGAIN : IO_FAILED;
		pour->held -= (size_t)n;
	}
	return IO_DONE;
}
