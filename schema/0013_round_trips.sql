-- 0013_round_trips.sql - how far hosts are from each other: where their proxies answer probes, and what came of those.

ALTER TABLE host ADD COLUMN probe TEXT   -- [address]:port where its proxy answers the others' probes; NULL: it has no part
  CHECK (length(probe) <= 60 AND (probe GLOB '[[]*:*[]]:[1-9]*' OR probe GLOB '[0-9]*.*.*.*:[1-9]*')
    AND probe NOT GLOB '*[^]0-9a-f:.[]*' AND instr(probe, char(0)) = 0);

CREATE TABLE round_trip (                -- what a packet takes from a host to the nearest host of a region and back, in
  host         TEXT NOT NULL,            -- coarse steps; written by the agent of this host and nobody else
  region       TEXT NOT NULL,            -- where the other host is
  microseconds INTEGER NOT NULL CHECK (microseconds BETWEEN 1 AND 10000000),   -- the step
  since        INTEGER NOT NULL,         -- when it came to this
  PRIMARY KEY (host, region)
) STRICT, WITHOUT ROWID;

-- ------------------------------------------------------------------------------------------------ rules

CREATE TRIGGER host_probe_rule_insert BEFORE INSERT ON host WHEN new.probe IS NOT NULL BEGIN
  SELECT RAISE(ABORT, 'another host answers probes at this address: SELECT name FROM host WHERE probe = ...')
    WHERE EXISTS (SELECT 1 FROM host WHERE probe = new.probe AND name <> new.name);
END;
CREATE TRIGGER host_probe_rule_update BEFORE UPDATE OF probe ON host WHEN new.probe IS NOT NULL BEGIN
  SELECT RAISE(ABORT, 'another host answers probes at this address: SELECT name FROM host WHERE probe = ...')
    WHERE EXISTS (SELECT 1 FROM host WHERE probe = new.probe AND name <> new.name);
END;
CREATE TRIGGER round_trip_rule_insert BEFORE INSERT ON round_trip BEGIN
  SELECT RAISE(ABORT, 'unknown host: see SELECT name FROM host')
    WHERE NOT EXISTS (SELECT 1 FROM host WHERE name = new.host);
  SELECT RAISE(ABORT, 'unknown region: see SELECT code, name FROM region')
    WHERE NOT EXISTS (SELECT 1 FROM region WHERE code = new.region);
END;
CREATE TRIGGER round_trip_rule_update BEFORE UPDATE ON round_trip
  WHEN new.host IS NOT old.host OR new.region IS NOT old.region BEGIN
  SELECT RAISE(ABORT, 'a round trip keeps its ends: its agent writes it');
END;
CREATE TRIGGER round_trip_host_cascade AFTER DELETE ON host BEGIN
  DELETE FROM round_trip WHERE host = old.name;
END;
CREATE TRIGGER round_trip_region_cascade AFTER DELETE ON region BEGIN
  DELETE FROM round_trip WHERE region = old.code;
END;

-- ------------------------------------------------------------------------------------------------ change log
-- By the host that measured; nobody else looks at them.

CREATE TRIGGER round_trip_after_insert AFTER INSERT ON round_trip BEGIN
  INSERT INTO change (kind, key) VALUES ('round_trip', new.host);
END;
CREATE TRIGGER round_trip_after_update AFTER UPDATE ON round_trip BEGIN
  INSERT INTO change (kind, key) VALUES ('round_trip', new.host);
END;
CREATE TRIGGER round_trip_after_delete AFTER DELETE ON round_trip BEGIN
  INSERT INTO change (kind, key) VALUES ('round_trip', old.host);
END;

-- ------------------------------------------------------------------------------------------------ audit
-- Of hosts, as before, with the column above. What is measured is no decision of anybody.

DROP TRIGGER host_audit_insert;
DROP TRIGGER host_audit_update;
DROP TRIGGER host_audit_delete;
CREATE TRIGGER host_audit_insert AFTER INSERT ON host BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'host', new.name,
    NULL,
    json_object('name', new.name, 'number', new.number, 'region', new.region, 'probe', new.probe),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER host_audit_update AFTER UPDATE ON host
  WHEN new.name IS NOT old.name OR new.number IS NOT old.number OR new.region IS NOT old.region OR
    new.probe IS NOT old.probe BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'host', old.name,
    json_object('name', old.name, 'number', old.number, 'region', old.region, 'probe', old.probe),
    json_object('name', new.name, 'number', new.number, 'region', new.region, 'probe', new.probe),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER host_audit_delete AFTER DELETE ON host BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'host', old.name,
    json_object('name', old.name, 'number', old.number, 'region', old.region, 'probe', old.probe),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
