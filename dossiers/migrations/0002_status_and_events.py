"""The database repeats the life cycle: events are append-only, dossiers are never deleted, status = target of the last event."""

from typing import ClassVar

from django.db import migrations

FORWARD = """
CREATE FUNCTION dossiers_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON dossiers_dossierevent FOR EACH ROW EXECUTE FUNCTION dossiers_append_only();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON dossiers_dossierevent FOR EACH STATEMENT EXECUTE FUNCTION dossiers_append_only();
CREATE TRIGGER never_deleted BEFORE DELETE ON dossiers_dossier FOR EACH ROW EXECUTE FUNCTION dossiers_append_only();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON dossiers_dossier FOR EACH STATEMENT EXECUTE FUNCTION dossiers_append_only();

CREATE FUNCTION dossiers_keeps_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.code, NEW.code_key, NEW.version_of_procedure_id) IS DISTINCT FROM (OLD.code, OLD.code_key, OLD.version_of_procedure_id) THEN
    RAISE EXCEPTION 'A dossier keeps its code and its procedure version (%)', OLD.code USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keeps_identity BEFORE UPDATE ON dossiers_dossier FOR EACH ROW EXECUTE FUNCTION dossiers_keeps_identity();

CREATE FUNCTION dossiers_status_is_last_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wanted text; found text; number int; counted int;
  dossier bigint := CASE WHEN TG_TABLE_NAME = 'dossiers_dossier' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'dossier_id')::bigint END;
BEGIN
  SELECT status, version INTO found, counted FROM dossiers_dossier WHERE id = dossier;
  SELECT to_status, seq INTO wanted, number FROM dossiers_dossierevent WHERE dossier_id = dossier ORDER BY seq DESC LIMIT 1;
  IF found IS DISTINCT FROM wanted OR counted IS DISTINCT FROM number THEN
    RAISE EXCEPTION 'Dossier % is % (change %) but its last event says % (%)', dossier, found, counted, wanted, number
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER status_is_last_event AFTER INSERT OR UPDATE OF status, version ON dossiers_dossier
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dossiers_status_is_last_event();
CREATE CONSTRAINT TRIGGER event_is_status AFTER INSERT ON dossiers_dossierevent
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dossiers_status_is_last_event();
"""
BACKWARD = """
DROP FUNCTION dossiers_append_only() CASCADE; DROP FUNCTION dossiers_keeps_identity() CASCADE;
DROP FUNCTION dossiers_status_is_last_event() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dossiers", "0001_initial")]
    operations: ClassVar = [migrations.RunSQL(FORWARD, BACKWARD)]
