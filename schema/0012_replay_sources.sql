-- 0012_replay_sources.sql - who may send requests on to whose apps with fly-replay, besides the apps of one organization
-- and one network, which always may.

CREATE TABLE replay_source (             -- a grant: apps of one organization may replay to those of another, whatever the
  org        TEXT NOT NULL               -- networks. Whose apps the requests are sent to
             REFERENCES organization (slug),
  source     TEXT NOT NULL               -- whose apps send them; the same: across the networks of the organization
             REFERENCES organization (slug),
  created_at INTEGER NOT NULL            -- when it was granted
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  PRIMARY KEY (org, source)
) STRICT, WITHOUT ROWID;

-- ------------------------------------------------------------------------------------------------ rules

CREATE TRIGGER replay_source_rule_insert BEFORE INSERT ON replay_source BEGIN
  SELECT RAISE(ABORT, 'unknown organization: create it first (flycast orgs create SLUG)')
    WHERE NOT EXISTS (SELECT 1 FROM organization WHERE slug = new.org)
       OR NOT EXISTS (SELECT 1 FROM organization WHERE slug = new.source);
  SELECT RAISE(ABORT, 'an organization has at most 100 replay sources: remove one (flycast orgs replay-sources remove)')
    WHERE (SELECT count(*) FROM replay_source WHERE org = new.org AND source <> new.source) >= 100;
END;
CREATE TRIGGER replay_source_rule_update BEFORE UPDATE ON replay_source
  WHEN new.org IS NOT old.org OR new.source IS NOT old.source BEGIN
  SELECT RAISE(ABORT, 'a replay source keeps both its organizations: delete it and insert another one');
END;
CREATE TRIGGER replay_source_cascade AFTER DELETE ON organization BEGIN
  DELETE FROM replay_source WHERE org = old.slug OR source = old.slug;
END;

-- ------------------------------------------------------------------------------------------------ change log
-- It belongs to the objects of all apps that requests may be sent to.

CREATE TRIGGER replay_source_after_insert AFTER INSERT ON replay_source BEGIN
  INSERT INTO change (kind, key) SELECT 'app', name FROM app WHERE org = new.org;
  INSERT INTO change (kind, key) VALUES ('organization', new.org);
END;
CREATE TRIGGER replay_source_after_update AFTER UPDATE ON replay_source BEGIN
  INSERT INTO change (kind, key) SELECT 'app', name FROM app WHERE org = new.org;
  INSERT INTO change (kind, key) VALUES ('organization', new.org);
END;
CREATE TRIGGER replay_source_after_delete AFTER DELETE ON replay_source BEGIN
  INSERT INTO change (kind, key) SELECT 'app', name FROM app WHERE org = old.org;
  INSERT INTO change (kind, key) VALUES ('organization', old.org);
END;

-- ------------------------------------------------------------------------------------------------ audit

CREATE TRIGGER replay_source_audit_replace BEFORE INSERT ON replay_source BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced (object, key, before)
    SELECT 'replay_source', replay_source.org || ' ' || replay_source.source,
    json_object('org', replay_source.org, 'source', replay_source.source)
    FROM replay_source WHERE org = new.org AND source = new.source;
END;
CREATE TRIGGER replay_source_audit_insert AFTER INSERT ON replay_source BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'replay_source', new.org || ' ' || new.source,
    (SELECT before FROM replaced WHERE key = new.org || ' ' || new.source),
    json_object('org', new.org, 'source', new.source),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  DELETE FROM replaced;
END;
CREATE TRIGGER replay_source_audit_delete AFTER DELETE ON replay_source BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'replay_source', old.org || ' ' || old.source,
    json_object('org', old.org, 'source', old.source),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
