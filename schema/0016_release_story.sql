-- 0016_release_story.sql - a release says what it is and how it ended.

ALTER TABLE release ADD COLUMN description TEXT NOT NULL   -- "Release", "Rollback to v3"
  DEFAULT 'Release' CHECK (length(description) BETWEEN 1 AND 255 AND instr(description, char(0)) = 0);
ALTER TABLE release ADD COLUMN message TEXT NOT NULL       -- failed, interrupted: why
  DEFAULT '' CHECK (length(message) <= 1000 AND instr(message, char(0)) = 0);
ALTER TABLE release ADD COLUMN finished_at INTEGER;        -- when it was complete or had failed; NULL: not known

DROP TRIGGER release_rule_update;
CREATE TRIGGER release_rule_update BEFORE UPDATE ON release
  WHEN new.app IS NOT old.app OR new.version IS NOT old.version OR new.created_at IS NOT old.created_at OR
    new.who IS NOT old.who OR new.image IS NOT old.image OR new.config IS NOT old.config OR
    new.description IS NOT old.description BEGIN
  SELECT RAISE(ABORT, 'a release never changes, only its status does: deploy again');
END;
