\set u random(1, 60)
SELECT id, code, procedure_id, status, received_at, due_at, applicant_name FROM dossier
WHERE unit_id = :u AND status IN (1, 2, 3) ORDER BY due_at, id LIMIT 50;
