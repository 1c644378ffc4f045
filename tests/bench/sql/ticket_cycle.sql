\set c random(1, 50)
-- A whole turn: issue, call the next, begin, finish; the counter has one turn at most most of the time.
WITH s AS (INSERT INTO ticket_series VALUES (1, current_date, 1) ON CONFLICT (office_id, day) DO UPDATE SET last = ticket_series.last + 1 RETURNING last)
INSERT INTO ticket (office_id, day, no, priority) SELECT 1, current_date, last, CASE WHEN random() < 0.05 THEN 1 ELSE 5 END FROM s RETURNING no;
UPDATE ticket SET status = 1, counter_id = :c, called_at = now()
WHERE id = (SELECT id FROM ticket WHERE office_id = 1 AND status = 0 ORDER BY priority, no LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING no;
UPDATE ticket SET status = 2, started_at = now() WHERE office_id = 1 AND counter_id = :c AND status = 1;
UPDATE ticket SET status = 3, done_at = now() WHERE office_id = 1 AND counter_id = :c AND status = 2;
