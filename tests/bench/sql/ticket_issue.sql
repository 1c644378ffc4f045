WITH s AS (INSERT INTO ticket_series VALUES (1, current_date, 1) ON CONFLICT (office_id, day) DO UPDATE SET last = ticket_series.last + 1 RETURNING last)
INSERT INTO ticket (office_id, day, no, priority) SELECT 1, current_date, last, CASE WHEN random() < 0.05 THEN 1 ELSE 5 END FROM s RETURNING no;
