\set i random(1, 2000)
SELECT d.code, d.status, d.received_at, d.due_at, d.finished_at,
  (SELECT json_agg(json_build_object('at', e.at, 'kind', e.kind, 'status', e.status, 'unit', e.unit_id) ORDER BY e.at) FROM event e WHERE e.dossier_id = d.id)
FROM dossier d WHERE d.code = (SELECT code FROM code_sample WHERE i = :i);
