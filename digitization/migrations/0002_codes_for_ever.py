"""A document's code is given once: it never changes, is never taken back, and its row is never deleted."""

from typing import ClassVar

from django.db import migrations

FORWARD = """
CREATE FUNCTION digitization_code_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.code IS NOT NULL AND (TG_OP = 'DELETE'
     OR (NEW.code, NEW.code_owner, NEW.code_origin, NEW.code_type, NEW.code_nn) IS DISTINCT FROM
        (OLD.code, OLD.code_owner, OLD.code_origin, OLD.code_type, OLD.code_nn)) THEN
    RAISE EXCEPTION 'A document code is for ever (%)', OLD.code USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER code_for_ever BEFORE UPDATE OR DELETE ON digitization_document
  FOR EACH ROW EXECUTE FUNCTION digitization_code_for_ever();
INSERT INTO digitization_codescheme (kind, template, in_force_from, legal_basis, confidence) VALUES
 ('component', '{owner}.{origin}.{type}.{nn:02d}', '2021-01-01', 'TT 01/2023/TT-VPCP Điều 10', 'Sơ đồ chính thức chưa có; đây là cách đọc của một hệ thống đang vận hành'),
 ('result', '{owner}.{type}.{origin}.{nn:02d}', '2021-01-01', 'TT 01/2023/TT-VPCP Điều 10', 'Sơ đồ chính thức chưa có; đây là cách đọc của một hệ thống đang vận hành');
"""
BACKWARD = "DROP FUNCTION digitization_code_for_ever() CASCADE; DELETE FROM digitization_codescheme;"


class Migration(migrations.Migration):
    dependencies: ClassVar = [("digitization", "0001_initial")]
    operations: ClassVar = [migrations.RunSQL(FORWARD, BACKWARD)]
