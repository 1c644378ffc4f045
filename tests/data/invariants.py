"""Independent recounts of what must hold of any set of dossiers, written against the tables only."""

from django.db import connection

from desk import rollups
from desk.models import Ticket

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
        SELECT count(*) FROM dossiers_dossier d WHERE (SELECT count(*) FROM dossiers_clockspan p WHERE p.dossier_id = d.id
            AND p.status IN ('awaiting_supplement', 'awaiting_payment')) <>
          (SELECT count(*) FROM dossiers_dossierevent e WHERE e.dossier_id = d.id AND e.action IN ('request_supplement', 'request_payment'))""",
    "an open dossier has one open span, of its status and step, and others have none": """
        SELECT count(*) FROM dossiers_dossier d WHERE (SELECT count(*) FROM dossiers_clockspan p WHERE p.dossier_id = d.id AND p.ended_at IS NULL
            AND p.status = d.status AND p.step_id IS NOT DISTINCT FROM d.step_id)
          <> (d.status IN ('received', 'processing', 'awaiting_supplement', 'awaiting_payment'))::int""",
    "the spans of a dossier follow one another from its receipt": """
        SELECT count(*) FROM dossiers_dossier d JOIN (SELECT dossier_id, min(started_at) AS since, count(*) FILTER (WHERE gap) AS gaps FROM (
            SELECT dossier_id, started_at, lag(ended_at) OVER (PARTITION BY dossier_id ORDER BY started_at, id) <> started_at AS gap
            FROM dossiers_clockspan) p GROUP BY 1) s ON s.dossier_id = d.id
          WHERE s.since <> d.received_at
            OR s.gaps <> (SELECT count(*) FROM dossiers_dossierevent e WHERE e.dossier_id = d.id AND e.action = 'reopen')""",
    "an open dossier is looked at again while there is something to warn of": """
        SELECT count(*) FROM dossiers_dossier d WHERE look_at IS NULL
          AND (status IN ('awaiting_supplement', 'awaiting_payment') OR (status IN ('received', 'processing') AND due_at > now()))""",
    "mandatory papers are there": """
        SELECT count(*) FROM dossiers_dossier d JOIN procedures_componentrequirement r ON r.case_id = d.case_id AND r.is_mandatory
        WHERE NOT EXISTS (SELECT 1 FROM dossiers_component c WHERE c.dossier_id = d.id AND c.requirement_id = r.id)""",
}
# The same of visits.
_OF_VISITS = {
    "every dossier of the desk was received while its visit was served, by who served it": """
        SELECT count(*) FROM dossiers_dossier d WHERE d.channel = 'desk' AND d.received_at IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM desk_ticket t WHERE t.id = d.ticket_id AND t.clerk_id = d.received_by_id
          AND t.started_at <= d.received_at AND d.received_at <= t.finished_at)""",
    "other dossiers have no visit": """
        SELECT count(*) FROM dossiers_dossier WHERE channel <> 'desk' AND ticket_id IS NOT NULL""",
    "chains have no gap, begin with the taking and end with the turn": """
        SELECT count(*) FROM desk_ticket t JOIN (SELECT ticket_id, min(started_at) AS since, max(ended_at) AS until,
            count(*) FILTER (WHERE ended_at IS NULL) AS open, sum(gap) AS gaps FROM (
              SELECT *, (lag(ended_at) OVER (PARTITION BY ticket_id ORDER BY started_at, id) IS DISTINCT FROM started_at
                AND row_number() OVER (PARTITION BY ticket_id ORDER BY started_at, id) > 1)::int AS gap FROM desk_period) p GROUP BY 1) c
          ON c.ticket_id = t.id
        WHERE c.gaps > 0 OR c.since <> t.issued_at OR c.open <> (t.finished_at IS NULL)::int
          OR (t.finished_at IS NOT NULL AND c.until <> t.finished_at)""",
    "every turn has a chain": """
        SELECT count(*) FROM desk_ticket t WHERE NOT EXISTS (SELECT 1 FROM desk_period p WHERE p.ticket_id = t.id)""",
    "the wait is the sum of the waiting before the first service": """
        SELECT count(*) FROM desk_ticket t WHERE t.wait_s IS NOT NULL AND abs(t.wait_s - (
          SELECT coalesce(extract(epoch FROM sum(p.ended_at - p.started_at)), 0) FROM desk_period p WHERE p.ticket_id = t.id
          AND p.kind IN ('waiting', 'called', 'absent') AND p.ended_at <= t.started_at)) >= 1""",
    "ticket numbers of a day have no gap and equal the series": """
        SELECT count(*) FROM (SELECT office_id, day, prefix, count(*) AS n, max(serial) AS top FROM desk_ticket WHERE number <> ''
          GROUP BY 1, 2, 3) t LEFT JOIN numbering_series s ON s.key = 'ticket:' || office_id || ':' || day || ':' || prefix
        WHERE n <> top OR s.last IS DISTINCT FROM top""",
    "ticket numbers are given in the order of taking": """
        SELECT count(*) FROM (SELECT issued_at, lag(issued_at) OVER (PARTITION BY office_id, day, prefix ORDER BY serial) AS before
          FROM desk_ticket WHERE number <> '') t WHERE before > issued_at""",
    "a counter serves one visitor at a time, inside a shift": """
        SELECT count(*) FROM desk_period a WHERE a.counter_id IS NOT NULL AND (EXISTS (
            SELECT 1 FROM desk_period b WHERE b.counter_id = a.counter_id AND b.id <> a.id AND b.ticket_id <> a.ticket_id
            AND b.started_at < a.ended_at AND a.started_at < b.ended_at)
          OR NOT EXISTS (SELECT 1 FROM desk_shift s WHERE s.counter_id = a.counter_id AND s.user_id = a.actor_id
            AND s.opened_at <= a.started_at AND (s.closed_at IS NULL OR s.closed_at >= a.ended_at)))""",
}


def broken() -> dict[str, int]:
    """Return the invariants that do not hold, with how many rows break them."""
    found = {}
    with connection.cursor() as cursor:
        for name, statement in (_FAULTS | _OF_VISITS).items():
            cursor.execute(statement)
            if count := cursor.fetchone()[0]:
                found[name] = count
    return found


def unequal_days() -> list[str]:
    """Return what the roll-ups and the recount disagree on, over every day that had a visitor."""
    days = Ticket.objects.order_by("office", "day").values_list("office", "day").distinct()
    return [line for office, day in days for line in rollups.differences(office, day)]
