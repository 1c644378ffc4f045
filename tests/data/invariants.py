"""Independent recounts of what must hold of any set of dossiers, written against the tables only."""

from django.db import connection

_FAULTS = {
    "status is the last event's target": """
        SELECT count(*) FROM dossiers_dossier d WHERE (d.status, d.version) IS DISTINCT FROM
          (SELECT (e.to_status, e.seq) FROM dossiers_dossierevent e WHERE e.dossier_id = d.id ORDER BY e.seq DESC LIMIT 1)::record""",
    "events are numbered from one and go forward in time": """
        SELECT count(*) FROM (SELECT seq, at, row_number() OVER w AS n, lag(at) OVER w AS before, lag(to_status) OVER w AS was, from_status
          FROM dossiers_dossierevent WINDOW w AS (PARTITION BY dossier_id ORDER BY seq)) e
        WHERE seq <> n OR before > at OR coalesce(was, '') <> from_status""",
    "dossier numbers of a day have no gap and equal the series": """
        SELECT count(*) FROM (SELECT regexp_replace(code, '-[0-9]+$', '') AS head, count(*) AS n,
            max(substring(code from '[0-9]+$')::int) AS top, count(DISTINCT code) AS different FROM dossiers_dossier GROUP BY 1) g
          JOIN numbering_series s ON s.key = 'dossier:' || left(g.head, -7) || ':' || to_date(right(g.head, 6), 'YYMMDD')::text
        WHERE g.n <> g.top OR g.n <> g.different OR s.last <> g.top""",
    "every code has its series": """
        SELECT count(*) FROM dossiers_dossier WHERE NOT EXISTS (SELECT 1 FROM numbering_series s WHERE s.key =
          'dossier:' || left(regexp_replace(code, '-[0-9]+$', ''), -7) || ':' ||
          to_date(right(regexp_replace(code, '-[0-9]+$', ''), 6), 'YYMMDD')::text)""",
    "document numbers have no gap and equal the series": """
        SELECT count(*) FROM (SELECT code_owner, code_type, count(*) AS n, max(code_nn) AS top FROM digitization_document
          WHERE code IS NOT NULL GROUP BY 1, 2) g
          LEFT JOIN numbering_series s ON s.key = 'document:' || g.code_owner || ':' || g.code_type
        WHERE g.n <> g.top OR s.last IS DISTINCT FROM g.top""",
    "pauses are the supplements and payments": """
        SELECT count(*) FROM dossiers_dossier d WHERE (SELECT count(*) FROM dossiers_clockpause p WHERE p.dossier_id = d.id) <>
          (SELECT count(*) FROM dossiers_dossierevent e WHERE e.dossier_id = d.id AND e.action IN ('request_supplement', 'request_payment'))""",
    "mandatory papers are there": """
        SELECT count(*) FROM dossiers_dossier d JOIN procedures_componentrequirement r ON r.case_id = d.case_id AND r.is_mandatory
        WHERE NOT EXISTS (SELECT 1 FROM dossiers_component c WHERE c.dossier_id = d.id AND c.requirement_id = r.id)""",
}


def broken() -> dict[str, int]:
    """Return the invariants that do not hold, with how many rows break them."""
    found = {}
    with connection.cursor() as cursor:
        for name, statement in _FAULTS.items():
            cursor.execute(statement)
            if count := cursor.fetchone()[0]:
                found[name] = count
    return found
