-- 0008_certificates.sql - certificates for the handlers tls and pg_tls. An organization has a private authority of its own;
-- an app has certificates for names of its own, or asks for names that the authority vouches for.
--
-- Private keys are here too, but sealed (AES-256-GCM, RFC 5116) with the key in the file <registry>.seal, which only the
-- proxy and those who administrate it can read: whoever reads the registry or a copy of it reads no private key.

CREATE TABLE authority (                 -- the private certificate authority of an organization
  org        TEXT PRIMARY KEY REFERENCES organization (slug),   -- whose it is
  chain      TEXT NOT NULL               -- its certificate (PEM), what clients are told to trust
             CHECK (length(chain) <= 65536 AND chain GLOB '*-----BEGIN CERTIFICATE-----*'),
  key        TEXT NOT NULL               -- its private key, sealed
             CHECK (length(key) <= 65536 AND key NOT GLOB '*[^A-Za-z0-9+/=]*'),
  created_at INTEGER NOT NULL            -- when it was made
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))
) STRICT, WITHOUT ROWID;

CREATE TABLE certificate (               -- a name that an app's TLS ports answer to, besides <app>.flycast
  app        TEXT NOT NULL REFERENCES app (name),   -- whose ports
  hostname   TEXT NOT NULL               -- lower case; "*." at the front stands for one label
             CHECK (length(hostname) BETWEEN 1 AND 253 AND hostname NOT GLOB '*[^a-z0-9.*-]*'
                    AND substr(hostname, 2) NOT GLOB '*[*]*' AND hostname NOT GLOB '[*][^.]*' AND hostname <> '*'
                    AND hostname NOT GLOB '.*' AND hostname NOT GLOB '*.' AND hostname NOT GLOB '*..*'),
  chain      TEXT                        -- certificates (PEM), the name's own first; NULL: from the private authority
             CHECK (length(chain) <= 65536 AND chain GLOB '*-----BEGIN CERTIFICATE-----*'),
  key        TEXT                        -- the private key, sealed; NULL: made by the proxy
             CHECK (length(key) <= 65536 AND key NOT GLOB '*[^A-Za-z0-9+/=]*'),
  created_at INTEGER NOT NULL            -- when it was added
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  PRIMARY KEY (app, hostname),
  CHECK ((chain IS NULL) = (key IS NULL)),
  CHECK (chain IS NOT NULL               -- the authority vouches for an app's own names only
         OR hostname IN (app || '.flycast', app || '.internal')
         OR hostname GLOB '*?.' || app || '.flycast' OR hostname GLOB '*?.' || app || '.internal')
) STRICT, WITHOUT ROWID;

-- ------------------------------------------------------------------------------------------------ rules

CREATE TRIGGER authority_rule_insert BEFORE INSERT ON authority BEGIN
  SELECT RAISE(ABORT, 'unknown organization: create it first (flycast orgs create SLUG)')
    WHERE NOT EXISTS (SELECT 1 FROM organization WHERE slug = new.org);
END;
CREATE TRIGGER authority_rule_update BEFORE UPDATE ON authority WHEN new.org IS NOT old.org BEGIN
  SELECT RAISE(ABORT, 'an authority keeps its organization: every organization has its own');
END;
CREATE TRIGGER authority_cascade AFTER DELETE ON organization BEGIN
  DELETE FROM authority WHERE org = old.slug;
END;
CREATE TRIGGER certificate_rule_insert BEFORE INSERT ON certificate BEGIN
  SELECT RAISE(ABORT, 'unknown app: create it first (flycast apps create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM app WHERE name = new.app);
END;
CREATE TRIGGER certificate_rule_update BEFORE UPDATE ON certificate
  WHEN new.app IS NOT old.app OR new.hostname IS NOT old.hostname BEGIN
  SELECT RAISE(ABORT, 'a certificate keeps its app and name: delete it and insert another one');
END;
CREATE TRIGGER certificate_cascade AFTER DELETE ON app BEGIN
  DELETE FROM certificate WHERE app = old.name;
END;

-- ------------------------------------------------------------------------------------------------ change log
-- Both belong to the object of the app; an authority to those of all apps of its organization.

CREATE TRIGGER authority_after_insert AFTER INSERT ON authority BEGIN
  INSERT INTO change (kind, key) SELECT 'app', name FROM app WHERE org = new.org;
  INSERT INTO change (kind, key) VALUES ('organization', new.org);
END;
CREATE TRIGGER authority_after_update AFTER UPDATE ON authority BEGIN
  INSERT INTO change (kind, key) SELECT 'app', name FROM app WHERE org = new.org;
  INSERT INTO change (kind, key) VALUES ('organization', new.org);
END;
CREATE TRIGGER authority_after_delete AFTER DELETE ON authority BEGIN
  INSERT INTO change (kind, key) SELECT 'app', name FROM app WHERE org = old.org;
  INSERT INTO change (kind, key) VALUES ('organization', old.org);
END;
CREATE TRIGGER certificate_after_insert AFTER INSERT ON certificate BEGIN
  INSERT INTO change (kind, key) VALUES ('app', new.app);
END;
CREATE TRIGGER certificate_after_update AFTER UPDATE ON certificate BEGIN
  INSERT INTO change (kind, key) VALUES ('app', new.app);
END;
CREATE TRIGGER certificate_after_delete AFTER DELETE ON certificate BEGIN
  INSERT INTO change (kind, key) VALUES ('app', old.app);
END;

-- ------------------------------------------------------------------------------------------------ audit
-- Without the keys: sealed or not, a second copy of them is of no use to anybody who should have it.

CREATE TRIGGER authority_audit_replace BEFORE INSERT ON authority BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced (object, key, before)
    SELECT 'authority', authority.org, json_object('org', authority.org, 'chain', authority.chain)
    FROM authority WHERE org = new.org;
END;
CREATE TRIGGER authority_audit_insert AFTER INSERT ON authority BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'authority', new.org,
    (SELECT before FROM replaced WHERE key = new.org),
    json_object('org', new.org, 'chain', new.chain),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  DELETE FROM replaced;
END;
CREATE TRIGGER authority_audit_update AFTER UPDATE ON authority
  WHEN new.chain IS NOT old.chain OR new.key IS NOT old.key BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'authority', old.org,
    json_object('org', old.org, 'chain', old.chain),
    json_object('org', new.org, 'chain', new.chain),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER authority_audit_delete AFTER DELETE ON authority BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'authority', old.org,
    json_object('org', old.org, 'chain', old.chain),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER certificate_audit_replace BEFORE INSERT ON certificate BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced (object, key, before)
    SELECT 'certificate', certificate.app || ' ' || certificate.hostname, json_object('app', certificate.app, 'hostname', certificate.hostname, 'chain', certificate.chain)
    FROM certificate WHERE app = new.app AND hostname = new.hostname;
END;
CREATE TRIGGER certificate_audit_insert AFTER INSERT ON certificate BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'certificate', new.app || ' ' || new.hostname,
    (SELECT before FROM replaced WHERE key = new.app || ' ' || new.hostname),
    json_object('app', new.app, 'hostname', new.hostname, 'chain', new.chain),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  DELETE FROM replaced;
END;
CREATE TRIGGER certificate_audit_update AFTER UPDATE ON certificate
  WHEN new.chain IS NOT old.chain OR new.key IS NOT old.key BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'certificate', old.app || ' ' || old.hostname,
    json_object('app', old.app, 'hostname', old.hostname, 'chain', old.chain),
    json_object('app', new.app, 'hostname', new.hostname, 'chain', new.chain),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER certificate_audit_delete AFTER DELETE ON certificate BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'certificate', old.app || ' ' || old.hostname,
    json_object('app', old.app, 'hostname', old.hostname, 'chain', old.chain),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
