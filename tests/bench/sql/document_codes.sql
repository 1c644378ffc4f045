-- A code to every paper that has none, in one statement.
WITH waiting AS (SELECT id, kind, row_number() OVER (PARTITION BY kind ORDER BY id) AS place FROM doc WHERE code IS NULL),
counted AS (SELECT kind, count(*) AS count FROM waiting GROUP BY kind),
taken AS (
  INSERT INTO doc_series AS s (kind, year, last) SELECT kind, 2026, count FROM counted
  ON CONFLICT (kind, year) DO UPDATE SET last = s.last + excluded.last RETURNING kind, last
)
UPDATE doc SET code = '000.00.12.G.2026.' || lpad(waiting.kind::text, 3, '0') || '.' || lpad((taken.last - counted.count + waiting.place)::text, 9, '0')
FROM waiting JOIN taken USING (kind) JOIN counted USING (kind) WHERE doc.id = waiting.id
