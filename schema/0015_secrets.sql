-- 0015_secrets.sql - an app's secrets: variables of its Machines' environment whose values only their agents can read.
-- Values are sealed (AES-256-GCM, RFC 5116) with the key in the file <registry>.seal, like private keys.
--
-- Changes of an app's secrets are counted, and a Machine has those up to one of these versions: what is set later is
-- staged for it until it is given the newest version. So a Machine that is woken in between has what it had before.

CREATE TABLE secret (                    -- what an app's variable is from a version on
  app        TEXT NOT NULL REFERENCES app (name),   -- whose
  name       TEXT NOT NULL               -- of the variable
             CHECK (length(name) BETWEEN 1 AND 255 AND name NOT GLOB '*[^A-Za-z0-9_]*' AND name NOT GLOB '[0-9]*'
                    AND instr(name, char(0)) = 0),
  version    INTEGER NOT NULL            -- counts the changes of the app's secrets
             CHECK (version BETWEEN 1 AND 4294967295),
  value      TEXT                        -- sealed; NULL: unset from this version on
             CHECK (length(value) <= 131072 AND value NOT GLOB '*[^A-Za-z0-9+/=]*' AND instr(value, char(0)) = 0),
  digest     TEXT                        -- tells values apart, and says nothing about them without the seal
             CHECK (length(digest) = 16 AND digest NOT GLOB '*[^0-9a-f]*' AND instr(digest, char(0)) = 0),
  created_at INTEGER NOT NULL            -- when it was set or unset
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  PRIMARY KEY (app, name, version),
  CHECK ((value IS NULL) = (digest IS NULL))
) STRICT, WITHOUT ROWID;

-- The version of its app's secrets that the Machine has from its next start on.
ALTER TABLE machine ADD COLUMN secrets_version INTEGER NOT NULL DEFAULT 0
  CHECK (secrets_version BETWEEN 0 AND 4294967295);
CREATE INDEX machine_secrets ON machine (app, secrets_version);

-- ------------------------------------------------------------------------------------------------ rules

CREATE TRIGGER secret_rule_insert BEFORE INSERT ON secret BEGIN
  SELECT RAISE(ABORT, 'unknown app: create it first (flycast apps create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM app WHERE name = new.app);
  SELECT RAISE(ABORT, 'versions count up: use flycast secrets set')
    WHERE EXISTS (SELECT 1 FROM secret WHERE app = new.app AND version > new.version)
       OR EXISTS (SELECT 1 FROM secret WHERE app = new.app AND name = new.name AND version = new.version)
       OR EXISTS (SELECT 1 FROM machine WHERE app = new.app AND secrets_version >= new.version);
END;
CREATE TRIGGER secret_rule_update BEFORE UPDATE ON secret BEGIN
  SELECT RAISE(ABORT, 'a secret never changes, another version of it comes: use flycast secrets set');
END;
CREATE TRIGGER secret_cascade AFTER DELETE ON app BEGIN
  DELETE FROM secret WHERE app = old.name;
END;
-- A new Machine has the newest.
CREATE TRIGGER machine_secrets_newest AFTER INSERT ON machine
  WHEN new.secrets_version = 0 AND EXISTS (SELECT 1 FROM secret WHERE app = new.app) BEGIN
  UPDATE machine SET secrets_version = (SELECT max(version) FROM secret WHERE app = new.app) WHERE id = new.id;
END;

-- What no Machine has and none will have: a version that another one followed, an unset with nothing before it.
CREATE VIEW secret_needless AS
  SELECT app, name, version FROM secret s
  WHERE CASE WHEN EXISTS (SELECT 1 FROM secret n WHERE n.app = s.app AND n.name = s.name AND n.version > s.version)
    THEN NOT EXISTS (SELECT 1 FROM machine m WHERE m.app = s.app AND m.secrets_version >= s.version
      AND m.secrets_version < (SELECT min(n.version) FROM secret n
        WHERE n.app = s.app AND n.name = s.name AND n.version > s.version))
    ELSE value IS NULL AND NOT EXISTS (SELECT 1 FROM secret o
      WHERE o.app = s.app AND o.name = s.name AND o.version < s.version) END;
-- Twice: what was unset is needless when what was before it is gone.
CREATE TRIGGER secret_tidy_insert AFTER INSERT ON secret BEGIN
  DELETE FROM secret WHERE app = new.app
    AND (name, version) IN (SELECT name, version FROM secret_needless WHERE app = new.app AND name = new.name);
  DELETE FROM secret WHERE app = new.app
    AND (name, version) IN (SELECT name, version FROM secret_needless WHERE app = new.app AND name = new.name);
END;
CREATE TRIGGER secret_tidy_update AFTER UPDATE OF secrets_version ON machine
  WHEN new.secrets_version IS NOT old.secrets_version
    AND NOT EXISTS (SELECT 1 FROM machine WHERE app = old.app AND secrets_version = old.secrets_version) BEGIN
  DELETE FROM secret WHERE app = old.app
    AND (name, version) IN (SELECT name, version FROM secret_needless WHERE app = old.app);
  DELETE FROM secret WHERE app = old.app
    AND (name, version) IN (SELECT name, version FROM secret_needless WHERE app = old.app);
END;
CREATE TRIGGER secret_tidy_delete AFTER DELETE ON machine
  WHEN NOT EXISTS (SELECT 1 FROM machine WHERE app = old.app AND secrets_version = old.secrets_version) BEGIN
  DELETE FROM secret WHERE app = old.app
    AND (name, version) IN (SELECT name, version FROM secret_needless WHERE app = old.app);
  DELETE FROM secret WHERE app = old.app
    AND (name, version) IN (SELECT name, version FROM secret_needless WHERE app = old.app);
END;

-- ------------------------------------------------------------------------------------------------ change log
-- Secrets belong to the object of their app: agents read them with the app's Machines.

CREATE TRIGGER secret_after_insert AFTER INSERT ON secret BEGIN
  INSERT INTO change (kind, key) VALUES ('app', new.app);
END;
CREATE TRIGGER secret_after_delete AFTER DELETE ON secret BEGIN
  INSERT INTO change (kind, key) VALUES ('app', old.app);
END;

-- ------------------------------------------------------------------------------------------------ audit
-- Without the values: sealed or not, a second copy of them is of no use to anybody who should have it.

CREATE TRIGGER secret_audit_insert AFTER INSERT ON secret BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'secret', new.app || ' ' || new.name || ' ' || new.version, NULL,
    json_object('app', new.app, 'name', new.name, 'version', new.version, 'digest', new.digest),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER secret_audit_delete AFTER DELETE ON secret BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'secret', old.app || ' ' || old.name || ' ' || old.version,
    json_object('app', old.app, 'name', old.name, 'version', old.version, 'digest', old.digest),
    NULL, uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER machine_secrets_audit_insert AFTER INSERT ON machine WHEN new.secrets_version <> 0 BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'machine_secrets', new.id, NULL, json_object('machine', new.id, 'version', new.secrets_version),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER machine_secrets_audit_update AFTER UPDATE OF secrets_version ON machine
  WHEN new.secrets_version IS NOT old.secrets_version BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'machine_secrets', old.id,
    iif(old.secrets_version = 0, NULL, json_object('machine', old.id, 'version', old.secrets_version)),
    iif(new.secrets_version = 0, NULL, json_object('machine', new.id, 'version', new.secrets_version)),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER machine_secrets_audit_delete AFTER DELETE ON machine WHEN old.secrets_version <> 0 BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'machine_secrets', old.id, json_object('machine', old.id, 'version', old.secrets_version), NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
