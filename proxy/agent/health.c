/* health.c - see health.h. */
#include "health.h"

#include <errno.h>
#include <ev.h>
#include <jansson.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "check_tls.h"
#include "http_check.h"
#include "spec.h"
#include "writer.h"

enum { ANSWER_ROOM = 1024, DRAIN_MOST = 1 << 20 };

static const double FIRST_PAUSE = 0.002; /* doubles until the check has passed once, up to ... */
static const double LAST_PAUSE = 0.25;
static const double RETELL_SECONDS = 5; /* a failing check that says something else is written again after that */
static const double START_SECONDS = 60; /* after that nobody waits for a first pass any more */

enum step {
	STEP_REST,
	STEP_PAUSE,
	STEP_CONNECT,
	STEP_SHAKE, /* hands: TLS */
	STEP_ASK,
	STEP_ANSWER,
	STEP_DRAIN /* passed; what else comes is read, so that the app is not reset in the middle of its answer */
};

struct check {
	struct health *health;
	ev_io io;
	ev_timer timer; /* the pause, or the end of the attempt */
	enum step step;
	uint16_t port;
	uint8_t number;
	bool known, passing; /* what was told */
	bool passed;         /* once since the start */
	double interval, timeout, grace, pause;
	double told; /* loop time */
	int64_t since;
	char output[WRITER_OUTPUT];
	char name[48];
	char *server_name; /* NULL: no TLS */
	bool verify;
	struct check_tls *tls;
	struct text request; /* empty: a connection is enough */
	size_t sent, got;
	char answer[ANSWER_ROOM];
};

struct health {
	struct ev_loop *loop;
	struct writer *writer;
	bool told;
	bool running;
	double since; /* loop time of the start */
	char machine[SPEC_ID];
	char app[64];
	struct in_addr ipv4;
	char *text; /* of the checks, as the registry has them; NULL: none */
	struct check *checks;
	size_t count;
};

/* ---------------------------------------------------------------------------------------- one check */

static void hang_up(struct check *c)
{
	if (c->io.fd < 0)
		return;
	ev_io_stop(c->health->loop, &c->io);
	check_tls_free(c->tls);
	c->tls = NULL;
	close(c->io.fd);
	ev_io_set(&c->io, -1, 0);
}

static void set_timer(struct check *c, double seconds)
{
	ev_timer_stop(c->health->loop, &c->timer);
	ev_timer_set(&c->timer, seconds, 0.);
	ev_timer_start(c->health->loop, &c->timer);
}

static void await_io(struct check *c, int events)
{
	ev_io_stop(c->health->loop, &c->io);
	ev_io_set(&c->io, c->io.fd, events);
	ev_io_start(c->health->loop, &c->io);
}

static void write_row(struct check *c, const char *output)
{
	struct health *h = c->health;
	struct writer_check row = {.port = c->port, .number = c->number, .passing = c->passing, .since = c->since};
	memcpy(row.machine, h->machine, sizeof row.machine);
	snprintf(row.output, sizeof row.output, "%s", output);
	memcpy(c->output, row.output, sizeof c->output);
	c->told = ev_now(h->loop);
	h->told = true;
	writer_check(h->writer, &row);
}

static void tell(struct check *c, bool passing, const char *output)
{
	const struct health *h = c->health;
	c->known = true;
	c->passing = passing;
	c->since = clock_wall_ms();
	write_row(c, output);
	if (passing)
		log_info("Health check '%s' on port %u is now passing. machine=%s app=%s", c->name, c->port, h->machine,
		         h->app);
	else
		log_warn("Health check '%s' on port %u has failed. Your app is not responding properly: %s. It gets no "
		         "requests until the check passes. machine=%s app=%s",
		         c->name, c->port, output, h->machine, h->app);
}

static void conclude(struct check *c, bool passing, const char *output)
{
	struct health *h = c->health;
	double age = ev_now(h->loop) - h->since;
	bool counts = passing || c->passed || age >= c->grace;
	if (counts && (!c->known || c->passing != passing))
		tell(c, passing, output);
	else if (!passing && c->known && strcmp(c->output, output) != 0 && ev_now(h->loop) - c->told >= RETELL_SECONDS)
		write_row(c, output);
	c->passed |= passing;
	c->step = passing && c->request.len ? STEP_DRAIN : STEP_PAUSE;
	if (c->step == STEP_PAUSE || c->tls || shutdown(c->io.fd, SHUT_WR) < 0)
		hang_up(c);
	double pause = c->passed || age > START_SECONDS ? c->interval : c->pause;
	c->pause = c->pause * 2 < LAST_PAUSE ? c->pause * 2 : LAST_PAUSE;
	set_timer(c, pause < c->interval ? pause : c->interval);
}

static void fail(struct check *c, int err)
{
	char output[160];
	if (err == ECONNREFUSED)
		snprintf(output, sizeof output, "nobody listens on 0.0.0.0:%u", c->port);
	else
		snprintf(output, sizeof output, "%s", strerrordesc_np(err));
	conclude(c, false, output);
}

/* What an app says of itself ends up in logs and tables. */
static void conclude_http(struct check *c, bool passing, struct bytes line)
{
	char output[160];
	size_t len = line.len < sizeof output - 1 ? line.len : sizeof output - 1;
	for (size_t i = 0; i < len; i++)
		output[i] = line.at[i] >= ' ' && line.at[i] <= '~' ? line.at[i] : '?';
	output[len] = '\0';
	conclude(c, passing, output);
}

/* One piece of it. False: no more is to be read now. */
static bool read_piece(struct check *c)
{
	struct bytes line;
	char *at = c->answer + c->got;
	size_t room = sizeof c->answer - c->got;
	ssize_t got = c->tls ? check_tls_recv(c->tls, at, room) : recv(c->io.fd, at, room, 0);
	if (got < 0) {
		if (errno != EAGAIN && errno != EINTR)
			fail(c, errno);
		return false;
	}
	c->got += (size_t)got;
	switch (http_check_answer(c->answer, c->got, &line)) {
	case HTTP_CHECK_PASSES:
		c->got = 0;
		conclude_http(c, true, line);
		return false;
	case HTTP_CHECK_FAILS:
		conclude_http(c, false, line);
		return false;
	case HTTP_CHECK_NO_HTTP:
		conclude(c, false, "the answer is not HTTP/1.1");
		return false;
	case HTTP_CHECK_MORE:
		break;
	}
	if (got == 0)
		conclude(c, false, "the connection ended before the answer");
	else if (c->got == sizeof c->answer)
		conclude(c, false, "no status line in the first KiB of the answer");
	else
		return true;
	return false;
}

/* What TLS holds already does not make the socket readable. */
static void read_answer(struct check *c)
{
	while (read_piece(c))
		;
}

static void drain(struct check *c)
{
	char scratch[4096];
	ssize_t got = recv(c->io.fd, scratch, sizeof scratch, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0 && (c->got += (size_t)got) < DRAIN_MOST)
		return;
	hang_up(c);
	c->step = STEP_PAUSE;
}

static void send_request(struct check *c)
{
	const char *at = c->request.at + c->sent;
	size_t len = c->request.len - c->sent;
	ssize_t put = c->tls ? check_tls_send(c->tls, at, len) : send(c->io.fd, at, len, MSG_NOSIGNAL);
	if (put < 0 && errno != EAGAIN && errno != EINTR) {
		fail(c, errno);
		return;
	}
	c->sent += put > 0 ? (size_t)put : 0;
	c->step = c->sent < c->request.len ? STEP_ASK : STEP_ANSWER;
	await_io(c, c->step == STEP_ASK ? EV_WRITE : EV_READ);
}

static void shake(struct check *c)
{
	c->step = STEP_SHAKE;
	switch (check_tls_shake(c->tls)) {
	case CHECK_TLS_READ:
		await_io(c, EV_READ);
		break;
	case CHECK_TLS_WRITE:
		await_io(c, EV_WRITE);
		break;
	case CHECK_TLS_DONE:
		send_request(c);
		break;
	case CHECK_TLS_FAILED:
		conclude(c, false, check_tls_why(c->tls));
		break;
	}
}

static void connected(struct check *c)
{
	c->sent = c->got = 0;
	if (c->server_name) {
		c->tls = check_tls_new(c->io.fd, c->server_name, c->verify);
		shake(c);
	} else if (c->request.len)
		send_request(c);
	else
		conclude(c, true, "connected");
}

static void start_attempt(struct check *c)
{
	const struct sockaddr_in name = {
	    .sin_family = AF_INET, .sin_addr = c->health->ipv4, .sin_port = htons(c->port)};
	hang_up(c);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		log_warn("check put off name=%s machine=%s: %s", c->name, c->health->machine, strerror(errno));
		set_timer(c, c->interval);
		return;
	}
	ev_io_set(&c->io, fd, EV_WRITE);
	set_timer(c, c->timeout);
	c->step = STEP_CONNECT;
	if (connect(fd, (const struct sockaddr *)&name, sizeof name) == 0)
		connected(c);
	else if (errno == EINPROGRESS)
		ev_io_start(c->health->loop, &c->io);
	else
		fail(c, errno);
}

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
	struct check *c = io->data;
	int err = 0;
	socklen_t len = sizeof err;
	(void)loop, (void)events;
	switch (c->step) {
	case STEP_CONNECT:
		getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		if (err)
			fail(c, err);
		else
			connected(c);
		break;
	case STEP_SHAKE:
		shake(c);
		break;
	case STEP_ASK:
		send_request(c);
		break;
	case STEP_ANSWER:
		read_answer(c);
		break;
	case STEP_DRAIN:
		drain(c);
		break;
	case STEP_REST:
	case STEP_PAUSE:
		break;
	}
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct check *c = timer->data;
	char output[64];
	(void)loop, (void)events;
	if (c->step == STEP_PAUSE || c->step == STEP_DRAIN) {
		start_attempt(c);
		return;
	}
	snprintf(output, sizeof output, "no %s within %.0f ms", c->step == STEP_CONNECT ? "connection" : "answer",
	         c->timeout * 1000);
	conclude(c, false, output);
}

static void check_rest(struct check *c)
{
	ev_timer_stop(c->health->loop, &c->timer);
	hang_up(c);
	c->step = STEP_REST;
}

/* ---------------------------------------------------------------------------------------- the Machine's */

static bool read_check(struct check *c, const struct spec *spec, json_t *item)
{
	int port, number, http, interval, timeout, grace, https, any;
	const char *name, *method, *path, *headers, *server_name;
	char host[32];
	if (json_unpack(item, "[i,i,s,i,i,i,i,s,s,s,i,s,i]", &port, &number, &name, &http, &interval, &timeout, &grace,
	                &method, &path, &headers, &https, &server_name, &any) < 0 ||
	    port < 1 || port > UINT16_MAX || number < 0 || number > UINT8_MAX || interval < 1 || timeout < 1)
		return false;
	c->port = (uint16_t)port;
	c->number = (uint8_t)number;
	c->interval = interval / 1000.;
	c->timeout = timeout / 1000.;
	c->grace = grace / 1000.;
	snprintf(c->name, sizeof c->name, "%s", name);
	snprintf(host, sizeof host, "%s:%d", spec->ipv4, port);
	c->verify = !any;
	if (http && https)
		c->server_name = mem_text(server_name);
	if (http)
		http_check_request(&c->request, &(struct http_check){method, path, host, headers});
	return true;
}

static void forget_checks(struct health *h)
{
	for (size_t i = 0; i < h->count; i++) {
		check_rest(&h->checks[i]);
		text_free(&h->checks[i].request);
		free(h->checks[i].server_name);
	}
	free(h->checks);
	free(h->text);
	h->checks = NULL;
	h->text = NULL;
	h->count = 0;
}

static void read_checks(struct health *h, const struct spec *spec)
{
	json_t *list = json_loads(spec->checks, 0, NULL);
	size_t count = json_array_size(list);
	h->checks = mem_new_array(count + 1, sizeof *h->checks);
	for (size_t i = 0; i < count; i++) {
		struct check *c = &h->checks[h->count];
		*c = (struct check){.health = h};
		ev_io_init(&c->io, on_io, -1, 0);
		ev_init(&c->timer, on_timer);
		c->io.data = c->timer.data = c;
		if (read_check(c, spec, json_array_get(list, i)))
			h->count++;
		else
			log_warn("check left out machine=%s: its row has a value that cannot be", spec->id);
	}
	json_decref(list);
}

struct health *health_new(struct ev_loop *loop, struct writer *writer, bool told)
{
	struct health *h = mem_new(sizeof *h);
	h->loop = loop;
	h->writer = writer;
	h->told = told;
	return h;
}

void health_free(struct health *health)
{
	if (!health)
		return;
	forget_checks(health);
	free(health);
}

static void begin(struct health *h)
{
	h->since = ev_now(h->loop);
	for (size_t i = 0; i < h->count; i++) {
		struct check *c = &h->checks[i];
		c->pause = FIRST_PAUSE;
		c->step = STEP_PAUSE;
		set_timer(c, 0.);
	}
}

void health_take(struct health *health, const struct spec *spec)
{
	struct in_addr ipv4 = {0};
	inet_pton(AF_INET, spec->ipv4, &ipv4);
	memcpy(health->machine, spec->id, sizeof health->machine);
	snprintf(health->app, sizeof health->app, "%s", spec->app);
	if (health->text && spec->checks && strcmp(health->text, spec->checks) == 0 &&
	    ipv4.s_addr == health->ipv4.s_addr)
		return;
	forget_checks(health);
	health->ipv4 = ipv4;
	health->text = mem_text(spec->checks);
	if (spec->checks)
		read_checks(health, spec);
	if (health->running)
		begin(health);
}

void health_run(struct health *health)
{
	bool first = true;
	if (health->running)
		return;
	health->running = true;
	for (size_t i = 0; i < health->count; i++)
		first &= !health->checks[i].known;
	if (first) {
		begin(health);
		return;
	}
	for (size_t i = 0; i < health->count; i++) {
		health->checks[i].step = STEP_PAUSE;
		set_timer(&health->checks[i], 0.);
	}
}

void health_rest(struct health *health)
{
	health->running = false;
	for (size_t i = 0; i < health->count; i++)
		check_rest(&health->checks[i]);
}

void health_end(struct health *health)
{
	health_rest(health);
	for (size_t i = 0; i < health->count; i++)
		health->checks[i].known = health->checks[i].passing = health->checks[i].passed = false;
	if (health->told)
		writer_uncheck(health->writer, health->machine);
	health->told = false;
}
