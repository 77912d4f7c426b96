/* images.c - see images.h. */
#include "images.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "image.h"

enum { PATIENCE_MS = 60000, FRESH_MS = 2000, OUTPUT_MOST = 4 << 20 };

struct question {
	char *ref;
	images_done *done; /* NULL: nobody wants to know any more */
	void *owner;
	struct image *image;
	struct text error;
	struct question *next;
};

struct list {
	struct question *first;
	struct question **last;
};

struct images {
	struct ev_loop *loop;
	ev_async answered;
	pthread_t thread;
	pthread_mutex_t lock; /* what follows */
	pthread_cond_t changed;
	struct list asked;
	struct list done;
	struct question *current;
	pid_t child; /* of the current question; 0: none */
	bool stopping;

	/* The thread's: what was found last. Machines of one image come one after the other. */
	struct text found;
	char *found_ref;
	char *found_root;
	int64_t found_ms;
};

static void list_init(struct list *list)
{
	*list = (struct list){.last = &list->first};
}

static void list_add(struct list *list, struct question *question)
{
	question->next = NULL;
	*list->last = question;
	list->last = &question->next;
}

static void question_free(struct question *q)
{
	free(q->ref);
	image_free(q->image);
	text_free(&q->error);
	free(q);
}

/* ---------------------------------------------------------------------------------------- podman */

/* Standard output and error of a child. */
struct pipes {
	int read[2];
	int write[2];
};

static int spawn(pid_t *pid, char *const *argv, struct pipes *p)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, p->write[0], 1);
	posix_spawn_file_actions_adddup2(&actions, p->write[1], 2);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	int rc = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return rc;
}

static int open_pipes(struct pipes *p)
{
	int out[2], err[2];
	if (pipe2(out, O_CLOEXEC) < 0)
		return -1;
	if (pipe2(err, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return -1;
	}
	*p = (struct pipes){.read = {out[0], err[0]}, .write = {out[1], err[1]}};
	return 0;
}

/* Everything both streams say, until they end. false: that took too long, or was too much. */
static bool listen_to(const int fds[2], struct text *out, struct text *err)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;
	struct pollfd wait[2] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
	struct text *texts[2] = {out, err};
	while (wait[0].fd >= 0 || wait[1].fd >= 0) {
		int64_t left = until - clock_mono_ms();
		if (left <= 0 || out->len + err->len > OUTPUT_MOST)
			return false;
		if (poll(wait, 2, (int)left) < 0 && errno != EINTR)
			return false;
		for (int i = 0; i < 2; i++) {
			char bytes[4096];
			if (!wait[i].revents)
				continue;
			ssize_t got = read(wait[i].fd, bytes, sizeof bytes);
			if (got > 0)
				text_add(texts[i], bytes, (size_t)got);
			else if (got == 0 || errno != EINTR)
				wait[i].fd = -1;
		}
	}
	return true;
}

static void set_child(struct images *m, pid_t pid)
{
	pthread_mutex_lock(&m->lock);
	m->child = pid;
	if (m->stopping && pid)
		kill(-pid, SIGKILL);
	pthread_mutex_unlock(&m->lock);
}

/* Its standard output; -1: why has its last line of standard error, or that it could not be run. */
static int ask(struct images *m, char *const *argv, struct text *out, struct text *why)
{
	struct pipes p;
	struct text err = {0};
	pid_t pid;
	siginfo_t info = {0};
	if (open_pipes(&p) < 0) {
		text_format(why, "no pipe for %s: %s", argv[0], strerror(errno));
		return -1;
	}
	int error = spawn(&pid, argv, &p);
	close(p.write[0]);
	close(p.write[1]);
	bool in_time = false;
	if (error == 0) {
		set_child(m, pid);
		in_time = listen_to(p.read, out, &err);
		if (!in_time)
			kill(-pid, SIGKILL);
		/* Waited for and kept, so that nobody else can have its number while it may be killed. */
		while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
			continue;
		set_child(m, 0);
		waitpid(pid, NULL, 0);
	}
	close(p.read[0]);
	close(p.read[1]);
	bool good = error == 0 && in_time && info.si_code == CLD_EXITED && info.si_status == 0;
	while (err.len > 0 && err.at[err.len - 1] == '\n')
		err.at[--err.len] = '\0';
	const char *last = err.at ? strrchr(err.at, '\n') : NULL;
	if (error)
		text_format(why, "%s cannot be run on this host (%s): images need it (apt-get install podman crun)",
		            argv[0], strerror(error));
	else if (!in_time)
		text_format(why, "%s did not answer within %d s", argv[0], PATIENCE_MS / 1000);
	else if (!good)
		text_format(why, "%.300s", last ? last + 1 : text_string(&err));
	text_free(&err);
	return good ? 0 : -1;
}

static int look(struct images *m, const char *ref, struct text *why)
{
	char *const inspect[] = {"podman", "image", "inspect", "--", (char *)ref, NULL};
	struct text root = {0}, said = {0};
	text_clear(&m->found);
	if (ask(m, inspect, &m->found, &said) < 0) {
		text_format(why, "the image %s is not to be had on this host: podman pull %s, or build it there (%s)",
		            ref, ref, text_string(&said));
		text_free(&said);
		return -1;
	}
	struct image *image = image_parse(ref, text_string(&m->found), why);
	int rc = -1;
	if (image) {
		char *const mount[] = {"podman", "image", "mount", image->id, NULL};
		rc = ask(m, mount, &root, &said);
		if (rc < 0)
			text_format(why, "the image %s cannot be mounted: %s", ref, text_string(&said));
	}
	if (rc == 0) {
		m->found_ref = mem_text(ref);
		m->found_root = mem_text(text_string(&root));
		m->found_root[strcspn(m->found_root, "\n")] = '\0';
		m->found_ms = clock_mono_ms();
	}
	image_free(image);
	text_free(&root);
	text_free(&said);
	return rc;
}

static void forget_found(struct images *m)
{
	free(m->found_ref);
	free(m->found_root);
	m->found_ref = m->found_root = NULL;
}

static struct image *find(struct images *m, const char *ref, struct text *why)
{
	bool fresh = m->found_ref && strcmp(m->found_ref, ref) == 0 && clock_mono_ms() - m->found_ms < FRESH_MS;
	if (!fresh) {
		forget_found(m);
		if (look(m, ref, why) < 0)
			return NULL;
	}
	struct image *image = image_parse(ref, text_string(&m->found), why);
	if (!image)
		return NULL;
	image->root = mem_text(m->found_root);
	if (image_find_user(image, why) == 0)
		return image;
	image_free(image);
	return NULL;
}

/* ---------------------------------------------------------------------------------------- the thread */

static void *run(void *arg)
{
	struct images *m = arg;
	pthread_mutex_lock(&m->lock);
	while (!m->stopping) {
		struct question *q = m->asked.first;
		if (!q) {
			pthread_cond_wait(&m->changed, &m->lock);
			continue;
		}
		m->asked.first = q->next;
		if (!q->next)
			m->asked.last = &m->asked.first;
		m->current = q;
		pthread_mutex_unlock(&m->lock);
		q->image = find(m, q->ref, &q->error);
		pthread_mutex_lock(&m->lock);
		m->current = NULL;
		list_add(&m->done, q);
		ev_async_send(m->loop, &m->answered);
	}
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

static void on_answered(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct images *m = watcher->data;
	(void)loop, (void)events;
	for (;;) {
		pthread_mutex_lock(&m->lock);
		struct question *q = m->done.first;
		if (q && !(m->done.first = q->next))
			m->done.last = &m->done.first;
		pthread_mutex_unlock(&m->lock);
		if (!q)
			return;
		struct image *image = q->image;
		if (q->done) {
			q->image = NULL;
			q->done(q->owner, image, image ? NULL : text_string(&q->error));
		}
		question_free(q);
	}
}

struct images *images_start(struct ev_loop *loop)
{
	struct images *m = mem_new(sizeof *m);
	m->loop = loop;
	list_init(&m->asked);
	list_init(&m->done);
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->changed, NULL);
	ev_async_init(&m->answered, on_answered);
	m->answered.data = m;
	ev_async_start(loop, &m->answered);
	if (pthread_create(&m->thread, NULL, run, m) != 0)
		abort();
	return m;
}

void images_stop(struct images *images)
{
	if (!images)
		return;
	pthread_mutex_lock(&images->lock);
	images->stopping = true;
	if (images->child)
		kill(-images->child, SIGKILL);
	pthread_cond_broadcast(&images->changed);
	pthread_mutex_unlock(&images->lock);
	pthread_join(images->thread, NULL);
	ev_async_stop(images->loop, &images->answered);
	struct question *rests[] = {images->asked.first, images->done.first};
	for (int i = 0; i < 2; i++)
		for (struct question *q = rests[i], *next; q; q = next) {
			next = q->next;
			question_free(q);
		}
	forget_found(images);
	text_free(&images->found);
	pthread_cond_destroy(&images->changed);
	pthread_mutex_destroy(&images->lock);
	free(images);
}

void images_find(struct images *images, const char *ref, images_done *done, void *owner)
{
	struct question *q = mem_new(sizeof *q);
	q->ref = mem_text(ref);
	q->done = done;
	q->owner = owner;
	pthread_mutex_lock(&images->lock);
	list_add(&images->asked, q);
	pthread_cond_broadcast(&images->changed);
	pthread_mutex_unlock(&images->lock);
}

void images_forget(struct images *images, const void *owner)
{
	pthread_mutex_lock(&images->lock);
	struct question *lists[] = {images->asked.first, images->done.first, images->current};
	for (int i = 0; i < 3; i++)
		for (struct question *q = lists[i]; q; q = i == 2 ? NULL : q->next)
			if (q->owner == owner)
				q->done = NULL;
	pthread_mutex_unlock(&images->lock);
}
