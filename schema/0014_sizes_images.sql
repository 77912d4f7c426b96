-- 0014_sizes_images.sql - how much of its host a Machine may use, and the image it is made of. A Machine without a size
-- is not limited; one without an image is a command among the files of its host.

ALTER TABLE machine ADD COLUMN cpu_kind TEXT    -- shared: yields to performance where CPUs are short; NULL: no size
  CHECK (cpu_kind IN ('shared', 'performance'));
ALTER TABLE machine ADD COLUMN cpus INTEGER     -- at most so many at once
  CHECK (cpus BETWEEN 1 AND 1024 AND (cpus IS NULL) = (cpu_kind IS NULL));
ALTER TABLE machine ADD COLUMN memory_mb INTEGER   -- MiB; whoever wants more is killed
  CHECK (memory_mb BETWEEN 16 AND 16777216 AND (memory_mb IS NULL) = (cpu_kind IS NULL));
ALTER TABLE machine ADD COLUMN image TEXT       -- of its host's store of images; command [""] is then the image's own
  CHECK (length(image) BETWEEN 1 AND 512 AND image GLOB '[A-Za-z0-9]*' AND image NOT GLOB '*[^A-Za-z0-9._:/@+-]*'
    AND instr(image, char(0)) = 0);
ALTER TABLE machine ADD COLUMN entrypoint TEXT  -- JSON array of strings, before the command; NULL: the image's own
  CHECK (entrypoint IS NULL OR (json_valid(entrypoint) AND json_type(entrypoint) = 'array' AND image IS NOT NULL));
ALTER TABLE machine_state ADD COLUMN oom_killed INTEGER   -- 1: a process of the last run was killed for want of memory
  NOT NULL DEFAULT 0 CHECK (oom_killed IN (0, 1));

-- ------------------------------------------------------------------------------------------------ rules

CREATE TRIGGER machine_image_rule_insert BEFORE INSERT ON machine
  WHEN new.image IS NULL AND json_valid(new.command) BEGIN
  SELECT RAISE(ABORT, 'a Machine without an image needs a program: command is ["program", "argument", ...]')
    WHERE json_extract(new.command, '$[0]') = '';
END;
CREATE TRIGGER machine_image_rule_update BEFORE UPDATE ON machine
  WHEN new.image IS NULL AND json_valid(new.command) BEGIN
  SELECT RAISE(ABORT, 'a Machine without an image needs a program: command is ["program", "argument", ...]')
    WHERE json_extract(new.command, '$[0]') = '';
END;

-- ------------------------------------------------------------------------------------------------ audit
-- As before, with the columns above.

DROP TRIGGER machine_audit_insert;
DROP TRIGGER machine_audit_update;
DROP TRIGGER machine_audit_delete;
CREATE TRIGGER machine_audit_insert AFTER INSERT ON machine BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'machine', new.id,
    NULL,
    json_object('id', new.id, 'app', new.app, 'network', new.network, 'name', new.name, 'host', new.host,
      'slot', new.slot, 'region', new.region, 'process_group', new.process_group,
      'command', iif(json_valid(new.command), json(new.command), new.command),
      'env', iif(json_valid(new.env), json(new.env), new.env), 'restart', new.restart, 'max_retries', new.max_retries,
      'kill_signal', new.kill_signal, 'kill_timeout', new.kill_timeout, 'auto_destroy', new.auto_destroy,
      'skip_dns', new.skip_dns, 'cordoned', new.cordoned, 'ask', new.ask,
      'ask_options', iif(json_valid(new.ask_options), json(new.ask_options), new.ask_options),
      'cpu_kind', new.cpu_kind, 'cpus', new.cpus, 'memory_mb', new.memory_mb, 'image', new.image,
      'entrypoint', iif(json_valid(new.entrypoint), json(new.entrypoint), new.entrypoint)),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER machine_audit_update AFTER UPDATE ON machine
  WHEN new.id IS NOT old.id OR new.app IS NOT old.app OR new.network IS NOT old.network OR
    new.name IS NOT old.name OR new.host IS NOT old.host OR new.slot IS NOT old.slot OR
    new.region IS NOT old.region OR new.process_group IS NOT old.process_group OR
    new.command IS NOT old.command OR new.env IS NOT old.env OR new.restart IS NOT old.restart OR
    new.max_retries IS NOT old.max_retries OR new.kill_signal IS NOT old.kill_signal OR
    new.kill_timeout IS NOT old.kill_timeout OR new.auto_destroy IS NOT old.auto_destroy OR
    new.skip_dns IS NOT old.skip_dns OR new.cordoned IS NOT old.cordoned OR new.ask IS NOT old.ask OR
    new.ask_options IS NOT old.ask_options OR new.cpu_kind IS NOT old.cpu_kind OR new.cpus IS NOT old.cpus OR
    new.memory_mb IS NOT old.memory_mb OR new.image IS NOT old.image OR new.entrypoint IS NOT old.entrypoint BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'machine', old.id,
    json_object('id', old.id, 'app', old.app, 'network', old.network, 'name', old.name, 'host', old.host,
      'slot', old.slot, 'region', old.region, 'process_group', old.process_group,
      'command', iif(json_valid(old.command), json(old.command), old.command),
      'env', iif(json_valid(old.env), json(old.env), old.env), 'restart', old.restart, 'max_retries', old.max_retries,
      'kill_signal', old.kill_signal, 'kill_timeout', old.kill_timeout, 'auto_destroy', old.auto_destroy,
      'skip_dns', old.skip_dns, 'cordoned', old.cordoned, 'ask', old.ask,
      'ask_options', iif(json_valid(old.ask_options), json(old.ask_options), old.ask_options),
      'cpu_kind', old.cpu_kind, 'cpus', old.cpus, 'memory_mb', old.memory_mb, 'image', old.image,
      'entrypoint', iif(json_valid(old.entrypoint), json(old.entrypoint), old.entrypoint)),
    json_object('id', new.id, 'app', new.app, 'network', new.network, 'name', new.name, 'host', new.host,
      'slot', new.slot, 'region', new.region, 'process_group', new.process_group,
      'command', iif(json_valid(new.command), json(new.command), new.command),
      'env', iif(json_valid(new.env), json(new.env), new.env), 'restart', new.restart, 'max_retries', new.max_retries,
      'kill_signal', new.kill_signal, 'kill_timeout', new.kill_timeout, 'auto_destroy', new.auto_destroy,
      'skip_dns', new.skip_dns, 'cordoned', new.cordoned, 'ask', new.ask,
      'ask_options', iif(json_valid(new.ask_options), json(new.ask_options), new.ask_options),
      'cpu_kind', new.cpu_kind, 'cpus', new.cpus, 'memory_mb', new.memory_mb, 'image', new.image,
      'entrypoint', iif(json_valid(new.entrypoint), json(new.entrypoint), new.entrypoint)),
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
CREATE TRIGGER machine_audit_delete AFTER DELETE ON machine BEGIN
  INSERT INTO audit (object, key, before, after, uid, name, command)
    SELECT 'machine', old.id,
    json_object('id', old.id, 'app', old.app, 'network', old.network, 'name', old.name, 'host', old.host,
      'slot', old.slot, 'region', old.region, 'process_group', old.process_group,
      'command', iif(json_valid(old.command), json(old.command), old.command),
      'env', iif(json_valid(old.env), json(old.env), old.env), 'restart', old.restart, 'max_retries', old.max_retries,
      'kill_signal', old.kill_signal, 'kill_timeout', old.kill_timeout, 'auto_destroy', old.auto_destroy,
      'skip_dns', old.skip_dns, 'cordoned', old.cordoned, 'ask', old.ask,
      'ask_options', iif(json_valid(old.ask_options), json(old.ask_options), old.ask_options),
      'cpu_kind', old.cpu_kind, 'cpus', old.cpus, 'memory_mb', old.memory_mb, 'image', old.image,
      'entrypoint', iif(json_valid(old.entrypoint), json(old.entrypoint), old.entrypoint)),
    NULL,
    uid, actor.name, command FROM (SELECT 1) LEFT JOIN actor;
END;
