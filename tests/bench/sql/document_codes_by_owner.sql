-- The same with the series of the law's codes: one a holder and kind.
WITH waiting AS (SELECT id, owner, kind, row_number() OVER (PARTITION BY owner, kind ORDER BY id) AS place FROM doc WHERE code IS NULL),
counted AS (SELECT owner, kind, count(*) AS count FROM waiting GROUP BY owner, kind),
taken AS (
  INSERT INTO doc_owner_series AS s (owner, kind, last) SELECT owner, kind, count FROM counted
  ON CONFLICT (owner, kind) DO UPDATE SET last = s.last + excluded.last RETURNING owner, kind, last
)
UPDATE doc SET code = waiting.owner || '.1.005132.' || waiting.kind || '.' || lpad((taken.last - counted.count + waiting.place)::text, 2, '0')
FROM waiting JOIN taken USING (owner, kind) JOIN counted USING (owner, kind) WHERE doc.id = waiting.id
