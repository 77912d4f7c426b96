-- What both daemons must show of a registry, told by the file alone: rows of TEMP table want, for edits.sh. Where a row
-- breaks a rule (rules can be circumvented), nothing is said about its app: whatever of it serves is its last good one.
-- Tables legal_<name> are copies that hold the rows which break no CHECK; edits.sh makes them.

CREATE TEMP VIEW bad_machine AS
  SELECT id, app FROM machine m WHERE id NOT IN (SELECT id FROM legal_machine)
    OR NOT EXISTS (SELECT 1 FROM app WHERE name = m.app AND network = m.network)
    OR NOT EXISTS (SELECT 1 FROM host WHERE name = m.host AND number = m.host_number)
    OR id IN (SELECT machine FROM machine_state EXCEPT SELECT machine FROM legal_machine_state)
    OR (SELECT count(*) FROM machine_metadata WHERE machine = m.id)
       > (SELECT count(*) FROM legal_machine_metadata WHERE machine = m.id)
    OR (SELECT count(*) FROM service WHERE machine = m.id) > (SELECT count(*) FROM legal_service WHERE machine = m.id)
    OR (SELECT count(*) FROM service_port WHERE machine = m.id)
       > (SELECT count(*) FROM legal_service_port WHERE machine = m.id)
    OR EXISTS (SELECT 1 FROM service_port p WHERE machine = m.id AND (
         NOT EXISTS (SELECT 1 FROM service WHERE machine = m.id AND protocol = p.protocol
                     AND internal_port = p.internal_port)
         OR EXISTS (SELECT 1 FROM service_port q WHERE machine = m.id AND protocol = p.protocol
                    AND start_port > p.start_port AND start_port <= p.end_port)));
CREATE TEMP VIEW bad_network AS
  SELECT id FROM network n WHERE id NOT IN (SELECT id FROM legal_network)
    OR org NOT IN (SELECT slug FROM legal_organization)
    OR (SELECT count(*) FROM peer WHERE network = n.id) > (SELECT count(*) FROM legal_peer WHERE network = n.id);
CREATE TEMP TABLE bad_app AS
  SELECT name FROM app a WHERE name NOT IN (SELECT name FROM legal_app)
    OR NOT EXISTS (SELECT 1 FROM network WHERE id = a.network AND org = a.org)
    OR network IN (SELECT id FROM bad_network)
    OR name IN (SELECT app FROM bad_machine)
    OR (SELECT count(*) FROM address WHERE app = a.name) > (SELECT count(*) FROM legal_address WHERE app = a.name);
CREATE TEMP TABLE whole AS SELECT NOT EXISTS (SELECT 1 FROM bad_app UNION ALL SELECT 1 FROM bad_network
    UNION ALL SELECT 1 FROM bad_machine UNION ALL SELECT 1 FROM address WHERE app NOT IN (SELECT name FROM app)
    UNION ALL SELECT prefix FROM client_prefix EXCEPT SELECT prefix FROM legal_client_prefix) AS so;

-- ------------------------------------------------------------------------------------------------ names

CREATE TEMP TABLE view AS SELECT id AS network FROM network WHERE id NOT IN (SELECT id FROM bad_network) LIMIT 6;
-- Also what is gone is asked for.
CREATE TEMP TABLE asked_app AS
  SELECT name FROM (SELECT 'a' || value AS name FROM json_each('[0,1,2,3,4,5,6]') UNION SELECT name FROM legal_app)
  WHERE name NOT IN (SELECT name FROM bad_app);
CREATE TEMP TABLE asked_machine AS
  SELECT printf('%014x', value) AS id FROM json_each('[0,1,2,3,4,5,6]') UNION SELECT id FROM legal_machine;
CREATE TEMP TABLE named AS
  SELECT m.*, coalesce(s.state, 'created') = 'started' AS started
  FROM machine m LEFT JOIN machine_state s ON s.machine = m.id
  WHERE skip_dns = 0 AND app NOT IN (SELECT name FROM bad_app) AND app IN (SELECT name FROM app) ORDER BY app, id;

-- Names below an app: which Machines are behind each; a name with none of them does not exist.
CREATE TEMP TABLE below AS
  SELECT app, region AS label, address, started FROM named
  UNION ALL SELECT app, lower(process_group) || '.process', address, started FROM named
  UNION ALL SELECT app, id || '.vm', address, started FROM named
  UNION ALL SELECT DISTINCT app, lower(value) || '.' || lower(key) || '.kv._metadata', address, started
    FROM named JOIN machine_metadata ON machine = id
  UNION ALL SELECT DISTINCT app, lower(key) || '.kv._metadata', address, started
    FROM named JOIN machine_metadata ON machine = id;
CREATE INDEX temp.below_name ON below (app, label);
CREATE TEMP TABLE asked_label AS
  SELECT value AS label FROM json_each('["fra","nrt","ams","app.process","web.process","a.role.kv._metadata",
    "b.role.kv._metadata","x.role.kv._metadata","primary.role.kv._metadata","role.kv._metadata","k.kv._metadata","a.k.kv._metadata","b.k.kv._metadata"]')
  UNION SELECT id || '.vm' FROM asked_machine;

CREATE TEMP TABLE want (network INTEGER, question TEXT, answer TEXT);
INSERT INTO want
  SELECT v.network, a.name || '.flycast AAAA', coalesce((SELECT address FROM address
    WHERE app = a.name AND network = v.network AND EXISTS (SELECT 1 FROM app WHERE name = a.name)), 'NXDOMAIN')
  FROM view v, asked_app a;
INSERT INTO want
  SELECT v.network, prefix.value || a.name || '.internal AAAA', CASE WHEN p.name IS NULL THEN 'NXDOMAIN' ELSE
    coalesce((SELECT group_concat(address, ' ') FROM (SELECT address FROM named
      WHERE app = a.name AND started ORDER BY address)), '-') END
  FROM view v, asked_app a, json_each('["", "global.", "top99.nearest.of."]') prefix
  LEFT JOIN app p ON p.name = a.name AND p.network = v.network;
INSERT INTO want
  SELECT v.network, l.label || '.' || a.name || '.internal AAAA',
    CASE WHEN p.name IS NULL OR NOT EXISTS (SELECT 1 FROM below WHERE app = a.name AND label = l.label) THEN 'NXDOMAIN'
    ELSE coalesce((SELECT group_concat(address, ' ') FROM (SELECT address FROM below
      WHERE app = a.name AND label = l.label AND started ORDER BY address)), '-') END
  FROM view v, asked_app a, asked_label l LEFT JOIN app p ON p.name = a.name AND p.network = v.network;
INSERT INTO want
  SELECT v.network, every.value || 'vms.' || a.name || '.internal TXT', CASE WHEN p.name IS NULL THEN 'NXDOMAIN' ELSE
    coalesce((SELECT group_concat(id || ' ' || region) FROM (SELECT id, region FROM named
      WHERE app = a.name AND (started OR every.value <> '') ORDER BY id)), '-') END
  FROM view v, asked_app a, json_each('["", "all."]') every
  LEFT JOIN app p ON p.name = a.name AND p.network = v.network;
INSERT INTO want
  SELECT v.network, every.value || 'regions.' || a.name || '.internal TXT', CASE WHEN p.name IS NULL THEN 'NXDOMAIN' ELSE
    coalesce((SELECT group_concat(region) FROM (SELECT DISTINCT region FROM named
      WHERE app = a.name AND (started OR every.value <> '') ORDER BY region)), '-') END
  FROM view v, asked_app a, json_each('["", "all."]') every
  LEFT JOIN app p ON p.name = a.name AND p.network = v.network;
-- Services: of the address of an app, and of its Machines.
CREATE TEMP TABLE asked_port AS SELECT value AS port FROM json_each('[80, 443, 8080, 8081]');
INSERT INTO want
  SELECT v.network, '_' || port || '._tcp.' || a.name || '.flycast SRV', CASE WHEN EXISTS (SELECT 1 FROM app
    JOIN address d ON d.app = app.name JOIN machine m ON m.app = app.name JOIN service_port p ON p.machine = m.id
    WHERE app.name = a.name AND d.network = v.network AND p.protocol = 'tcp' AND p.start_port = port)
    THEN '0 0 ' || port || ' ' || a.name || '.flycast.' ELSE 'NXDOMAIN' END
  FROM view v, asked_app a, asked_port;
INSERT INTO want
  SELECT v.network, '_' || port || '._' || protocol.value || '.' || a.name || '.internal SRV', CASE WHEN p.name IS NULL
    OR NOT EXISTS (SELECT 1 FROM named JOIN service s ON machine = id
      WHERE app = a.name AND s.protocol = protocol.value AND internal_port = port) THEN 'NXDOMAIN'
    ELSE coalesce((SELECT group_concat(answer, ' ') FROM (SELECT '0 1 ' || port || ' ' || id || '.vm.' || app ||
      '.internal.' AS answer FROM named JOIN service s ON machine = id WHERE app = a.name AND s.protocol = protocol.value
      AND internal_port = port AND started ORDER BY id)), '-') END
  FROM view v, asked_app a, asked_port, json_each('["tcp", "udp"]') protocol
  LEFT JOIN app p ON p.name = a.name AND p.network = v.network;

-- ------------------------------------------------------------------------------------------------ of a whole network

INSERT INTO want
  SELECT v.network, '_apps.internal TXT', coalesce((SELECT group_concat(name) FROM (SELECT name FROM app
    WHERE network = v.network ORDER BY name)), '-') FROM view v, whole WHERE so;
INSERT INTO want
  SELECT v.network, every.value || '_instances.internal TXT', CASE WHEN NOT EXISTS (SELECT 1 FROM network
    WHERE id = v.network AND instances) THEN 'NXDOMAIN' ELSE coalesce((SELECT group_concat(
    'instance=' || id || ',app=' || app || ',ip=' || address || ',region=' || region, ';') FROM (SELECT * FROM named
      WHERE network = v.network AND (started OR every.value <> '') ORDER BY app, id)), '-') END
  FROM view v, json_each('["", "all."]') every, whole WHERE so;
INSERT INTO want
  SELECT v.network, '_networks.internal TXT', 'network=' || name || ',org=' || org || ',prefix=' || prefix
  FROM view v JOIN network ON id = v.network;
INSERT INTO want
  SELECT v.network, '_peer.internal TXT', coalesce((SELECT group_concat(name) FROM (SELECT name FROM peer
    WHERE network = v.network AND name NOT GLOB 'interactive-*' ORDER BY name)), '-') FROM view v;
INSERT INTO want
  SELECT v.network, p.value || '._peer.internal AAAA', coalesce((SELECT address FROM peer
    WHERE network = v.network AND lower(name) = p.value), 'NXDOMAIN')
  FROM view v, json_each('["one", "two", "three"]') p;
-- Every number that was ever given out; Machines by the first slots of both hosts.
INSERT INTO want
  WITH RECURSIVE n (number) AS (SELECT 2 UNION ALL SELECT number + 1 FROM n WHERE number < 60)
  SELECT v.network, '-x ' || substr(prefix, 1, length(prefix) - 4) || '0:1::' || printf('%x', n.number),
    coalesce((SELECT app || '.flycast.' FROM address WHERE network = v.network AND number = n.number
              AND app IN (SELECT name FROM app)), 'NXDOMAIN')
  FROM view v JOIN network ON id = v.network
  JOIN n ON n.number <= (SELECT value FROM counter WHERE kind = 'address' AND scope = CAST(v.network AS TEXT)), whole
  WHERE so;
INSERT INTO want
  SELECT network, '-x ' || address,
    id || '.vm.' || app || '.internal.'
  FROM named, whole WHERE so AND network IN (SELECT network FROM view);

-- ------------------------------------------------------------------------------------------------ listeners

-- Of a long range the proxy opens the first ports only, and which these are depends on the ranges around it.
CREATE TEMP TABLE listener AS
  WITH RECURSIVE
  door (address, port, last) AS (
    SELECT DISTINCT a.address, p.start_port, p.end_port
    FROM address a JOIN machine m ON m.app = a.app JOIN service_port p ON p.machine = m.id
    WHERE p.protocol = 'tcp' AND p.handlers IN ('', 'http') AND p.end_port - p.start_port < 1000
      AND a.app IN (SELECT name FROM app) AND a.app NOT IN (SELECT name FROM bad_app)
      AND (m.host = 'h1' OR NOT EXISTS (SELECT 1 FROM legal_host WHERE name = 'h1'))
    UNION SELECT address, port + 1, last FROM door WHERE port < last)
  SELECT DISTINCT '[' || address || ']:' || port AS door FROM door;
-- Those of which nothing is said: of apps with a bad row, and of long ranges.
CREATE TEMP TABLE unsaid AS
  SELECT '[' || a.address || ']:' AS door FROM address a WHERE a.app IN (SELECT name FROM bad_app)
  UNION SELECT '[' || a.address || ']:' FROM address a JOIN machine m ON m.app = a.app JOIN service_port p ON p.machine = m.id
    WHERE p.end_port - p.start_port >= 1000;

-- ------------------------------------------------------------------------------------------------ clients outside fdaa::/16

CREATE TEMP TABLE client (source, answer);
INSERT INTO client
  SELECT source, coalesce((SELECT printf('fdaa:%x:%x::3', network >> 16, network & 65535) FROM client_prefix
    JOIN json_each(prefixes) ON value = prefix ORDER BY json_each.key LIMIT 1), 'REFUSED')
  FROM (SELECT 1 AS source, '["2001:db8::/32", "::/0"]' AS prefixes
        UNION ALL SELECT 2, '["192.0.2.0/25", "192.0.2.0/24", "::/0"]');
