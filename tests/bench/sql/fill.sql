-- :n dossiers over the last year, 60 units and offices (skewed), 2 % open, 4 components and 3 events each, 2,000 codes to look up.
INSERT INTO unit SELECT i, 'U' || lpad(i::text, 2, '0'), 'Đơn vị ' || i FROM generate_series(1, 60) i;
INSERT INTO dossier (code, office_id, unit_id, procedure_id, channel, status, received_at, due_at, finished_at, applicant_name, applicant_idno, phone, officer_id)
SELECT '000.00.12.H' || lpad(o::text, 2, '0') || '-' || to_char(r, 'YYMMDD') || '-' || lpad(i::text, 9, '0'), o, u, p, c,
  CASE WHEN is_open THEN 1 + (i % 3) ELSE 4 END, r, r + (5 + p % 20) * interval '1 day',
  CASE WHEN is_open THEN NULL ELSE r + ((5 + p % 20) * (0.2 + 0.9 * random())) * interval '1 day' END,
  'Nguyễn Văn ' || md5(i::text), lpad((i::bigint * 7919 % 100000000000)::text, 12, '0'), '09' || lpad((i % 100000000)::text, 8, '0'), u * 20 + i % 20
FROM (
  SELECT i, (1 + floor(60 * power(random(), 2)))::int o, (1 + floor(60 * power(random(), 2)))::int u, (1 + floor(250 * power(random(), 2)))::int p,
    CASE WHEN random() < 0.5 THEN 3 WHEN random() < 0.8 THEN 1 ELSE 2 END c,
    now() - interval '365 days' * (1 - i::float8 / :n) r, (i > :n * 0.9 AND random() < 0.2) is_open
  FROM generate_series(1, :n) i
) x;
INSERT INTO component (dossier_id, seq, kind, form, doc_code, sha256, reused)
SELECT d, s, (d + s) % 300, 1 + (d % 3), CASE WHEN s < 3 THEN 'G' || d || '.' || s END, decode(md5(d::text) || md5(s::text), 'hex'), random() < 0.3
FROM generate_series(1, :n) d, generate_series(1, 4) s;
INSERT INTO event (dossier_id, at, kind, status, actor_id, unit_id)
SELECT d, now() - interval '365 days' * (1 - d::float8 / :n) + k * interval '1 day', k, least(k, 4), 1 + d % 1200, 1 + d % 60
FROM generate_series(1, :n) d, generate_series(1, 3) k;
INSERT INTO code_sample SELECT row_number() OVER (), code FROM (SELECT code FROM dossier ORDER BY random() LIMIT 2000) picked;
-- Only open dossiers in the list's index: its size follows the work in hand, not the history.
CREATE UNIQUE INDEX dossier_code ON dossier (code);
CREATE INDEX dossier_open ON dossier (unit_id, due_at, id) WHERE status IN (1, 2, 3);
CREATE INDEX dossier_officer ON dossier (officer_id, due_at, id) WHERE status IN (1, 2, 3);
CREATE INDEX dossier_idno ON dossier (applicant_idno, id);
CREATE INDEX component_dossier ON component (dossier_id);
CREATE INDEX event_dossier ON event (dossier_id);
