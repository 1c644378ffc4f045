"""A series may only grow and is never deleted: numbers have no second life."""

from typing import ClassVar

from django.db import migrations

FORWARD = """
CREATE FUNCTION numbering_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.last < OLD.last OR NEW.key <> OLD.key THEN
    RAISE EXCEPTION 'A number series only grows (%)', OLD.key USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER numbering_only_grows BEFORE UPDATE OR DELETE ON numbering_series
  FOR EACH ROW EXECUTE FUNCTION numbering_only_grows();
ALTER TABLE numbering_series SET (fillfactor = 50);
"""
BACKWARD = "DROP TRIGGER numbering_only_grows ON numbering_series; DROP FUNCTION numbering_only_grows();"


class Migration(migrations.Migration):
    dependencies: ClassVar = [("numbering", "0001_initial")]
    operations: ClassVar = [migrations.RunSQL(FORWARD, BACKWARD)]
