/* edits.c - see edits.h. */
#include "edits.h"

#include <stddef.h>

const char *const edits_first[] = {
    "INSERT INTO organization (slug, name) VALUES ('o1', 'One'), ('o2', 'Two')",
    "INSERT INTO networks (org, name) VALUES ('o1', 'default'), ('o1', 'blue'), ('o2', 'default')",
    "INSERT INTO hosts (name, region) VALUES ('h1', 'fra'), ('h2', 'nrt')",
    "INSERT INTO app (name, org, network) SELECT 'a' || id, org, id FROM network WHERE org IN ('o1', 'o2')",
    NULL,
};

/* Values come from small sets, so that edits meet; every so often an odd one, for which no column is made. */
#define SET(name, ...) static const char *const name[] = {__VA_ARGS__, NULL}
SET(odd, "NULL", "''", "'Bad Name'", "'x' || char(0) || 'y'", "CAST(x'ff' AS TEXT)", "x'00'", "1.5", "-1", "0", "70000",
    "9223372036854775807", "'-a'", "printf('%.300c', 'l')", "'all'", "'{'", "1e300", "'0'", "'\xc3\xa9'",
    "replace(hex(zeroblob(50000)), '0', 'a')");
SET(orgs, "'o1'", "'o2'", "'o3'");
SET(network_names, "'default'", "'blue'", "'red'");
SET(network_ids, "1", "2", "3", "4", "(SELECT max(id) FROM network)",
    "(SELECT value + 1 FROM counter WHERE kind = 'network')");
SET(apps, "'a1'", "'a2'", "'a3'", "'a4'", "'a5'", "'a6'");
SET(hosts, "'h1'", "'h2'", "'h3'");
SET(host_numbers, "65537", "65538", "(SELECT max(number) + 1 FROM host)");
SET(probes, "'192.0.2.1:7946'", "'[2001:db8::1]:7946'", "'[::]:0'", "'x:1'", "NULL");
SET(regions, "'fra'", "'nrt'", "'ams'", "'xyz'");
SET(machines, "'00000000000001'", "'00000000000002'", "'00000000000003'", "'00000000000004'");
SET(numbers, "2", "3", "4", "(SELECT max(value) + 1 FROM counter WHERE kind = 'address')");
SET(slots, "1", "2", "(SELECT coalesce(max(value), 0) + 1 FROM counter WHERE kind = 'slot')", "1048001");
SET(labels, "'one'", "'two'", "'three'");
SET(groups, "'app'", "'web'");
SET(commands, "'[\"/srv/httpd\", \"--port\", \"8080\"]'", "'[\"x\"]'", "'[\"x\", \"y\"]'", "'[\"\"]'");
SET(states, "'created'", "'started'", "'stopped'", "'suspended'");
SET(ports, "80", "443", "8080", "8081");
SET(protocols, "'tcp'", "'tcp'", "'udp'");
SET(handlers, "''", "'http'", "'tls,http'", "'tls'");
SET(port_options, "'{}'", "'{\"proxy_proto_options\":{\"version\":\"v2\"}}'",
    "'{\"http_options\":{\"idle_timeout\":9}}'", "'{\"http_option\":{}}'",
    "'{\"proxy_proto_options\":{\"version\":\"v3\"}}'", "'{'", "'[]'");
SET(autostops, "'off'", "'stop'", "'suspend'");
SET(limits, "1", "20", "25", "NULL");
SET(flags, "0", "1");
SET(times, "0", "1", "1700000000000");
SET(prefixes, "'192.0.2.0/24'", "'192.0.2.0/25'", "'2001:db8::/32'", "'::/0'");
SET(keys, "'role'", "'fly_x'", "'k'");
SET(texts, "'a'", "'b'", "'primary'");
SET(types, "'v4'", "'v6'");
SET(publics, "'203.0.113.7'", "'2001:db8::7'");
SET(meta_keys, "'audit_days'", "'trimmed_to'", "'generation'");
SET(asks, "'start'", "'stop'", "NULL");

SET(check_types, "'tcp'", "'http'", "'udp'");
SET(check_times, "1000", "2000", "99", "60000");
SET(check_paths, "'/'", "'/up?x=1'", "'up'");
SET(check_headers, "'{}'", "'{\"X-A\":\"b\"}'", "'{\"X A\":\"b\"}'", "'{\"X-A\":\"b\\r\\nc\"}'", "'{\"X-A\":1}'");
SET(check_statuses, "'passing'", "'critical'", "'warning'");
SET(release_statuses, "'running'", "'failed'", "'done'");
SET(cpu_kinds, "'shared'", "'performance'", "'fast'", "NULL");
SET(cpus, "1", "2", "NULL", "0");
SET(memories, "256", "2048", "NULL", "15");
SET(machine_images, "'nginx:1.25'", "'-x'", "NULL", "'a b'");
SET(entrypoints, "'[\"/docker-entrypoint.sh\"]'", "NULL", "'{}'");
SET(variables, "'A'", "'B'", "'A B'", "'1A'");
SET(versions, "1", "2", "3", "(SELECT max(version) + 1 FROM secret)", "(SELECT max(secrets_version) FROM machine)");
SET(sealed, "'aGk='", "'aGkK'", "'a b'", "NULL");
SET(digests, "'0123456789abcdef'", "'fedcba9876543210'", "'x'", "NULL");
SET(transfer_keys, "'k1'", "'k2.example'", "'K'", "NULL");
SET(algorithms, "'hmac-sha256'", "'hmac-sha512'", "'hmac-md5'");
SET(secondaries, "'192.0.2.1:53'", "'192.0.2.1:54'", "'[2001:db8::1]:53'", "'[2001:db8::1]'");
SET(images, "'0'", "printf('%064d', 7)");

struct column {
	const char *name;
	const char *const *values;
};

struct shape {
	const char *table;
	const char *key; /* what a WHERE asks for */
	struct column columns[10];
};

static const struct shape shapes[] = {
    {"organization", "slug", {{"slug", orgs}, {"name", texts}}},
    {"networks", "org", {{"org", orgs}, {"name", network_names}, {"instances", flags}, {"forward", flags}}},
    {"network",
     "id",
     {{"id", network_ids}, {"org", orgs}, {"name", network_names}, {"instances", flags}, {"forward", flags}}},
    {"client_prefix", "prefix", {{"prefix", prefixes}, {"network", network_ids}}},
    {"region", "code", {{"code", regions}, {"name", texts}, {"latitude", limits}, {"longitude", limits}}},
    {"hosts", "name", {{"name", hosts}, {"region", regions}}},
    {"host", "name", {{"name", hosts}, {"number", host_numbers}, {"region", regions}, {"probe", probes}}},
    {"round_trip", "host", {{"host", hosts}, {"region", regions}, {"microseconds", check_times}, {"since", times}}},
    {"peer",
     "name",
     {{"network", network_ids}, {"name", labels}, {"number", numbers}, {"public_key", texts}, {"region", regions}}},
    {"app", "name", {{"name", apps}, {"org", orgs}, {"network", network_ids}}},
    {"flycast", "app", {{"app", apps}}},
    {"flycast", "org", {{"app", apps}, {"org", orgs}}},
    {"flycast", "network", {{"app", apps}, {"network", network_names}}},
    {"address", "app", {{"network", network_ids}, {"number", numbers}, {"app", apps}}},
    {"public_address", "address", {{"address", publics}, {"app", apps}, {"type", types}}},
    {"machine",
     "id",
     {{"id", machines},
      {"app", apps},
      {"network", network_ids},
      {"name", labels},
      {"host", hosts},
      {"host_number", host_numbers},
      {"slot", slots},
      {"region", regions},
      {"command", commands}}},
    {"machine",
     "app",
     {{"process_group", groups},
      {"cordoned", flags},
      {"skip_dns", flags},
      {"ask", asks},
      {"name", labels},
      {"env", commands}}},
    {"machine",
     "id",
     {{"cpu_kind", cpu_kinds},
      {"cpus", cpus},
      {"memory_mb", memories},
      {"image", machine_images},
      {"entrypoint", entrypoints},
      {"command", commands}}},
    {"machine_state",
     "machine",
     {{"machine", machines}, {"host", hosts}, {"state", states}, {"since", times}, {"oom_killed", flags}}},
    {"machine_event",
     "machine",
     {{"machine", machines},
      {"at", times},
      {"serial", limits},
      {"type", texts},
      {"status", states},
      {"source", texts}}},
    {"machine_metadata", "key", {{"machine", machines}, {"key", keys}, {"value", texts}}},
    {"service",
     "machine",
     {{"machine", machines},
      {"protocol", protocols},
      {"internal_port", ports},
      {"autostart", flags},
      {"autostop", autostops},
      {"soft_limit", limits},
      {"hard_limit", limits}}},
    {"service_port",
     "machine",
     {{"machine", machines},
      {"protocol", protocols},
      {"internal_port", ports},
      {"start_port", ports},
      {"end_port", ports},
      {"handlers", handlers}}},
    {"service_port",
     "start_port",
     {{"machine", machines},
      {"internal_port", ports},
      {"start_port", ports},
      {"end_port", ports},
      {"force_https", flags},
      {"options", port_options}}},
    {"service_check",
     "machine",
     {{"machine", machines},
      {"internal_port", ports},
      {"number", flags},
      {"type", check_types},
      {"interval", check_times},
      {"timeout", check_times},
      {"path", check_paths},
      {"headers", check_headers}}},
    {"check_state",
     "internal_port",
     {{"machine", machines},
      {"internal_port", ports},
      {"number", flags},
      {"host", hosts},
      {"status", check_statuses},
      {"since", times},
      {"output", texts}}},
    {"release",
     "version",
     {{"app", apps},
      {"version", numbers},
      {"who", texts},
      {"status", release_statuses},
      {"image", images},
      {"config", texts}}},
    {"secret",
     "name",
     {{"app", apps}, {"name", variables}, {"version", versions}, {"value", sealed}, {"digest", digests}}},
    {"machine", "app", {{"secrets_version", versions}, {"app", apps}}},
    {"replay_source", "source", {{"org", orgs}, {"source", orgs}, {"created_at", times}}},
    {"transfer_key",
     "name",
     {{"name", transfer_keys}, {"network", network_ids}, {"algorithm", algorithms}, {"secret", sealed}}},
    {"secondary", "address", {{"network", network_ids}, {"address", secondaries}, {"key", transfer_keys}}},
    {"meta", "key", {{"key", meta_keys}, {"value", texts}}},
    {"counter", "kind", {{"kind", texts}, {"scope", texts}, {"value", numbers}}},
};

/* Whole statements that are right more often than chance would have it, so that there is something to spoil; each
 * question mark becomes a digit. */
static const char *const whole[] = {
    "INSERT INTO machine (id, app, network, name, host, host_number, slot, region, command)"
    " SELECT printf('%014x', ?), a.name, a.network, 'm' || ?, h.name, h.number,"
    " coalesce((SELECT value FROM counter WHERE kind = 'slot' AND scope = h.name), 0) + 1, h.region, '[\"x\"]'"
    " FROM app a, host h LIMIT 1 OFFSET ?",
    "INSERT OR REPLACE INTO service (machine, internal_port) SELECT id, 8080 FROM machine LIMIT 1 OFFSET ?",
    "INSERT INTO service_port (machine, internal_port, start_port, end_port) SELECT machine, internal_port, 80, 80"
    " FROM service LIMIT 1 OFFSET ?",
    "INSERT OR REPLACE INTO service_check (machine, internal_port, number, type) SELECT machine, internal_port, 0, "
    "'http'"
    " FROM service WHERE protocol = 'tcp' LIMIT 1 OFFSET ?",
    "INSERT INTO check_state (machine, internal_port, number, host, status, since) SELECT machine, internal_port, "
    "number,"
    " 'h1', 'passing', 1 FROM service_check WHERE true ON CONFLICT DO UPDATE SET"
    " status = iif(status = 'passing', 'critical', 'passing')",
    "INSERT INTO machine_metadata (machine, key, value) SELECT id, 'role', 'x' FROM machine WHERE true"
    " ON CONFLICT DO UPDATE SET value = value || 'y'",
    "INSERT INTO machine_state (machine, host, state, since) SELECT id, host, 'started', 1 FROM machine WHERE true"
    " ON CONFLICT (machine) DO UPDATE SET state = iif(state = 'started', 'stopped', 'started')",
    "UPDATE OR REPLACE machine SET id = NULL",
    "UPDATE machine SET cpu_kind = 'shared', cpus = 1, memory_mb = 25?",
    "UPDATE machine SET image = 'nginx:1.?', entrypoint = '[\"/x\"]', command = '[\"\"]'",
    "UPDATE OR REPLACE machine SET name = 'one'",
    "UPDATE OR REPLACE peer SET number = 3, name = upper(name)",
    "UPDATE OR REPLACE client_prefix SET prefix = '::/0'",
    "UPDATE OR REPLACE machine_metadata SET key = 'role'",
    "UPDATE OR REPLACE service_port SET start_port = 80, end_port = 90",
    "UPDATE OR REPLACE public_address SET address = '203.0.113.7'",
    "UPDATE OR IGNORE address SET app = 'a1'",
    "INSERT OR REPLACE INTO organization (slug, name) SELECT slug, name || '+' FROM organization",
    "INSERT OR REPLACE INTO region SELECT * FROM region",
    "INSERT INTO app (name, org, network) SELECT 'a' || ?, org, id FROM network LIMIT 1 OFFSET ?",
    "INSERT INTO flycast (app) SELECT name FROM app LIMIT 2 OFFSET ?",
    "DELETE FROM flycast WHERE app = 'a1'",
    "INSERT INTO release (app, version, image, config) SELECT name, (SELECT coalesce(max(version), 0) + 1 FROM release"
    " WHERE app = name), printf('%064x', ?), '{}' FROM app LIMIT 1 OFFSET ?",
    "UPDATE OR REPLACE release SET status = iif(status = 'failed', 'complete', 'failed')",
    "UPDATE OR REPLACE release SET version = version + 1",
    "INSERT INTO secret (app, name, version, value, digest) SELECT name, 'A', (SELECT 1 + coalesce(max(version), 0) "
    "FROM"
    " (SELECT version FROM secret WHERE app = app.name UNION ALL SELECT secrets_version FROM machine WHERE app = "
    "app.name)),"
    " 'aGk=', printf('%016x', ?) FROM app LIMIT 2 OFFSET ?",
    "INSERT INTO secret (app, name, version) SELECT app, name, max(version) + 1 FROM secret GROUP BY app",
    "UPDATE machine SET secrets_version = coalesce((SELECT max(version) FROM secret WHERE app = machine.app), 0)"
    " WHERE id IN (SELECT id FROM machine LIMIT 2 OFFSET ?)",
};

static size_t pick(const struct chance *c, size_t many)
{
	return many ? c->next(c->owner) % many : 0;
}

static void add_whole(struct text *out, const struct chance *c)
{
	for (const char *at = whole[pick(c, sizeof whole / sizeof whole[0])]; *at; at++)
		if (*at == '?')
			text_format(out, "%zu", pick(c, 7));
		else
			text_add(out, at, 1);
}

static size_t length_of(const char *const *list)
{
	size_t n = 0;
	while (list[n])
		n++;
	return n;
}

static void add_value(struct text *out, const struct chance *c, const char *const *values)
{
	const char *const *list = pick(c, 12) == 0 ? odd : values;
	text_put(out, list[pick(c, length_of(list))]);
}

static size_t columns_of(const struct shape *s)
{
	size_t n = 0;
	while (n < sizeof s->columns / sizeof s->columns[0] && s->columns[n].name)
		n++;
	return n;
}

static const struct column *key_of(const struct shape *s)
{
	for (size_t i = 0; i < columns_of(s); i++)
		if (bytes_equal(bytes_of(s->columns[i].name), bytes_of(s->key)))
			return &s->columns[i];
	return NULL;
}

static void add_where(struct text *out, const struct chance *c, const struct shape *s)
{
	const struct column *key = key_of(s);
	if (!key || pick(c, 16) == 0)
		return; /* all rows */
	text_format(out, " WHERE %s = ", key->name);
	add_value(out, c, key->values);
}

static void add_assignment(struct text *out, const struct chance *c, const struct shape *s)
{
	const struct column *column = &s->columns[pick(c, columns_of(s))];
	text_format(out, "%s = ", column->name);
	add_value(out, c, column->values);
}

static void add_insert(struct text *out, const struct chance *c, const struct shape *s)
{
	static const char *const words[] = {"", "", "OR REPLACE ", "OR IGNORE ", "OR FAIL "};
	size_t columns = columns_of(s);
	text_format(out, "INSERT %sINTO %s (", words[pick(c, 5)], s->table);
	for (size_t i = 0; i < columns; i++)
		text_format(out, "%s%s", i ? ", " : "", s->columns[i].name);
	text_put(out, ") VALUES (");
	for (size_t i = 0; i < columns; i++) {
		text_put(out, i ? ", " : "");
		add_value(out, c, s->columns[i].values);
	}
	text_put(out, ")");
	if (pick(c, 6) == 0) {
		text_put(out, " ON CONFLICT DO UPDATE SET ");
		add_assignment(out, c, s);
	} else if (pick(c, 6) == 0) {
		text_put(out, " ON CONFLICT DO NOTHING");
	}
}

static void add_update(struct text *out, const struct chance *c, const struct shape *s)
{
	static const char *const words[] = {"", "", "OR REPLACE ", "OR IGNORE "};
	text_format(out, "UPDATE %s%s SET ", words[pick(c, 4)], s->table);
	add_assignment(out, c, s);
	if (pick(c, 2) == 0) {
		text_put(out, ", ");
		add_assignment(out, c, s);
	}
	add_where(out, c, s);
}

void edit_add(struct text *out, const struct chance *chance)
{
	const struct shape *s = &shapes[pick(chance, sizeof shapes / sizeof shapes[0])];
	switch (pick(chance, 12)) {
	case 0:
		text_format(out, "DELETE FROM %s", s->table);
		add_where(out, chance, s);
		return;
	case 1:
	case 2:
	case 3:
	case 7:
	case 8:
		add_whole(out, chance);
		return;
	case 4:
	case 5:
	case 6:
		add_update(out, chance, s);
		return;
	default:
		add_insert(out, chance, s);
	}
}
