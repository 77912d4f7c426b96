-- 0023_forward.sql - flycast-dns --forward is for clients of every network; not for those of one that says so.

ALTER TABLE network ADD COLUMN forward INTEGER NOT NULL DEFAULT 1   -- 0: its clients are refused what is no name of ours
  CHECK (forward IN (0, 1));

-- ------------------------------------------------------------------------------------------------ view
-- As before, with the column above. INSERT INTO networks (org, name) VALUES ('acme', 'blue') gives the next id;
-- UPDATE networks SET instances = 0, forward = 0 WHERE org = 'acme' AND name = 'blue'.

DROP VIEW networks;
CREATE VIEW networks (org, name, id, prefix, apps, addresses, instances, forward) AS
  SELECT org, name, id, prefix, (SELECT count(*) FROM app WHERE network = n.id),
         (SELECT count(*) FROM address WHERE network = n.id), instances, forward
  FROM network n;
CREATE TRIGGER networks_insert INSTEAD OF INSERT ON networks BEGIN
  SELECT RAISE(ABORT, 'the registry chooses id and prefix: INSERT INTO networks (org, name) only')
    WHERE new.id IS NOT NULL OR new.prefix IS NOT NULL;
  INSERT INTO network (id, org, name, instances, forward)
    SELECT value + 1 + (value % 65536 = 65535), new.org, new.name, coalesce(new.instances, 1), coalesce(new.forward, 1)
    FROM counter WHERE kind = 'network' AND scope = '';
END;
CREATE TRIGGER networks_update INSTEAD OF UPDATE ON networks BEGIN
  SELECT RAISE(ABORT, 'apps and addresses are counted, prefix follows from id: UPDATE networks SET instances = ..., forward = ... only')
    WHERE new.apps IS NOT old.apps OR new.addresses IS NOT old.addresses OR new.prefix IS NOT old.prefix;
  UPDATE network SET id = new.id, org = new.org, name = new.name, instances = new.instances, forward = new.forward
    WHERE id = old.id;
END;
CREATE TRIGGER networks_delete INSTEAD OF DELETE ON networks BEGIN
  DELETE FROM network WHERE id = old.id;
END;

-- ------------------------------------------------------------------------------------------------ audit
-- As before, with the column above.

DROP TRIGGER network_audit_insert;
DROP TRIGGER network_audit_update;
DROP TRIGGER network_audit_delete;
CREATE TRIGGER network_audit_insert AFTER INSERT ON network BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'network', new.id,
    NULL,
    json_object('id', new.id, 'org', new.org, 'name', new.name, 'instances', new.instances,
      'forward', new.forward),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER network_audit_update AFTER UPDATE ON network
  WHEN new.id IS NOT old.id OR new.org IS NOT old.org OR new.name IS NOT old.name OR
    new.instances IS NOT old.instances OR new.forward IS NOT old.forward BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'network', old.id,
    json_object('id', old.id, 'org', old.org, 'name', old.name, 'instances', old.instances,
      'forward', old.forward),
    json_object('id', new.id, 'org', new.org, 'name', new.name, 'instances', new.instances,
      'forward', new.forward),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER network_audit_delete AFTER DELETE ON network BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'network', old.id,
    json_object('id', old.id, 'org', old.org, 'name', old.name, 'instances', old.instances,
      'forward', old.forward),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
