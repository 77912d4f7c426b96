-- 0011_releases.sql - what was deployed. A release is a configuration and a copy of a folder, which lies beside the
-- registry under releases/<app>/<image>. Machines of a release say so in their metadata (fly_release_version), and
-- their agent shows them that copy alone.

CREATE TABLE release (                   -- a deploy of an app
  app        TEXT NOT NULL REFERENCES app (name),   -- which
  version    INTEGER NOT NULL            -- counts an app's releases
             CHECK (version BETWEEN 1 AND 4294967295),
  created_at INTEGER NOT NULL            -- when it began
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  who        TEXT NOT NULL               -- the user who deployed it
             DEFAULT '' CHECK (length(who) <= 255 AND instr(who, char(0)) = 0),
  status     TEXT NOT NULL               -- interrupted: flycast deploy was killed
             DEFAULT 'running' CHECK (status IN ('running', 'complete', 'failed', 'interrupted')),
  image      TEXT NOT NULL               -- SHA-256 of the folder's files, names and modes
             CHECK (length(image) = 64 AND image NOT GLOB '*[^0-9a-f]*' AND instr(image, char(0)) = 0),
  config     TEXT NOT NULL               -- fly.toml as JSON
             CHECK (json_valid(config) AND json_type(config) = 'object' AND length(config) <= 1048576
               AND instr(config, char(0)) = 0),
  PRIMARY KEY (app, version)
) STRICT, WITHOUT ROWID;

-- ------------------------------------------------------------------------------------------------ rules

CREATE TRIGGER release_rule_insert BEFORE INSERT ON release BEGIN
  SELECT RAISE(ABORT, 'unknown app: create it first (flycast apps create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM app WHERE name = new.app);
  SELECT RAISE(ABORT, 'versions count up: take the next one after the newest')
    WHERE EXISTS (SELECT 1 FROM release WHERE app = new.app AND version >= new.version);
END;
CREATE TRIGGER release_rule_update BEFORE UPDATE ON release
  WHEN new.app IS NOT old.app OR new.version IS NOT old.version OR new.created_at IS NOT old.created_at OR
    new.who IS NOT old.who OR new.image IS NOT old.image OR new.config IS NOT old.config BEGIN
  SELECT RAISE(ABORT, 'a release never changes, only its status does: deploy again');
END;
CREATE TRIGGER release_cascade AFTER DELETE ON app BEGIN
  DELETE FROM release WHERE app = old.name;
END;

-- ------------------------------------------------------------------------------------------------ change log
-- A release belongs to the object of its app: agents read it with the app's Machines.

CREATE TRIGGER release_after_insert AFTER INSERT ON release BEGIN
  INSERT INTO change (kind, key) VALUES ('app', new.app);
END;
CREATE TRIGGER release_after_update AFTER UPDATE ON release BEGIN
  INSERT INTO change (kind, key) VALUES ('app', new.app);
END;
CREATE TRIGGER release_after_delete AFTER DELETE ON release BEGIN
  INSERT INTO change (kind, key) VALUES ('app', old.app);
END;

-- ------------------------------------------------------------------------------------------------ audit
-- Without the configuration, which stays in the row itself: it never changes.

CREATE TRIGGER release_audit_insert AFTER INSERT ON release BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'release', new.app || ' ' || new.version, NULL,
    json_object('app', new.app, 'version', new.version, 'who', new.who, 'status', new.status, 'image', new.image),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER release_audit_update AFTER UPDATE ON release WHEN new.status IS NOT old.status BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'release', old.app || ' ' || old.version,
    json_object('app', old.app, 'version', old.version, 'who', old.who, 'status', old.status, 'image', old.image),
    json_object('app', new.app, 'version', new.version, 'who', new.who, 'status', new.status, 'image', new.image),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER release_audit_delete AFTER DELETE ON release BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'release', old.app || ' ' || old.version,
    json_object('app', old.app, 'version', old.version, 'who', old.who, 'status', old.status, 'image', old.image),
    NULL, uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
