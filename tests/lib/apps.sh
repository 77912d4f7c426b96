# shellcheck shell=bash
# apps.sh - many apps at once, for benches; sourced by them.
#
#   make_registry COUNT   a new registry with so many apps, each with an address, a started Machine and a service on port 80
#
# One statement per table, the triggers off, so that a million takes half a minute.
make_registry() {
	rm -f "${registry:?}"*
	flycast init >/dev/null
	sqlite3 "$registry" >/dev/null <<SQL
.dbconfig enable_trigger off
PRAGMA synchronous = OFF;
PRAGMA cache_size = -400000;
INSERT OR IGNORE INTO host (name, number, region) VALUES ('bench', 4000000000, 'fra');
BEGIN;
CREATE TEMP TABLE n AS
  WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < $1)
  SELECT i, printf('app-%07d', i) AS app, printf('%014x', i) AS id FROM c;
INSERT INTO app (name, org, network) SELECT n.app, network.org, network.id FROM n, network WHERE network.id = 1;
INSERT INTO address (network, number, app) SELECT 1, i + 1, app FROM n;
INSERT INTO machine (id, app, network, name, host, host_number, slot, region, command)
  SELECT id, app, 1, 'one', 'bench', 4000000000, i, 'fra', '["x"]' FROM n;
INSERT INTO machine_state (machine, host, state, since) SELECT id, 'bench', 'started', 0 FROM n;
INSERT INTO service (machine, internal_port) SELECT id, 8080 FROM n;
INSERT INTO service_port (machine, internal_port, start_port, end_port, handlers) SELECT id, 8080, 80, 80, 'http' FROM n;
INSERT INTO client_prefix (prefix, network) VALUES ('::1/128', 1);
UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'generation';
COMMIT;
SQL
}
