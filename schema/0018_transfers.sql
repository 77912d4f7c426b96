-- 0018_transfers.sql - copies of what a network's names say, for other name servers: keys that sign transfers (TSIG,
-- RFC 8945), and the servers that are told of changes (NOTIFY, RFC 1996).
--
-- Keys are sealed with the key in the file <registry>.seal, like private keys: whoever reads a copy of the registry can
-- sign nothing.

CREATE TABLE transfer_key (              -- whoever has it reads one network: questions and transfers it signs
  name       TEXT PRIMARY KEY            -- a domain name in lower case, without a dot at the end
             CHECK (length(name) BETWEEN 1 AND 253 AND name NOT GLOB '*[^a-z0-9._-]*' AND name NOT GLOB '.*'
                    AND name NOT GLOB '*.' AND name NOT GLOB '*..*' AND instr(name, char(0)) = 0),
  network    INTEGER NOT NULL REFERENCES network (id),   -- that is read with it
  algorithm  TEXT NOT NULL DEFAULT 'hmac-sha256'   -- of its signatures
             CHECK (algorithm IN ('hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512')),
  secret     TEXT NOT NULL               -- sealed
             CHECK (length(secret) BETWEEN 1 AND 1024 AND secret NOT GLOB '*[^A-Za-z0-9+/=]*'
                    AND instr(secret, char(0)) = 0),
  created_at INTEGER NOT NULL            -- when it was made
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))
) STRICT, WITHOUT ROWID;
CREATE INDEX transfer_key_network ON transfer_key (network);

CREATE TABLE secondary (                 -- a name server that is told when a network's names change
  network    INTEGER NOT NULL REFERENCES network (id),   -- whose names it copies
  address    TEXT NOT NULL               -- [address]:port, or 192.0.2.1:53: where it is told
             CHECK (length(address) <= 60 AND (address GLOB '[[]*:*[]]:[1-9]*' OR address GLOB '[0-9]*.*.*.*:[1-9]*')
                    AND address NOT GLOB '*[^]0-9a-f:.[]*' AND instr(address, char(0)) = 0),
  key        TEXT REFERENCES transfer_key (name),   -- it signs with; NULL: its address alone lets it copy
  created_at INTEGER NOT NULL            -- when it was added
             DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
  PRIMARY KEY (network, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX secondary_key ON secondary (key);
CREATE INDEX secondary_address ON secondary (address);

-- ------------------------------------------------------------------------------------------------ rules

CREATE TRIGGER transfer_key_rule_insert BEFORE INSERT ON transfer_key BEGIN
  SELECT RAISE(ABORT, 'unknown network: create it first (flycast networks create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM network WHERE id = new.network);
  SELECT RAISE(ABORT, 'a key of this name exists: take another name, or destroy that one first (flycast keys destroy NAME)')
    WHERE EXISTS (SELECT 1 FROM transfer_key WHERE name = new.name);
  SELECT RAISE(ABORT, 'a network has at most 100 keys: destroy one (flycast keys destroy NAME)')
    WHERE (SELECT count(*) FROM transfer_key WHERE network = new.network) >= 100;
END;
CREATE TRIGGER transfer_key_rule_update BEFORE UPDATE ON transfer_key
  WHEN new.name IS NOT old.name OR new.network IS NOT old.network OR new.algorithm IS NOT old.algorithm
    OR new.secret IS NOT old.secret BEGIN
  SELECT RAISE(ABORT, 'a key never changes: create another one, and destroy this one when nobody uses it any more');
END;
CREATE TRIGGER transfer_key_rule_delete BEFORE DELETE ON transfer_key BEGIN
  SELECT RAISE(ABORT, 'secondaries sign with this key: remove them first (flycast secondaries list)')
    WHERE EXISTS (SELECT 1 FROM secondary WHERE key = old.name);
END;
CREATE TRIGGER secondary_rule_insert BEFORE INSERT ON secondary BEGIN
  SELECT RAISE(ABORT, 'unknown network: create it first (flycast networks create NAME)')
    WHERE NOT EXISTS (SELECT 1 FROM network WHERE id = new.network);
  SELECT RAISE(ABORT, 'unknown key: a secondary signs with a key of its own network (flycast keys create NAME)')
    WHERE new.key IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM transfer_key WHERE name = new.key AND network = new.network);
  -- Without its port an address tells one network only.
  SELECT RAISE(ABORT, 'without a key this address copies another network already: give it a key (flycast keys create NAME)')
    WHERE new.key IS NULL AND EXISTS (SELECT 1 FROM secondary WHERE key IS NULL AND network <> new.network
      AND rtrim(address, '0123456789') = rtrim(new.address, '0123456789'));
  SELECT RAISE(ABORT, 'a network has at most 100 secondaries: remove one (flycast secondaries remove ADDRESS)')
    WHERE (SELECT count(*) FROM secondary WHERE network = new.network AND address <> new.address) >= 100;
END;
CREATE TRIGGER secondary_rule_update BEFORE UPDATE ON secondary BEGIN
  SELECT RAISE(ABORT, 'a secondary keeps its network and address: delete it and insert another one')
    WHERE new.network IS NOT old.network OR new.address IS NOT old.address;
  SELECT RAISE(ABORT, 'unknown key: a secondary signs with a key of its own network (flycast keys create NAME)')
    WHERE new.key IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM transfer_key WHERE name = new.key AND network = new.network);
  SELECT RAISE(ABORT, 'without a key this address copies another network already: give it a key (flycast keys create NAME)')
    WHERE new.key IS NULL AND EXISTS (SELECT 1 FROM secondary WHERE key IS NULL AND network <> new.network
      AND rtrim(address, '0123456789') = rtrim(new.address, '0123456789'));
END;
CREATE TRIGGER transfer_cascade AFTER DELETE ON network BEGIN
  DELETE FROM secondary WHERE network = old.id;
  DELETE FROM transfer_key WHERE network = old.id;
END;

-- ------------------------------------------------------------------------------------------------ change log
-- Both belong to the transfers of their network.

CREATE TRIGGER transfer_key_after_insert AFTER INSERT ON transfer_key BEGIN
  INSERT INTO change (kind, key) VALUES ('transfer', CAST(new.network AS TEXT));
END;
CREATE TRIGGER transfer_key_after_update AFTER UPDATE ON transfer_key BEGIN
  INSERT INTO change (kind, key) VALUES ('transfer', CAST(new.network AS TEXT));
END;
CREATE TRIGGER transfer_key_after_delete AFTER DELETE ON transfer_key BEGIN
  INSERT INTO change (kind, key) VALUES ('transfer', CAST(old.network AS TEXT));
END;
CREATE TRIGGER secondary_after_insert AFTER INSERT ON secondary BEGIN
  INSERT INTO change (kind, key) VALUES ('transfer', CAST(new.network AS TEXT));
END;
CREATE TRIGGER secondary_after_update AFTER UPDATE ON secondary BEGIN
  INSERT INTO change (kind, key) VALUES ('transfer', CAST(new.network AS TEXT));
END;
CREATE TRIGGER secondary_after_delete AFTER DELETE ON secondary BEGIN
  INSERT INTO change (kind, key) VALUES ('transfer', CAST(old.network AS TEXT));
END;

-- ------------------------------------------------------------------------------------------------ audit
-- Without the secrets: sealed or not, a second copy of them is of no use to anybody who should have it.

CREATE TRIGGER transfer_key_audit_insert AFTER INSERT ON transfer_key BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'transfer_key', new.name, NULL,
    json_object('name', new.name, 'network', new.network, 'algorithm', new.algorithm),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER transfer_key_audit_delete AFTER DELETE ON transfer_key BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'transfer_key', old.name,
    json_object('name', old.name, 'network', old.network, 'algorithm', old.algorithm), NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER secondary_audit_replace BEFORE INSERT ON secondary BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced (object, key, before)
    SELECT 'secondary', secondary.network || ' ' || secondary.address,
    json_object('network', secondary.network, 'address', secondary.address, 'key', secondary.key)
    FROM secondary WHERE network = new.network AND address = new.address;
END;
CREATE TRIGGER secondary_audit_insert AFTER INSERT ON secondary BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'secondary', new.network || ' ' || new.address,
    (SELECT before FROM replaced WHERE key = new.network || ' ' || new.address),
    json_object('network', new.network, 'address', new.address, 'key', new.key),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  DELETE FROM replaced;
END;
CREATE TRIGGER secondary_audit_update AFTER UPDATE ON secondary WHEN new.key IS NOT old.key BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'secondary', old.network || ' ' || old.address,
    json_object('network', old.network, 'address', old.address, 'key', old.key),
    json_object('network', new.network, 'address', new.address, 'key', new.key),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER secondary_audit_delete AFTER DELETE ON secondary BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'secondary', old.network || ' ' || old.address,
    json_object('network', old.network, 'address', old.address, 'key', old.key), NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
