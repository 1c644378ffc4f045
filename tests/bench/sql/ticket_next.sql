\set c random(1, 50)
UPDATE ticket SET status = 1, counter_id = :c, called_at = now()
WHERE id = (SELECT id FROM ticket WHERE office_id = 1 AND status = 0 ORDER BY priority, no LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING no;
