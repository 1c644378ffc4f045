"""The catalogue's stamp, and published versions that nothing may change but their end date."""

from typing import ClassVar

from django.db import migrations

STAMPED = (
    "accounts_unit", "accounts_office", "accounts_officehours", "procedures_field", "procedures_documenttype",
    "procedures_procedure", "procedures_procedureversion", "procedures_case", "procedures_componentrequirement",
    "procedures_step", "procedures_fee", "procedures_legalbasis", "procedures_calendaryear", "procedures_calendarday",
)  # fmt: skip
PARTS = ("procedures_case", "procedures_step", "procedures_fee", "procedures_legalbasis")

STAMP = """
INSERT INTO procedures_cataloguestamp (id, value) VALUES (1, 1);
CREATE SEQUENCE procedures_stamp_seq START 2;
-- The value comes from a sequence, so a value seen inside a transaction that rolled back is never seen again.
CREATE FUNCTION procedures_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE procedures_cataloguestamp SET value = nextval('procedures_stamp_seq');
  RETURN NULL;
END $$;
"""
PUBLISHED = """
CREATE FUNCTION procedures_version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'published' AND (TG_OP = 'DELETE' OR (to_jsonb(NEW) - 'in_force_to' - 'is_verified') <> (to_jsonb(OLD) - 'in_force_to' - 'is_verified')) THEN
    RAISE EXCEPTION 'A published version does not change (%)', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER version_frozen BEFORE UPDATE OR DELETE ON procedures_procedureversion
  FOR EACH ROW EXECUTE FUNCTION procedures_version_frozen();
CREATE FUNCTION procedures_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE version bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.version_id ELSE OLD.version_id END;
BEGIN
  IF (SELECT state FROM procedures_procedureversion WHERE id = version) = 'published' THEN
    RAISE EXCEPTION 'A published version does not change (%)', version USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE FUNCTION procedures_component_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE owner bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.case_id ELSE OLD.case_id END;
BEGIN
  IF (SELECT v.state FROM procedures_case c JOIN procedures_procedureversion v ON v.id = c.version_id WHERE c.id = owner) = 'published' THEN
    RAISE EXCEPTION 'A published version does not change (case %)', owner USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER component_frozen BEFORE INSERT OR UPDATE OR DELETE ON procedures_componentrequirement
  FOR EACH ROW EXECUTE FUNCTION procedures_component_frozen();
"""


def _touch(table: str) -> str:
    return (
        f"CREATE TRIGGER touch_stamp AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION procedures_touch();"
    )


def _freeze(table: str) -> str:
    return f"CREATE TRIGGER part_frozen BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION procedures_part_frozen();"


FORWARD = STAMP + "".join(map(_touch, STAMPED)) + PUBLISHED + "".join(map(_freeze, PARTS))
BACKWARD = (
    "DROP FUNCTION procedures_touch() CASCADE; DROP FUNCTION procedures_version_frozen() CASCADE;"
    "DROP FUNCTION procedures_part_frozen() CASCADE; DROP FUNCTION procedures_component_frozen() CASCADE;"
    "DROP SEQUENCE procedures_stamp_seq; DELETE FROM procedures_cataloguestamp;"
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("procedures", "0001_initial"), ("accounts", "0001_initial")]
    operations: ClassVar = [migrations.RunSQL(FORWARD, BACKWARD)]
