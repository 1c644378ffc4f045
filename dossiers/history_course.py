"""What happens to one made-up dossier: which acts, when, and when it is due. Pure, and quick: made for millions.

Moments are whole numbers: place of the working day × 86,400 + second of the local day. Courses are prepared once a procedure version
and followed by index; nothing is computed for a dossier that could be computed for all.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache

from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from dossiers.bulk import NULL, plain
from dossiers.demo.plans import BY_CITIZENS
from dossiers.history_desk import clock_words
from dossiers.history_tables import Staff
from procedures.catalogue import ProcedureInForce, Version
from procedures.deadlines import Pause, TimeLimit, Unit, WorkingCalendar, compute_due
from procedures.models import Step as StepRow

DAY_S = 86_400
PAUSE_REASON = "Yêu cầu bổ sung"
CLERK = 0
# Where a course has its pause: the request comes two working days after receipt, the paper three days later.
ASKED_AFTER, BROUGHT_AFTER = 2, 5
FIRST_RECEIPT_S = 8 * 60


@dataclass(frozen=True, slots=True)
class Step:
    """One act of a course as text: `actor` 0 is the clerk of the dossier."""

    action: str
    target: str
    actor: int
    unit: int
    from_step: str
    to_step: str
    reason: str
    data: str


@dataclass(frozen=True, slots=True)
class Paper:
    """One required paper: how it is brought when it is new, and whether an older one may serve."""

    need: int
    position: int
    name: str
    way: str
    copies: int
    kind: int
    type_code: str
    is_reusable: bool


@dataclass(slots=True)
class Plan:
    """A procedure version in force, made ready: the courses by name and the constant columns."""

    unit: int
    procedure: int
    version: int
    case: int
    field_id: int
    origin: str
    is_by_citizens: bool
    limit: TimeLimit
    officer: int
    papers: tuple[Paper, ...]
    courses: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    # The first and the last step, by their key as text; the steps between are the business of nobody here.
    steps: dict[str, StepRow] = field(default_factory=dict)
    last_step: str = NULL


@dataclass(slots=True)
class Followed:
    """What a dossier has come to by the cut-off, and the lines of its events."""

    status: str
    outcome: str
    step: str
    acts: int
    due: str
    first_due: str
    assignee: int | None = None
    finished: str = NULL
    returned: str = NULL
    pause: tuple[str, str] | None = None
    # Moments of the last act, of the entry into the step, and of the pause that was ended.
    moment: int = 0
    entered: int = 0
    asked: int = 0


def plan_of_version(
    procedure: ProcedureInForce, version: Version, staff: Staff, desk_unit: int
) -> Plan | None:
    """Return the plan of a version; None when its time limit is unknown."""
    if version.limit is None:
        return None
    case = next(iter(version.cases.values()))
    unit = procedure.row.unit_id
    plan = Plan(
        unit=unit, procedure=procedure.row.pk, version=version.row.pk, case=case.row.pk, field_id=procedure.row.field_id,
        origin=procedure.row.code, is_by_citizens=procedure.row.key in BY_CITIZENS, limit=version.limit,
        officer=staff.officers.get(unit, staff.spare),
        papers=tuple(
            Paper(
                need.pk, need.position, plain(need.name), "original" if need.originals else "copy", max(need.originals, need.copies, 1),
                need.document_type_id, need.document_type.code, need.is_reusable and not need.is_validity_limited,
            )
            for need in case.components.values()
        ),
    )  # fmt: skip
    steps = str(version.steps[0].pk), str(version.steps[-1].pk)
    plan.courses = _courses(plan, steps, staff.leaders.get(unit, staff.spare), desk_unit)
    plan.steps = {str(step.pk): step for step in version.steps}
    plan.last_step = steps[1]
    return plan


def _courses(plan: Plan, steps: tuple[str, str], leader: int, desk: int) -> dict[str, tuple[Step, ...]]:
    first, last = steps
    unit, officer = plan.unit, plan.officer
    handed = json.dumps({"handoff": "electronic"})[1:-1] + ", "
    returned = json.dumps({"method": "desk", "collected_by_other": False})[1:-1] + ", "
    begin = (
        Step("receive", "received", CLERK, desk, NULL, NULL, "", ""),
        Step("forward", "processing", officer, unit, NULL, first, "", handed),
    )
    asked = (
        Step(
            "request_supplement",
            "awaiting_supplement",
            officer,
            unit,
            first,
            first,
            "Hồ sơ còn thiếu bản dịch.",
            "",
        ),
        Step("supplement", "processing", CLERK, desk, first, first, "", ""),
    )
    signing = Step("forward", "processing", officer, unit, first, last, "", handed)
    back = Step("return_result", "returned", CLERK, desk, last, last, "", returned)
    granted = (signing, Step("approve", "finished", leader, unit, last, last, "", ""), back)
    why = "Không đủ điều kiện theo quy định."
    refused = (signing, Step("refuse", "finished", leader, unit, last, last, why, ""), back)
    taken_back = Step("withdraw", "withdrawn", CLERK, desk, first, first, "Người nộp đề nghị rút hồ sơ.", "")
    stopped = Step("stop", "stopped", leader, unit, first, first, "Người nộp không thực hiện yêu cầu.", "")
    return {
        "withdraw": (*begin, taken_back), "stop": (*begin, stopped), "asked": (*begin, *asked, *granted),
        "granted": (*begin, *granted), "refused": (*begin, *refused),
    }  # fmt: skip


class Calendar:
    """The working days of a history with their texts, sessions and due instants, looked up by place."""

    def __init__(self, calendar: WorkingCalendar, working: list[date]) -> None:
        self.calendar, self.working = calendar, working
        self.text = [f"{day}" for day in working]
        self.closes = [calendar.close_of(day).isoformat() for day in working]
        self.ordinals = {day.toordinal(): place for place, day in enumerate(working)}
        self.words = clock_words()
        self.sessions = [
            [(_second(opens), _second(closes)) for opens, closes in calendar.sessions(day)] for day in working
        ]
        self.slow = lru_cache(maxsize=50_000)(self._slow)

    def written(self, moment: int) -> str:
        """Return the moment as PostgreSQL reads it."""
        return self.text[moment // DAY_S] + self.words[moment % DAY_S]

    def at(self, moment: int) -> datetime:
        """Return the moment as an instant."""
        return _at(self.working[moment // DAY_S], moment % DAY_S)

    def instant(self, rng: random.Random, place: int) -> int:
        """Return a moment of office time on that working day."""
        place = min(place, len(self.working) - 1)
        sessions = self.sessions[place]
        opens, closes = sessions[rng.random() * len(sessions) >= 1]
        return (
            place * DAY_S
            + opens
            + FIRST_RECEIPT_S
            + int(rng.random() * (closes - opens - FIRST_RECEIPT_S - 60))
        )

    def due(self, received: int, limit: TimeLimit, *, is_paused: bool) -> tuple[str, int]:
        """Return the due instant as text, and how many working days after receipt it lies."""
        place = received // DAY_S
        if limit.unit is Unit.WORKING_DAYS:
            # Every working day counts whose close finds the clock running (deadlines.py); three closes lie in the pause.
            after = limit.value + (
                BROUGHT_AFTER - ASKED_AFTER if is_paused and limit.value >= ASKED_AFTER else 0
            )
            if place + after < len(self.working):
                return self.closes[place + after], after
        is_by_day = limit.unit in (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.MONTHS)
        return self.slow(place, 8 * 3600 if is_by_day else received % DAY_S, limit, is_paused)

    def _slow(self, place: int, second: int, limit: TimeLimit, is_paused: bool) -> tuple[str, int]:
        pauses = []
        if is_paused:
            asked, brought = (self.working[place + after] for after in (ASKED_AFTER, BROUGHT_AFTER))
            pauses = [Pause(_at(asked, 10 * 3600), _at(brought, 10 * 3600), PAUSE_REASON)]
        received = _at(self.working[place], second)
        due_at = compute_due(received, limit, self.calendar, pauses=pauses).due_at or received
        return due_at.isoformat(), self.ordinals.get(due_at.toordinal(), place + 1) - place


def times(
    rng: random.Random, calendar: Calendar, received: int, after: int, *, is_asked: bool
) -> Iterator[int]:
    """Yield the moments of the acts after receipt, each later than the one before; some decisions come late."""
    start = received // DAY_S
    late = rng.random() < 0.04
    term = max(1, after)
    end = start + (term + 1 + int(rng.random() * 5) if late else int(term * (0.3 + 0.65 * rng.random())))
    # A supplement pushes the end.
    places = (
        (min(start + 1, end), start + ASKED_AFTER, start + BROUGHT_AFTER, end + 2, end + 3, end + 5)
        if is_asked
        else (min(start + 1, end), end, end, end + 3)
    )
    at = received
    for place in places:
        at = max(at + 120, calendar.instant(rng, place))
        yield at


def course_of(roll: float) -> str:
    """Return the name of a course by a number between 0 and 1."""
    if roll < 0.025:
        return "withdraw" if roll < 0.015 else "stop"
    return "asked" if roll < 0.12 else "refused" if roll > 0.97 else "granted"


def follow(
    plan: Plan, name: str, moments: Iterator[int], calendar: Calendar, *, dossier: int, received: int, clerk: int, channel: str, cutoff: int,
    events: list[str],
) -> Followed:  # fmt: skip
    """Append the events until the cut-off and return what the dossier has come to."""
    due, _after = calendar.due(received, plan.limit, is_paused=False)
    found = Followed("", "", NULL, 0, due, due)
    for number, step in enumerate(plan.courses[name], 1):
        moment = received if number == 1 else next(moments)
        if moment > cutoff and number > 1:
            break
        at = calendar.written(moment)
        if step.to_step != found.step:
            found.entered = moment
        if step.target == "awaiting_supplement":
            found.pause, found.asked = (at, NULL), moment
        elif step.action == "supplement" and found.pause:
            found.pause = (found.pause[0], at)
            found.due, _after = calendar.due(received, plan.limit, is_paused=True)
        elif step.target == "finished":
            found.finished, found.outcome = at, "granted" if step.action == "approve" else "refused"
        elif step.target == "returned":
            found.returned = at
        said = step.data or (f'"channel": "{channel}", "name_differs": false, ' if number == 1 else "")
        events.append(
            f"{dossier}\t{number}\t{step.action}\t{found.status}\t{step.target}\t{step.from_step}\t{step.to_step}\t{at}"
            f'\t{step.actor or clerk}\t{step.unit}\t{step.reason}\tt\t{{{said}"due_at": "{found.due}"}}'
        )
        found.status, found.step, found.acts, found.moment = step.target, step.to_step, number, moment
    if found.acts > 1:
        found.assignee = plan.officer
    return found


def _at(day: date, second: int) -> datetime:
    return datetime.combine(day, time(second // 3600, second // 60 % 60, second % 60), LOCAL_ZONE)


def _second(at: datetime) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
