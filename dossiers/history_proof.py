"""Prove a bulk load in one statement: what row triggers and services would have refused must not be there."""

from django.db import connection

_FAULTS = """
WITH mine AS (SELECT * FROM dossiers_dossier WHERE id >= %(first)s),
last AS (
  SELECT DISTINCT ON (dossier_id) dossier_id, to_status, seq FROM dossiers_dossierevent WHERE dossier_id >= %(first)s ORDER BY dossier_id, seq DESC
),
counted AS (SELECT dossier_id, count(*) AS events FROM dossiers_dossierevent WHERE dossier_id >= %(first)s GROUP BY 1),
numbered AS (
  SELECT 'dossier:' || %(org)s || ':' || to_char(to_date(split_part(right(code, -length(%(org)s)), '-', 2), 'YYMMDD'), 'YYYY-MM-DD') AS key,
    count(*) AS n, max(split_part(right(code, -length(%(org)s)), '-', 3)::int) AS top
  FROM dossiers_dossier WHERE code LIKE %(org)s || '-%%' GROUP BY 1
),
papers AS (
  SELECT 'document:' || code_owner || ':' || code_type AS key, count(*) AS n, max(code_nn) AS top FROM digitization_document
  WHERE code_nn IS NOT NULL GROUP BY 1
),
visits AS (SELECT * FROM desk_ticket WHERE id >= %(ticket)s),
links AS (
  SELECT ticket_id, kind, started_at, ended_at, lag(ended_at) OVER (PARTITION BY ticket_id ORDER BY started_at, id) AS before
  FROM desk_period WHERE ticket_id >= %(ticket)s
),
waited AS (
  SELECT ticket_id, extract(epoch FROM sum(ended_at - started_at) FILTER (WHERE kind IN ('waiting', 'called', 'absent')))::int AS wait_s
  FROM links GROUP BY 1
),
counted_visits AS (
  SELECT office_id, day, count(*) FILTER (WHERE wait_s IS NOT NULL AND origin <> 'direct') AS visits, coalesce(sum(wait_s), 0) AS wait_s,
    count(*) FILTER (WHERE wait_s > 900) AS over_15, count(*) FILTER (WHERE status = 'finished' AND NOT is_forced) AS served,
    count(*) FILTER (WHERE status = 'cancelled') AS cancelled
  FROM desk_ticket WHERE day IN (SELECT day FROM visits) GROUP BY 1, 2
),
hours AS (
  SELECT office_id, day, sum(visits) AS visits, sum(wait_s) AS wait_s, sum(over_15) AS over_15, sum(served) AS served,
    sum(cancelled) AS cancelled
  FROM desk_waithour WHERE day IN (SELECT day FROM visits) GROUP BY 1, 2
)
SELECT 'trạng thái khác sự kiện cuối', count(*) FROM mine m LEFT JOIN last l ON l.dossier_id = m.id
  WHERE l.to_status IS DISTINCT FROM m.status OR l.seq IS DISTINCT FROM m.version
UNION ALL SELECT 'sự kiện thiếu số thứ tự', count(*) FROM mine m LEFT JOIN counted c ON c.dossier_id = m.id WHERE c.events IS DISTINCT FROM m.version
UNION ALL SELECT 'số hồ sơ hở hoặc lệch dãy', count(*) FROM numbered n LEFT JOIN numbering_series s ON s.key = n.key
  WHERE n.n <> n.top OR s.last IS DISTINCT FROM n.top
UNION ALL SELECT 'số giấy tờ hở hoặc lệch dãy', count(*) FROM papers p LEFT JOIN numbering_series s ON s.key = p.key
  WHERE p.n <> p.top OR s.last IS DISTINCT FROM p.top
UNION ALL SELECT 'hồ sơ nộp trực tiếp không có lượt', count(*) FROM mine WHERE channel = 'desk' AND ticket_id IS NULL
UNION ALL SELECT 'chuỗi thời gian của lượt bị đứt', count(*) FROM links WHERE before <> started_at OR ended_at IS NULL
UNION ALL SELECT 'thời gian chờ khác chuỗi', count(*) FROM visits v JOIN waited w ON w.ticket_id = v.id WHERE v.wait_s <> w.wait_s
UNION ALL SELECT 'số lượt hở hoặc trùng', count(*) FROM (SELECT count(*) AS n, max(serial) AS top FROM desk_ticket WHERE prefix <> ''
  GROUP BY office_id, day, prefix) numbers WHERE n <> top
UNION ALL SELECT 'số liệu theo giờ khác các lượt', count(*) FROM counted_visits c FULL JOIN hours h ON h.office_id = c.office_id AND h.day = c.day
  WHERE (h.visits, h.wait_s, h.over_15, h.served, h.cancelled) IS DISTINCT FROM (c.visits, c.wait_s, c.over_15, c.served, c.cancelled)
"""


def faults(first_dossier: int, first_ticket: int, org_code: str) -> list[str]:
    """Return a Vietnamese phrase with a count for each kind of fault; empty when the load is right."""
    with connection.cursor() as cursor:
        cursor.execute(_FAULTS, {"first": first_dossier, "ticket": first_ticket, "org": org_code})
        return [f"{what}: {count}" for what, count in cursor.fetchall() if count]
