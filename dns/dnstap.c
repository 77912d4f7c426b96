/* dnstap.c - see dnstap.h. */
#include "dnstap.h"

#include <errno.h>
#include <fstrm.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "dnstap.pb-c.h"
#include "tap.h"

enum { PAUSE_MS = 10, RETRY_MS = 1000, STOP_SECONDS = 2 };
static const char content_type[] = "protobuf:dnstap.Dnstap";

struct dnstap {
	const char *place;
	const char *identity;
	struct taps *taps;
	struct fstrm_writer *writer; /* open, or NULL */
	int64_t retry_ms;            /* when to open it again */
	bool complained;
	uint64_t frames, lost; /* atomic */
	pthread_t thread;
	bool runs;
	int stop; /* eventfd */
	uint8_t frame[2 * WIRE_MESSAGE_MAX + 1024];
};

/* ------------------------------------------------------------------------------------------------ where it goes */

static struct fstrm_writer *socket_writer(const char *path, const struct fstrm_writer_options *options)
{
	struct fstrm_unix_writer_options *at = fstrm_unix_writer_options_init();
	fstrm_unix_writer_options_set_socket_path(at, path);
	struct fstrm_writer *writer = fstrm_unix_writer_init(at, options);
	fstrm_unix_writer_options_destroy(&at);
	return writer;
}

/* Another process may still write the one there is: it keeps it. */
static struct fstrm_writer *file_writer(const char *path, const struct fstrm_writer_options *options)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return NULL;
	struct fstrm_file_options *at = fstrm_file_options_init();
	fstrm_file_options_set_file_path(at, path);
	struct fstrm_writer *writer = fstrm_file_writer_init(at, options);
	fstrm_file_options_destroy(&at);
	return writer;
}

static const char *socket_path(const char *place)
{
	return strncmp(place, "unix:", 5) == 0 ? place + 5 : NULL;
}

/* -1 with errno, which may be 0: what listens there speaks something else. */
static int open_writer(struct dnstap *d)
{
	struct fstrm_writer_options *options = fstrm_writer_options_init();
	const char *path = socket_path(d->place);
	fstrm_writer_options_add_content_type(options, content_type, sizeof content_type - 1);
	errno = 0;
	d->writer = path ? socket_writer(path, options) : file_writer(d->place, options);
	fstrm_writer_options_destroy(&options);
	if (d->writer && fstrm_writer_open(d->writer) == fstrm_res_success)
		return 0;
	int why = errno;
	if (d->writer)
		fstrm_writer_destroy(&d->writer);
	d->writer = NULL;
	errno = why;
	return -1;
}

static const char *reason(int why)
{
	return why ? strerror(why) : "who listens there does not speak dnstap";
}

/* Is there somebody to write to? Logs when that changes. */
static bool is_open(struct dnstap *d)
{
	if (d->writer)
		return true;
	if (!socket_path(d->place) || clock_mono_ms() < d->retry_ms)
		return false;
	if (open_writer(d) == 0) {
		log_info("dnstap connected place=%s", d->place);
		d->complained = false;
		return true;
	}
	if (!d->complained)
		log_warn("dnstap not connected place=%s: %s; tried again every second, questions are answered anyway",
		         d->place, reason(errno));
	d->complained = true;
	d->retry_ms = clock_mono_ms() + RETRY_MS;
	return false;
}

static void count(uint64_t *counter)
{
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

static void write_frame(struct dnstap *d, size_t len)
{
	if (!is_open(d)) {
		count(&d->lost);
		return;
	}
	if (fstrm_writer_write(d->writer, d->frame, len) == fstrm_res_success) {
		count(&d->frames);
		return;
	}
	log_warn("dnstap ended place=%s: what was written there could not be", d->place);
	fstrm_writer_destroy(&d->writer);
	d->writer = NULL;
	d->complained = true;
	d->retry_ms = clock_mono_ms() + RETRY_MS;
	count(&d->lost);
}

/* ------------------------------------------------------------------------------------------------ what is said */

/* An IPv4 client's address as its own. */
static ProtobufCBinaryData address_of(const struct in6_addr *ip, bool v4)
{
	uint8_t *bytes = (uint8_t *)(uintptr_t)ip->s6_addr;
	return (ProtobufCBinaryData){v4 ? 4 : 16, bytes + (v4 ? 12 : 0)};
}

static ProtobufCBinaryData data_of(const char *at, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)at};
}

static Dnstap__SocketProtocol protocol_of(enum responder_transport transport)
{
	static const Dnstap__SocketProtocol protocols[RESPONDER_TRANSPORTS] = {
	    [RESPONDER_UDP] = DNSTAP__SOCKET_PROTOCOL__UDP,
	    [RESPONDER_TCP] = DNSTAP__SOCKET_PROTOCOL__TCP,
	    [RESPONDER_TLS] = DNSTAP__SOCKET_PROTOCOL__DOT};
	return protocols[transport];
}

static void tell(struct dnstap *d, Dnstap__Message *message)
{
	Dnstap__Dnstap whole = DNSTAP__DNSTAP__INIT;
	whole.has_identity = d->identity[0] != '\0';
	whole.identity = data_of(d->identity, strlen(d->identity));
	whole.has_version = true;
	whole.version = data_of("flycast-dns " FLYCAST_VERSION, sizeof "flycast-dns " FLYCAST_VERSION - 1);
	whole.type = DNSTAP__DNSTAP__TYPE__MESSAGE;
	whole.message = message;
	if (dnstap__dnstap__get_packed_size(&whole) <= sizeof d->frame)
		write_frame(d, dnstap__dnstap__pack(&whole, d->frame));
}

/* A question is one message, its answer another. */
static void tell_event(struct dnstap *d, const struct tap_event *event)
{
	Dnstap__Message m = DNSTAP__MESSAGE__INIT;
	const struct responder_client *c = &event->client;
	bool v4 = IN6_IS_ADDR_V4MAPPED(&c->source);
	m.type = DNSTAP__MESSAGE__TYPE__AUTH_QUERY;
	m.has_socket_family = m.has_socket_protocol = true;
	m.socket_family = v4 ? DNSTAP__SOCKET_FAMILY__INET : DNSTAP__SOCKET_FAMILY__INET6;
	m.socket_protocol = protocol_of(c->transport);
	m.has_query_address = m.has_query_port = true;
	m.query_address = address_of(&c->source, v4);
	m.query_port = c->port;
	m.has_response_address = !IN6_IS_ADDR_UNSPECIFIED(&c->destination);
	m.response_address = address_of(&c->destination, v4);
	m.has_query_time_sec = m.has_query_time_nsec = true;
	m.query_time_sec = (uint64_t)(event->at_ns / 1000000000);
	m.query_time_nsec = (uint32_t)(event->at_ns % 1000000000);
	m.has_query_message = true;
	m.query_message = data_of(event->question.at, event->question.len);
	tell(d, &m);
	if (event->answer.len == 0)
		return;
	m.type = DNSTAP__MESSAGE__TYPE__AUTH_RESPONSE;
	m.has_query_message = false;
	m.has_response_time_sec = m.has_response_time_nsec = true;
	m.response_time_sec = m.query_time_sec;
	m.response_time_nsec = m.query_time_nsec;
	m.has_response_message = true;
	m.response_message = data_of(event->answer.at, event->answer.len);
	tell(d, &m);
}

/* ------------------------------------------------------------------------------------------------ the thread */

static void empty_rings(struct dnstap *d)
{
	struct tap_event event;
	for (size_t i = 0; i < d->taps->count; i++)
		while (tap_take(d->taps->all[i], &event))
			tell_event(d, &event);
}

static void *run(void *owner)
{
	struct dnstap *d = owner;
	struct pollfd end = {.fd = d->stop, .events = POLLIN};
	pthread_setname_np(pthread_self(), "dnstap");
	do {
		is_open(d);
		empty_rings(d);
	} while (poll(&end, 1, PAUSE_MS) == 0);
	empty_rings(d);
	return NULL;
}

struct dnstap *dnstap_open(const char *place, const char *identity, size_t threads, struct text *why)
{
	const char *path = socket_path(place);
	struct dnstap *d = mem_new(sizeof *d);
	d->place = place;
	d->identity = identity;
	d->stop = eventfd(0, EFD_CLOEXEC);
	if (path && strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
		errno = ENAMETOOLONG;
	else if (d->stop >= 0 && (path || open_writer(d) == 0)) {
		d->taps = taps_new(threads);
		return d;
	}
	text_put(why, reason(errno));
	if (d->stop >= 0)
		close(d->stop);
	free(d);
	return NULL;
}

struct taps *dnstap_taps(struct dnstap *dnstap)
{
	return dnstap ? dnstap->taps : NULL;
}

int dnstap_start(struct dnstap *dnstap)
{
	sigset_t all, old;
	if (!dnstap)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the main thread's */
	errno = pthread_create(&dnstap->thread, NULL, run, dnstap);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	dnstap->runs = errno == 0;
	return dnstap->runs ? 0 : -1;
}

struct dnstap_stats dnstap_stats(const struct dnstap *dnstap)
{
	struct dnstap_stats stats = {0};
	if (!dnstap)
		return stats;
	stats.frames = __atomic_load_n(&dnstap->frames, __ATOMIC_RELAXED);
	stats.lost = __atomic_load_n(&dnstap->lost, __ATOMIC_RELAXED);
	for (size_t i = 0; i < dnstap->taps->count; i++)
		stats.dropped += tap_dropped(dnstap->taps->all[i]);
	return stats;
}

static bool has_ended(struct dnstap *d)
{
	struct timespec most;
	eventfd_write(d->stop, 1);
	clock_gettime(CLOCK_REALTIME, &most);
	most.tv_sec += STOP_SECONDS;
	return pthread_timedjoin_np(d->thread, NULL, &most) == 0;
}

void dnstap_stop(struct dnstap *dnstap)
{
	if (!dnstap)
		return;
	if (dnstap->runs && !has_ended(dnstap)) {
		log_warn("dnstap left place=%s: nobody reads there, what was not written is lost", dnstap->place);
		return;
	}
	if (dnstap->writer) {
		fstrm_writer_close(dnstap->writer);
		fstrm_writer_destroy(&dnstap->writer);
	}
	taps_free(dnstap->taps);
	close(dnstap->stop);
	free(dnstap);
}
