# shellcheck shell=bash
# large.sh - a registry of a large installation, for benches; sourced by them.
#
#   make_large FILE APPS NETWORKS   apps app-0000001 ... spread over the networks in runs, each with an address, three started
#                                   Machines in three regions with ids in no order, and a service on port 80 of each
#
# One statement per table, the triggers off: a million apps take two minutes. app-<n> is in network
# 1 + (n - 1) * NETWORKS / APPS, and ::1 asks from network 1.
make_large() {
	rm -f "$1"*
	FLYCAST_REGISTRY=$1 flycast init >/dev/null
	sqlite3 "$1" >/dev/null <<SQL
.dbconfig enable_trigger off
PRAGMA synchronous = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -1000000;
INSERT OR IGNORE INTO host (name, number, region)
  VALUES ('host-fra', 4000000001, 'fra'), ('host-ams', 4000000002, 'ams'), ('host-ord', 4000000003, 'ord');
BEGIN;
INSERT OR IGNORE INTO network (id, org, name)
  WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < $3)
  SELECT i, (SELECT org FROM network WHERE id = 1), printf('net-%d', i) FROM c;
CREATE TEMP TABLE n AS WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < $2)
  SELECT i, printf('app-%07d', i) AS app, 1 + (i - 1) * $3 / $2 AS network FROM c;
CREATE TEMP TABLE m AS SELECT i * 3 + k AS slot, app, network, substr(lower(hex(randomblob(7))), 1, 14) AS id, k,
  CASE k WHEN 0 THEN 'fra' WHEN 1 THEN 'ams' ELSE 'ord' END AS region FROM n, (SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2);
INSERT INTO app (name, org, network) SELECT app, (SELECT org FROM network WHERE id = 1), network FROM n;
INSERT INTO address (network, number, app) SELECT network, i + 1, app FROM n;
INSERT INTO machine (id, app, network, name, host, host_number, slot, region, command)
  SELECT id, app, network, 'm-' || k, 'host-' || region, 4000000001 + k, slot, region, '["x"]' FROM m ORDER BY id;
INSERT INTO machine_state (machine, host, state, since) SELECT id, 'host-' || region, 'started', 0 FROM m ORDER BY id;
INSERT INTO service (machine, internal_port) SELECT id, 8080 FROM m ORDER BY id;
INSERT INTO service_port (machine, internal_port, start_port, end_port, handlers) SELECT id, 8080, 80, 80, 'http' FROM m ORDER BY id;
INSERT INTO client_prefix (prefix, network) VALUES ('::1/128', 1);
UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'generation';
COMMIT;
SQL
}
