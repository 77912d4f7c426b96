/* app_names.c - see app_names.h. */
#include "app_names.h"

#include <stdlib.h>

#include "base/addr.h"
#include "base/mem.h"
#include "service_names.h"

enum {
	NOT_STARTED = UINT32_MAX,
	RECORDS_MOST = UINT16_MAX, /* far more than a message holds */
};

/* One Machine under one name. Sorted by name, the Machines of a name stand together. */
struct entry {
	uint32_t name; /* offset in names */
	uint32_t len;
	uint32_t record; /* index among the started Machines, or NOT_STARTED */
};

struct making {
	struct node_maker *maker;
	struct encoder *encoder;
	const struct catalog_app *app;
	struct text names;
	struct entry *entries;
	size_t count;
	size_t room;
	const struct catalog_machine **started;
	uint32_t started_count;
	bool any_machine;
	bool any_metadata;
};

bool app_names_answers(const struct catalog_machine *machine)
{
	return machine->state == MACHINE_STARTED && !machine->skip_dns;
}

static struct answer all_started(const struct making *m)
{
	return (struct answer){
	    .len = m->started_count * WIRE_AAAA, .count = (uint16_t)m->started_count, .type = TYPE_AAAA};
}

static const struct answer nothing = {.type = TYPE_NONE};

/* The room a relative name has: the app's label, "internal" and the root come after it. */
static size_t relative_most(const struct making *m)
{
	return NAME_WIRE - (strlen(m->app->name) + 1) - sizeof "internal" - 1;
}

/* Enters the name at names[from..] for a Machine; takes it back when it is too long to be asked for. */
static void enter(struct making *m, size_t from, uint32_t record)
{
	size_t len = m->names.len - from;
	if (len > relative_most(m)) {
		m->names.len = from;
		return;
	}
	if (m->count == m->room) {
		m->room = m->room ? m->room * 2 : 64;
		m->entries = mem_resize(m->entries, m->room * sizeof *m->entries);
	}
	m->entries[m->count++] = (struct entry){(uint32_t)from, (uint32_t)len, record};
}

static void enter_metadata(struct making *m, const struct catalog_pair *pair, uint32_t record)
{
	size_t from = m->names.len;
	if (!name_add_label(&m->names, bytes_of(pair->value)) || !name_add_label(&m->names, bytes_of(pair->key)) ||
	    m->names.len - from + sizeof "\2kv\11_metadata" - 1 > relative_most(m)) {
		m->names.len = from; /* no question can name it */
		return;
	}
	text_put(&m->names, "\2kv\11_metadata");
	enter(m, from, record);
	from = m->names.len;
	name_add_label(&m->names, bytes_of(pair->key));
	text_put(&m->names, "\2kv\11_metadata");
	enter(m, from, record); /* any value */
	m->any_metadata = true;
}

static void enter_machine(struct making *m, const struct catalog_machine *machine, uint32_t record)
{
	size_t from = m->names.len;
	name_add_label(&m->names, bytes_of(machine->region));
	enter(m, from, record);

	from = m->names.len;
	name_add_label(&m->names, bytes_of(machine->group));
	text_put(&m->names, "\7process");
	enter(m, from, record);

	from = m->names.len;
	name_add_label(&m->names, bytes_of(machine->id));
	text_put(&m->names, "\2vm");
	enter(m, from, record);

	for (uint32_t i = 0; i < machine->metadata_count; i++)
		enter_metadata(m, &machine->metadata[i], record);
}

static int compare_entries(const void *left, const void *right, void *names)
{
	const struct entry *a = left, *b = right;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	int order = memcmp((const char *)names + a->name, (const char *)names + b->name, a->len);
	if (order)
		return order;
	return a->record < b->record ? -1 : a->record > b->record;
}

/* The Machines first..last (records ascending) as an answer. Neighbours in the list of all started Machines are a
 * slice of it; only others are copied. */
static struct answer addresses(struct making *m, const struct entry *first, const struct entry *end)
{
	struct text *records = &m->maker->records;
	struct answer a = {.type = TYPE_AAAA};
	while (first < end && end[-1].record == NOT_STARTED)
		end--;
	uint32_t count = (uint32_t)(end - first);
	if (count == 0)
		return a;
	a.count = (uint16_t)count;
	a.len = count * WIRE_AAAA;
	if (end[-1].record - first->record == count - 1) {
		a.at = first->record * WIRE_AAAA;
		return a;
	}
	a.at = (uint32_t)records->len;
	for (; first < end; first++) {
		char record[WIRE_AAAA]; /* a copy, for text_add may move what it points into */
		memcpy(record, records->at + (size_t)first->record * WIRE_AAAA, sizeof record);
		text_add(records, record, sizeof record);
	}
	return a;
}

/* Sorted, and each once: two keys of a Machine's metadata may differ in case only. */
static void sort_entries(struct making *m)
{
	size_t kept = 0;
	if (m->count == 0)
		return;
	qsort_r(m->entries, m->count, sizeof *m->entries, compare_entries, m->names.at);
	for (size_t i = 1; i < m->count; i++)
		if (compare_entries(&m->entries[kept], &m->entries[i], m->names.at) != 0)
			m->entries[++kept] = m->entries[i];
	m->count = kept + 1;
}

static void add_machine_names(struct making *m)
{
	sort_entries(m);
	for (size_t i = 0, next; i < m->count; i = next) {
		const char *name = m->names.at + m->entries[i].name;
		uint32_t len = m->entries[i].len;
		for (next = i + 1; next < m->count && m->entries[next].len == len; next++)
			if (memcmp(m->names.at + m->entries[next].name, name, len) != 0)
				break;
		node_add(m->maker, (struct bytes){name, len}, addresses(m, &m->entries[i], &m->entries[next]));
	}
	if (m->any_machine) {
		node_add(m->maker, BYTES("\2vm"), nothing);
		node_add(m->maker, BYTES("\7process"), nothing);
	}
	if (m->any_metadata) {
		node_add(m->maker, BYTES("\2kv\11_metadata"), nothing);
		node_add(m->maker, BYTES("\11_metadata"), nothing);
	}
}

/* By region, so that the Machines of one stand together, then by id. */
static int compare_started(const void *left, const void *right)
{
	const struct catalog_machine *a = *(const struct catalog_machine *const *)left;
	const struct catalog_machine *b = *(const struct catalog_machine *const *)right;
	int order = strcmp(a->region, b->region);
	return order ? order : strcmp(a->id, b->id);
}

static void add_runs(struct making *m, struct nearness *nearness)
{
	uint32_t count = m->started_count;
	struct node_run run = {0};
	m->maker->has_nearest = true;
	if (count == 0 || strcmp(m->started[0]->region, m->started[count - 1]->region) == 0)
		return;
	for (uint32_t i = 0; i < count; i++) {
		run.count++;
		if (i + 1 < count && strcmp(m->started[i]->region, m->started[i + 1]->region) == 0)
			continue;
		run.region = nearness_number(nearness, m->started[i]->region);
		text_add(&m->maker->runs, (const char *)&run, sizeof run);
		run.count = 0;
	}
}

static void add_text(struct making *m, struct bytes name, const struct text *value)
{
	struct answer a = {.type = TYPE_TXT};
	if (value->len) { /* an empty string would be read as a malformed Machine; nothing at all is understood */
		a.at = (uint32_t)m->maker->records.len;
		encode_txt(m->encoder, &m->maker->records, (struct bytes){value->at, value->len});
		a.len = (uint32_t)m->maker->records.len - a.at;
		a.count = 1;
	}
	node_add(m->maker, name, a);
}

/* "<id> <region>,<id> <region>" */
static void add_vms(struct making *m, struct bytes name, bool all)
{
	struct text value = {0};
	for (uint32_t i = 0; i < m->app->machine_count; i++) {
		const struct catalog_machine *machine = &m->app->machines[i];
		if (machine->skip_dns || !(all || app_names_answers(machine)))
			continue;
		if (value.len + strlen(machine->id) + strlen(machine->region) + 2 > ENCODE_TEXT_MAX)
			break;
		text_put(&value, value.len ? "," : "");
		text_put(&value, machine->id);
		text_put(&value, " ");
		text_put(&value, machine->region);
	}
	add_text(m, name, &value);
	text_free(&value);
}

static int compare_codes(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* "fra,ord": every region once, in the alphabet's order */
static void add_regions(struct making *m, struct bytes name, bool all)
{
	struct text value = {0};
	const char **codes = mem_new_array(m->app->machine_count + 1, sizeof *codes);
	size_t count = 0;
	for (uint32_t i = 0; i < m->app->machine_count; i++) {
		const struct catalog_machine *machine = &m->app->machines[i];
		if (!machine->skip_dns && (all || app_names_answers(machine)))
			codes[count++] = machine->region;
	}
	qsort(codes, count, sizeof *codes, compare_codes);
	for (size_t i = 0; i < count && value.len + sizeof ",abc" <= ENCODE_TEXT_MAX; i++)
		if (i == 0 || strcmp(codes[i - 1], codes[i]) != 0)
			text_format(&value, "%s%s", value.len ? "," : "", codes[i]);
	add_text(m, name, &value);
	text_free(&value);
	free(codes);
}

static void add_fixed_names(struct making *m)
{
	node_add(m->maker, BYTES("\6global"), all_started(m));
	add_vms(m, BYTES("\3vms"), false);
	add_vms(m, BYTES("\3all\3vms"), true);
	add_regions(m, BYTES("\7regions"), false);
	add_regions(m, BYTES("\3all\7regions"), true);
	node_add(m->maker, BYTES("\7nearest\2of"), nothing);
	node_add(m->maker, BYTES("\2of"), nothing);
}

struct node *app_names_internal(struct node_maker *maker, struct encoder *encoder, const struct catalog_app *app,
                                struct nearness *nearness)
{
	struct making m = {.maker = maker, .encoder = encoder, .app = app};
	struct node_key key = {app->network, NODE_INTERNAL, bytes_of(app->name)};
	m.started = mem_new_array(app->machine_count + 1, sizeof(const struct catalog_machine *));
	for (uint32_t i = 0; i < app->machine_count; i++) {
		const struct catalog_machine *machine = &app->machines[i];
		if (machine->skip_dns)
			continue;
		m.any_machine = true;
		if (app_names_answers(machine) && m.started_count < RECORDS_MOST)
			m.started[m.started_count++] = machine;
		else
			enter_machine(&m, machine, NOT_STARTED);
	}
	qsort(m.started, m.started_count, sizeof(const struct catalog_machine *), compare_started);
	for (uint32_t i = 0; i < m.started_count; i++) {
		encode_aaaa(encoder, &maker->records, &m.started[i]->address);
		enter_machine(&m, m.started[i], i);
	}
	maker->own = all_started(&m);
	add_machine_names(&m);
	add_runs(&m, nearness);
	service_names_internal(maker, app, m.started, m.started_count);
	add_fixed_names(&m);
	text_free(&m.names);
	free(m.entries);
	free(m.started);
	return node_build(maker, &key);
}

struct node *app_names_flycast(struct node_maker *maker, struct encoder *encoder, const struct catalog_app *app,
                               const struct catalog_address *address)
{
	struct node_key key = {address->network, NODE_FLYCAST, bytes_of(app->name)};
	encode_aaaa(encoder, &maker->records, &address->ip);
	maker->own = (struct answer){.len = WIRE_AAAA, .count = 1, .type = TYPE_AAAA};
	service_names_flycast(maker, app, address);
	return node_build(maker, &key);
}

bool app_names_instances(struct text *out, const struct catalog_app *app, bool all, size_t most)
{
	char ip[ADDR_TEXT];
	for (uint32_t i = 0; i < app->machine_count; i++) {
		const struct catalog_machine *m = &app->machines[i];
		if (m->skip_dns || !(all || app_names_answers(m)))
			continue;
		size_t before = out->len;
		text_put(out, before ? ";instance=" : "instance=");
		text_put(out, m->id);
		text_put(out, ",app=");
		text_put(out, app->name);
		text_put(out, ",ip=");
		text_put(out, addr_ip_text(ip, &m->address));
		text_put(out, ",region=");
		text_put(out, m->region);
		if (out->len <= most)
			continue;
		out->len = before;
		return false;
	}
	return true;
}
