-- 0017_port_audit.sql - the audit follows a port that gets another number. It is the one key that an UPDATE may change: one
-- row says that the port is gone from the old number, another that it is at the new one.

DROP TRIGGER service_port_audit_update;
CREATE TRIGGER service_port_audit_update AFTER UPDATE ON service_port
  WHEN (new.end_port IS NOT old.end_port OR new.internal_port IS NOT old.internal_port OR
    new.handlers IS NOT old.handlers OR new.force_https IS NOT old.force_https OR new.options IS NOT old.options) AND
    new.machine IS old.machine AND new.protocol IS old.protocol AND new.start_port IS old.start_port BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service_port', old.machine || ' ' || old.protocol || ' ' || old.start_port,
    json_object('machine', old.machine, 'protocol', old.protocol, 'internal_port', old.internal_port,
      'start_port', old.start_port, 'end_port', old.end_port, 'handlers', old.handlers, 'force_https', old.force_https,
      'options', iif(json_valid(old.options), json(old.options), old.options)),
    json_object('machine', new.machine, 'protocol', new.protocol, 'internal_port', new.internal_port,
      'start_port', new.start_port, 'end_port', new.end_port, 'handlers', new.handlers, 'force_https', new.force_https,
      'options', iif(json_valid(new.options), json(new.options), new.options)),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER service_port_audit_move AFTER UPDATE ON service_port
  WHEN new.machine IS NOT old.machine OR new.protocol IS NOT old.protocol OR
    new.start_port IS NOT old.start_port BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service_port', old.machine || ' ' || old.protocol || ' ' || old.start_port,
    json_object('machine', old.machine, 'protocol', old.protocol, 'internal_port', old.internal_port,
      'start_port', old.start_port, 'end_port', old.end_port, 'handlers', old.handlers, 'force_https', old.force_https,
      'options', iif(json_valid(old.options), json(old.options), old.options)),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service_port', new.machine || ' ' || new.protocol || ' ' || new.start_port,
    NULL,
    json_object('machine', new.machine, 'protocol', new.protocol, 'internal_port', new.internal_port,
      'start_port', new.start_port, 'end_port', new.end_port, 'handlers', new.handlers, 'force_https', new.force_https,
      'options', iif(json_valid(new.options), json(new.options), new.options)),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
