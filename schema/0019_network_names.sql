-- 0019_network_names.sql - what a network's own names tell: _instances.internal may be turned off.

ALTER TABLE network ADD COLUMN instances INTEGER NOT NULL DEFAULT 1   -- 0: _instances.internal does not exist there, so no
  CHECK (instances IN (0, 1));                                        -- Machine can list all Machines with one question

-- ------------------------------------------------------------------------------------------------ view
-- As before, with the column above. INSERT INTO networks (org, name) VALUES ('acme', 'blue') gives the next id;
-- UPDATE networks SET instances = 0 WHERE org = 'acme' AND name = 'blue'.

DROP VIEW networks;
CREATE VIEW networks (org, name, id, prefix, apps, addresses, instances) AS
  SELECT org, name, id, prefix, (SELECT count(*) FROM app WHERE network = n.id),
         (SELECT count(*) FROM address WHERE network = n.id), instances
  FROM network n;
CREATE TRIGGER networks_insert INSTEAD OF INSERT ON networks BEGIN
  SELECT RAISE(ABORT, 'the registry chooses id and prefix: INSERT INTO networks (org, name) only')
    WHERE new.id IS NOT NULL OR new.prefix IS NOT NULL;
  INSERT INTO network (id, org, name, instances)
    SELECT value + 1 + (value % 65536 = 65535), new.org, new.name, coalesce(new.instances, 1)
    FROM counter WHERE kind = 'network' AND scope = '';
END;
CREATE TRIGGER networks_update INSTEAD OF UPDATE ON networks BEGIN
  SELECT RAISE(ABORT, 'apps and addresses are counted, prefix follows from id: UPDATE networks SET instances = ... only')
    WHERE new.apps IS NOT old.apps OR new.addresses IS NOT old.addresses OR new.prefix IS NOT old.prefix;
  UPDATE network SET id = new.id, org = new.org, name = new.name, instances = new.instances WHERE id = old.id;
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
    json_object('id', new.id, 'org', new.org, 'name', new.name, 'instances', new.instances),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER network_audit_update AFTER UPDATE ON network
  WHEN new.id IS NOT old.id OR new.org IS NOT old.org OR new.name IS NOT old.name OR
    new.instances IS NOT old.instances BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'network', old.id,
    json_object('id', old.id, 'org', old.org, 'name', old.name, 'instances', old.instances),
    json_object('id', new.id, 'org', new.org, 'name', new.name, 'instances', new.instances),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER network_audit_delete AFTER DELETE ON network BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'network', old.id,
    json_object('id', old.id, 'org', old.org, 'name', old.name, 'instances', old.instances),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
