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
)
SELECT 'trạng thái khác sự kiện cuối', count(*) FROM mine m LEFT JOIN last l ON l.dossier_id = m.id
  WHERE l.to_status IS DISTINCT FROM m.status OR l.seq IS DISTINCT FROM m.version
UNION ALL SELECT 'sự kiện thiếu số thứ tự', count(*) FROM mine m LEFT JOIN counted c ON c.dossier_id = m.id WHERE c.events IS DISTINCT FROM m.version
UNION ALL SELECT 'số hồ sơ hở hoặc lệch dãy', count(*) FROM numbered n LEFT JOIN numbering_series s ON s.key = n.key
  WHERE n.n <> n.top OR s.last IS DISTINCT FROM n.top
UNION ALL SELECT 'số giấy tờ hở hoặc lệch dãy', count(*) FROM papers p LEFT JOIN numbering_series s ON s.key = p.key
  WHERE p.n <> p.top OR s.last IS DISTINCT FROM p.top
"""


def faults(first_dossier: int, org_code: str) -> list[str]:
    """Return a Vietnamese phrase with a count for each kind of fault; empty when the load is right."""
    with connection.cursor() as cursor:
        cursor.execute(_FAULTS, {"first": first_dossier, "org": org_code})
        return [f"{what}: {count}" for what, count in cursor.fetchall() if count]
