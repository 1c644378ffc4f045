"""The ledger of the clocks, written by the database from the events; and what open dossiers need from now on."""

from typing import ClassVar

from django.db import migrations

# Rows that stand already: one span for each run of events with the same open status and step.
_SPANS = """
INSERT INTO dossiers_clockspan (dossier_id, status, step_id, started_at, ended_at)
SELECT dossier_id, to_status, to_step_id, at, lead(at) OVER (PARTITION BY dossier_id ORDER BY seq) FROM (
  SELECT dossier_id, seq, to_status, to_step_id, at,
    lag((to_status, coalesce(to_step_id, 0))) OVER (PARTITION BY dossier_id ORDER BY seq) AS before
  FROM dossiers_dossierevent
) e WHERE before IS DISTINCT FROM (to_status, coalesce(to_step_id, 0));
DELETE FROM dossiers_clockspan WHERE status NOT IN ('received', 'processing', 'awaiting_supplement', 'awaiting_payment');
"""
_OPEN = """
UPDATE dossiers_dossier d SET
  next_act = CASE d.status
    WHEN 'received' THEN 'forward' WHEN 'awaiting_supplement' THEN 'supplement' WHEN 'awaiting_payment' THEN 'pay'
    WHEN 'finished' THEN 'return_result'
    ELSE CASE WHEN (SELECT s.position FROM procedures_step s WHERE s.id = d.step_id) =
      (SELECT max(s.position) FROM procedures_step s WHERE s.version_id = d.version_of_procedure_id) THEN 'approve' ELSE 'forward' END
    END,
  assignee_id = CASE WHEN d.status = 'processing' THEN coalesce(d.assignee_id, (
    SELECT e.actor_id FROM dossiers_dossierevent e WHERE e.dossier_id = d.id AND e.actor_id IS NOT NULL ORDER BY e.seq DESC LIMIT 1
  )) ELSE d.assignee_id END,
  respond_by = CASE WHEN d.status IN ('awaiting_supplement', 'awaiting_payment') THEN (
    SELECT max(e.at) + interval '30 days' FROM dossiers_dossierevent e WHERE e.dossier_id = d.id
  ) END,
  look_at = CASE WHEN d.status IN ('received', 'processing') THEN d.due_at END
WHERE d.status IN ('received', 'processing', 'awaiting_supplement', 'awaiting_payment', 'finished');
"""
# Spans follow from events alone, so the database writes them: nobody can forget to, and an act pays no statement for it.
_TRIGGER = """
CREATE FUNCTION dossiers_write_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  is_open boolean := NEW.to_status IN ('received', 'processing', 'awaiting_supplement', 'awaiting_payment');
BEGIN
  UPDATE dossiers_clockspan SET ended_at = greatest(NEW.at, started_at)
  WHERE dossier_id = NEW.dossier_id AND ended_at IS NULL
    AND (NOT is_open OR (status, coalesce(step_id, 0)) <> (NEW.to_status, coalesce(NEW.to_step_id, 0)));
  IF is_open AND NOT EXISTS (SELECT FROM dossiers_clockspan WHERE dossier_id = NEW.dossier_id AND ended_at IS NULL) THEN
    INSERT INTO dossiers_clockspan (dossier_id, status, step_id, started_at)
    VALUES (NEW.dossier_id, NEW.to_status, NEW.to_step_id, NEW.at);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER write_ledger AFTER INSERT ON dossiers_dossierevent FOR EACH ROW EXECUTE FUNCTION dossiers_write_ledger();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dossiers", "0006_processing")]
    operations: ClassVar = [
        migrations.RunSQL(_SPANS, migrations.RunSQL.noop),
        migrations.RunSQL(_OPEN, migrations.RunSQL.noop),
        migrations.RunSQL(_TRIGGER, "DROP FUNCTION dossiers_write_ledger() CASCADE"),
    ]
