-- 0009_checks.sql - checks of a service: what the agent of a Machine's host asks it again and again, and what it
-- answered last. A service with a check that fails gets no work from the proxy until the check passes again.

CREATE TABLE service_check (             -- a question to a service; the agent of the Machine's host asks it
  machine         TEXT NOT NULL REFERENCES machine (id),   -- whose service
  protocol        TEXT NOT NULL DEFAULT 'tcp' CHECK (protocol = 'tcp'),   -- the service's
  internal_port   INTEGER NOT NULL,      -- the service's
  number          INTEGER NOT NULL CHECK (number BETWEEN 0 AND 99),   -- counts the checks of the service
  type            TEXT NOT NULL CHECK (type IN ('tcp', 'http')),   -- a connection is enough; a 2xx is wanted
  name            TEXT GENERATED ALWAYS AS   -- as Fly calls it
                  (printf('servicecheck-%02d-%s-%d', number, type, internal_port)) VIRTUAL,
  interval        INTEGER NOT NULL       -- milliseconds from one check to the next
                  DEFAULT 15000 CHECK (interval BETWEEN 1000 AND 3600000),
  timeout         INTEGER NOT NULL       -- milliseconds until it has failed
                  DEFAULT 5000 CHECK (timeout BETWEEN 100 AND 60000),
  grace_period    INTEGER NOT NULL       -- milliseconds after a start in which a failure does not count
                  DEFAULT 5000 CHECK (grace_period BETWEEN 0 AND 3600000),
  method          TEXT NOT NULL DEFAULT 'GET'   -- of the request
                  CHECK (length(method) BETWEEN 1 AND 20 AND method NOT GLOB '*[^A-Z]*' AND instr(method, char(0)) = 0),
  path            TEXT NOT NULL DEFAULT '/'   -- of the request, with its query
                  CHECK (length(path) <= 1024 AND path GLOB '/*' AND path NOT GLOB '*[^!-~]*'
                    AND instr(path, '#') = 0 AND instr(path, char(0)) = 0),
  headers         TEXT NOT NULL          -- JSON object of strings: fields of the request, besides Host
                  DEFAULT '{}'
                  CHECK (json_valid(headers) AND json_type(headers) = 'object' AND length(headers) <= 4096
                    AND instr(headers, char(0)) = 0),
  scheme          TEXT NOT NULL          -- what Fly calls protocol of an http check
                  DEFAULT 'http' CHECK (scheme IN ('http', 'https')),
  tls_server_name TEXT                   -- SNI, and the name in the certificate; NULL: <app>.flycast
                  CHECK (length(tls_server_name) BETWEEN 1 AND 253 AND tls_server_name NOT GLOB '*[^A-Za-z0-9.-]*'
                    AND instr(tls_server_name, char(0)) = 0),
  tls_skip_verify INTEGER NOT NULL DEFAULT 0 CHECK (tls_skip_verify IN (0, 1)),   -- 1: any certificate will do
  PRIMARY KEY (machine, protocol, internal_port, number),
  FOREIGN KEY (machine, protocol, internal_port) REFERENCES service (machine, protocol, internal_port)
) STRICT, WITHOUT ROWID;

CREATE TABLE check_state (               -- how a check went last; written by the agent of its Machine's host and
  machine         TEXT NOT NULL,         -- nobody else. No row: it has not passed since the Machine started
  internal_port   INTEGER NOT NULL,      -- the check's
  number          INTEGER NOT NULL,      -- the check's
  host            TEXT NOT NULL,         -- the host whose agent wrote this
  status          TEXT NOT NULL CHECK (status IN ('passing', 'critical')),   -- as Fly calls them
  since           INTEGER NOT NULL,      -- when it came to this
  output          TEXT NOT NULL          -- what was answered, or why nothing was
                  DEFAULT '' CHECK (length(output) <= 1000 AND instr(output, char(0)) = 0),
  PRIMARY KEY (machine, internal_port, number)
) STRICT, WITHOUT ROWID;

-- ------------------------------------------------------------------------------------------------ rules

CREATE TRIGGER service_check_rule_insert BEFORE INSERT ON service_check BEGIN
  SELECT RAISE(ABORT, 'unknown service: INSERT INTO service first')
    WHERE NOT EXISTS (SELECT 1 FROM service WHERE machine = new.machine AND protocol = 'tcp'
                      AND internal_port = new.internal_port);
  SELECT RAISE(ABORT, 'headers are strings: names are words, values have no control characters and no line ends')
    WHERE EXISTS (SELECT 1 FROM json_each(iif(json_valid(new.headers), new.headers, '{}'))
      WHERE type <> 'text' OR key = '' OR key GLOB '*[^A-Za-z0-9_-]*'
        OR value GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*' OR instr(value, char(0)) > 0);
END;
CREATE TRIGGER service_check_rule_update BEFORE UPDATE ON service_check BEGIN
  SELECT RAISE(ABORT, 'a check keeps its Machine, port and number: delete it and insert another one')
    WHERE new.machine IS NOT old.machine OR new.protocol IS NOT old.protocol OR
      new.internal_port IS NOT old.internal_port OR new.number IS NOT old.number;
  SELECT RAISE(ABORT, 'headers are strings: names are words, values have no control characters and no line ends')
    WHERE EXISTS (SELECT 1 FROM json_each(iif(json_valid(new.headers), new.headers, '{}'))
      WHERE type <> 'text' OR key = '' OR key GLOB '*[^A-Za-z0-9_-]*'
        OR value GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*' OR instr(value, char(0)) > 0);
END;
CREATE TRIGGER service_check_cascade AFTER DELETE ON service BEGIN
  DELETE FROM service_check WHERE machine = old.machine AND protocol = old.protocol
    AND internal_port = old.internal_port;
END;
CREATE TRIGGER machine_check_cascade AFTER DELETE ON machine BEGIN
  DELETE FROM service_check WHERE machine = old.id;
END;
CREATE TRIGGER check_state_rule_insert BEFORE INSERT ON check_state BEGIN
  SELECT RAISE(ABORT, 'unknown check: see SELECT * FROM checks')
    WHERE NOT EXISTS (SELECT 1 FROM service_check WHERE machine = new.machine AND internal_port = new.internal_port
                      AND number = new.number);
END;
CREATE TRIGGER check_state_rule_update BEFORE UPDATE ON check_state
  WHEN new.machine IS NOT old.machine OR new.internal_port IS NOT old.internal_port OR new.number IS NOT old.number
BEGIN
  SELECT RAISE(ABORT, 'a state keeps its check: its agent writes it');
END;
CREATE TRIGGER check_state_cascade AFTER DELETE ON service_check BEGIN
  DELETE FROM check_state WHERE machine = old.machine AND internal_port = old.internal_port AND number = old.number;
END;

-- ------------------------------------------------------------------------------------------------ change log
-- Both belong to the object of their Machine's app.

CREATE TRIGGER service_check_after_insert AFTER INSERT ON service_check BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = new.machine;
END;
CREATE TRIGGER service_check_after_update AFTER UPDATE ON service_check BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = new.machine;
END;
CREATE TRIGGER service_check_after_delete AFTER DELETE ON service_check BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = old.machine;
  INSERT INTO change (kind, key) SELECT 'machine', old.machine
    WHERE NOT EXISTS (SELECT 1 FROM machine WHERE id = old.machine);
END;
CREATE TRIGGER check_state_after_insert AFTER INSERT ON check_state BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = new.machine;
END;
CREATE TRIGGER check_state_after_update AFTER UPDATE ON check_state BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = new.machine;
END;
CREATE TRIGGER check_state_after_delete AFTER DELETE ON check_state BEGIN
  INSERT INTO change (kind, key) SELECT 'app', app FROM machine WHERE id = old.machine;
  INSERT INTO change (kind, key) SELECT 'machine', old.machine
    WHERE NOT EXISTS (SELECT 1 FROM machine WHERE id = old.machine);
END;

-- ------------------------------------------------------------------------------------------------ audit
-- Of the checks; how they go is no decision of anybody.

CREATE TRIGGER service_check_audit_replace BEFORE INSERT ON service_check BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced (object, key, before)
    SELECT 'service_check',
    machine || ' ' || protocol || ' ' || internal_port || ' ' || number,
    json_object('machine', service_check.machine, 'protocol', service_check.protocol,
      'internal_port', service_check.internal_port, 'number', service_check.number, 'type', service_check.type,
      'interval', service_check.interval, 'timeout', service_check.timeout,
      'grace_period', service_check.grace_period, 'method', service_check.method, 'path', service_check.path,
      'headers', iif(json_valid(service_check.headers), json(service_check.headers), service_check.headers),
      'scheme', service_check.scheme, 'tls_server_name', service_check.tls_server_name,
      'tls_skip_verify', service_check.tls_skip_verify)
    FROM service_check
    WHERE machine = new.machine AND protocol = new.protocol AND internal_port = new.internal_port
      AND number = new.number;
END;
CREATE TRIGGER service_check_audit_insert AFTER INSERT ON service_check BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service_check', new.machine || ' ' || new.protocol || ' ' || new.internal_port || ' ' || new.number,
    (SELECT before FROM replaced WHERE key =
      (new.machine || ' ' || new.protocol || ' ' || new.internal_port || ' ' || new.number)),
    json_object('machine', new.machine, 'protocol', new.protocol, 'internal_port', new.internal_port,
      'number', new.number, 'type', new.type, 'interval', new.interval, 'timeout', new.timeout,
      'grace_period', new.grace_period, 'method', new.method, 'path', new.path,
      'headers', iif(json_valid(new.headers), json(new.headers), new.headers), 'scheme', new.scheme,
      'tls_server_name', new.tls_server_name, 'tls_skip_verify', new.tls_skip_verify),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
  DELETE FROM replaced;
END;
CREATE TRIGGER service_check_audit_update AFTER UPDATE ON service_check
  WHEN new.type IS NOT old.type OR new.interval IS NOT old.interval OR new.timeout IS NOT old.timeout OR
    new.grace_period IS NOT old.grace_period OR new.method IS NOT old.method OR new.path IS NOT old.path OR
    new.headers IS NOT old.headers OR new.scheme IS NOT old.scheme OR new.tls_server_name IS NOT old.tls_server_name OR
    new.tls_skip_verify IS NOT old.tls_skip_verify BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service_check', old.machine || ' ' || old.protocol || ' ' || old.internal_port || ' ' || old.number,
    json_object('machine', old.machine, 'protocol', old.protocol, 'internal_port', old.internal_port,
      'number', old.number, 'type', old.type, 'interval', old.interval, 'timeout', old.timeout,
      'grace_period', old.grace_period, 'method', old.method, 'path', old.path,
      'headers', iif(json_valid(old.headers), json(old.headers), old.headers), 'scheme', old.scheme,
      'tls_server_name', old.tls_server_name, 'tls_skip_verify', old.tls_skip_verify),
    json_object('machine', new.machine, 'protocol', new.protocol, 'internal_port', new.internal_port,
      'number', new.number, 'type', new.type, 'interval', new.interval, 'timeout', new.timeout,
      'grace_period', new.grace_period, 'method', new.method, 'path', new.path,
      'headers', iif(json_valid(new.headers), json(new.headers), new.headers), 'scheme', new.scheme,
      'tls_server_name', new.tls_server_name, 'tls_skip_verify', new.tls_skip_verify),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER service_check_audit_delete AFTER DELETE ON service_check BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'service_check', old.machine || ' ' || old.protocol || ' ' || old.internal_port || ' ' || old.number,
    json_object('machine', old.machine, 'protocol', old.protocol, 'internal_port', old.internal_port,
      'number', old.number, 'type', old.type, 'interval', old.interval, 'timeout', old.timeout,
      'grace_period', old.grace_period, 'method', old.method, 'path', old.path,
      'headers', iif(json_valid(old.headers), json(old.headers), old.headers), 'scheme', old.scheme,
      'tls_server_name', old.tls_server_name, 'tls_skip_verify', old.tls_skip_verify),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;

-- ------------------------------------------------------------------------------------------------ daily questions

-- Checks and how they go: SELECT * FROM checks WHERE app = 'my-app' AND status <> 'passing'.
CREATE VIEW checks (app, machine, name, status, output, since) AS
  SELECT m.app, m.id, k.name, coalesce(c.status, 'warning'), coalesce(c.output, ''),
         strftime('%Y-%m-%d %H:%M:%S', c.since / 1000, 'unixepoch')
  FROM service_check k JOIN machine m ON m.id = k.machine
  LEFT JOIN check_state c ON c.machine = k.machine AND c.internal_port = k.internal_port AND c.number = k.number;
