\set o random(1, 60)
\set u random(1, 60)
\set p random(1, 250)
\set k random(1, 300)
-- One statement, one round trip: the series is locked for its own commit only.
WITH s AS (INSERT INTO series VALUES (:o, current_date, 1) ON CONFLICT (office_id, day) DO UPDATE SET last = series.last + 1 RETURNING last),
d AS (INSERT INTO dossier (code, office_id, unit_id, procedure_id, channel, status, received_at, due_at, applicant_name, applicant_idno, phone, officer_id)
  SELECT '000.00.12.H' || lpad(:o::text, 2, '0') || '-' || to_char(current_date, 'YYMMDD') || '-' || lpad(last::text, 6, '0'), :o, :u, :p, 1, 1,
    now(), now() + interval '10 days', 'Trần Thị B', '001199012345', '0912345678', 7 FROM s RETURNING id, code),
c AS (INSERT INTO component (dossier_id, seq, kind, form) SELECT id, x, :k, 1 FROM d, generate_series(1, 4) x),
e AS (INSERT INTO event (dossier_id, at, kind, status, actor_id, unit_id) SELECT id, now(), 1, 1, 7, :u FROM d)
SELECT id, code FROM d;
