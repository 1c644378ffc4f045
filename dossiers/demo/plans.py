"""Draw what happens to one demo dossier, and when. Pure: the same day and number give the same story on every machine."""

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from bpmc_portal.lib.vietnamese import LOCAL_ZONE
from dossiers.services.transitions import Params
from dossiers.workflow import Action
from procedures.catalogue import ProcedureInForce
from procedures.deadlines import DeadlineError, TimeLimit, Unit, WorkingCalendar, compute_due

HOUR = timedelta(hours=1)
CLERKS = 5
SECOND_DOSSIER = timedelta(minutes=6)
# A dossier is received some minutes after its visitor was called, and visitors are called after opening.
FIRST_RECEIPT_S = 8 * 60
# How often each procedure is asked for; one that is not named has weight 1.
WEIGHTS = {
    "VL-02": 30, "VL-04": 18, "VL-05": 14, "VL-03": 8, "VL-01": 16, "QLLDNN-04": 26, "QLLDNN-08": 12, "QLLDNN-05": 8, "QLLDNN-03": 4,
    "QLLDNN-10": 10, "ATLD-04": 14, "ATLD-05": 5, "ATLD-09": 8, "ATLD-10": 16, "GDNN-07": 8, "GDNN-06": 5, "VP-01": 10, "TTR-01": 5, "TTR-03": 3,
    "BTXH-01": 3,
}  # fmt: skip
# Asked for by people; all others by organisations.
BY_CITIZENS = frozenset({"QLLDNN-10", "ATLD-04", "ATLD-05", "VP-01", "TTR-01", "TTR-02", "TTR-03"})
REASONS = {
    Action.REQUEST_SUPPLEMENT: (
        "Bản sao chưa có chứng thực.",
        "Thiếu bản dịch tiếng Việt.",
        "Văn bản đề nghị chưa ký, đóng dấu.",
    ),
    Action.REQUEST_PAYMENT: ("Đề nghị nộp lệ phí theo quy định.",),
    Action.SEND_BACK: ("Cần làm rõ căn cứ trong tờ trình.", "Dự thảo còn lỗi trình bày."),
    Action.REFUSE: ("Không đủ điều kiện theo quy định của pháp luật về lĩnh vực này.",),
    Action.WITHDRAW: ("Người nộp đề nghị rút hồ sơ để bổ sung đầy đủ.", "Người nộp không còn nhu cầu."),
    Action.STOP: ("Quá thời hạn bổ sung mà người nộp không bổ sung.",),
    Action.POSTPONE: ("Cần thêm thời gian xác minh với cơ quan liên quan.",),
}

# The same in the catalogue of reasons (dossiers/data/reasons.yaml), for the item of the letter.
PAPER_REASONS = dict(
    zip(
        REASONS[Action.REQUEST_SUPPLEMENT], ("chua-chung-thuc", "thieu-ban-dich", "thieu-chu-ky"), strict=True
    )
)


@dataclass(frozen=True)
class Deed:
    """One act to come: who does it (by the part played), and what is given with it."""

    action: Action
    at: datetime
    part: str
    params: Params = field(default_factory=Params)


@dataclass(frozen=True)
class Story:
    """One dossier from receipt to its end."""

    procedure: str
    received_at: datetime
    clerk: int
    applicant: float
    by_citizen: bool
    channel: str
    return_method: str
    deeds: tuple[Deed, ...]


def count_on(day: date, *, today: date, total: int, days: int) -> int:
    """Return how many dossiers come on a working day: slowly more over the years, and a lively last fortnight."""
    rng = random.Random(f"count {day}")  # noqa: S311
    if (today - day).days < 14:
        return max(1, round(total / 250)) + rng.randint(0, 3)
    growth = 0.7 + 0.6 * (day.year - 2021 + day.timetuple().tm_yday / 366) / 6
    expected = total * 0.96 / days * growth
    return int(expected + rng.random())


def stories(
    day: date, count: int, procedures: list[ProcedureInForce], calendar: WorkingCalendar
) -> list[Story]:
    """Return the stories that begin on that day, in the order of receipt."""
    weights = [WEIGHTS.get(each.row.key, 1) for each in procedures]
    found = []
    for number in range(count):
        rng = random.Random(f"{day} {number}")  # noqa: S311
        procedure = rng.choices(procedures, weights)[0]
        found.append(_story(day, procedure, calendar, rng))
    return sorted(found, key=lambda story: story.received_at)


def at_the_desk(begun: list[Story], *, today: bool) -> list[Story]:
    """Return the stories with those of the desk spread over the counters, and some visitors with two dossiers.

    The clerk who has been free longest takes the next visitor. Today the first counter stays free: nobody is at it in the present.
    """
    free_since = {
        clerk: datetime.min.replace(tzinfo=LOCAL_ZONE) for clerk in range(1 if today else 0, CLERKS)
    }
    found: list[Story] = []
    before: dict[bool, Story] = {}
    for story in begun:
        if story.channel == "desk":
            last = before.get(story.by_citizen)
            soon = last is not None and SECOND_DOSSIER <= story.received_at - last.received_at < HOUR
            if last is not None and soon and free_since[last.clerk] == last.received_at:
                at = last.received_at + SECOND_DOSSIER
                story = replace(story, clerk=last.clerk, applicant=last.applicant, received_at=at)
                before.pop(story.by_citizen)
            else:
                story = replace(story, clerk=min(free_since, key=lambda clerk: (free_since[clerk], clerk)))
                before[story.by_citizen] = story
            free_since[story.clerk] = story.received_at
        found.append(story)
    return sorted(found, key=lambda story: story.received_at)


def _story(day: date, procedure: ProcedureInForce, calendar: WorkingCalendar, rng: random.Random) -> Story:
    opens, closes = rng.choice(calendar.sessions(day))
    span = int((closes - opens).total_seconds())
    received_at = opens + timedelta(seconds=rng.randrange(FIRST_RECEIPT_S, span - 60))
    version = procedure.version_on(day)
    limit = version.limit if version else None
    deeds = (
        _deeds(received_at, limit, calendar, rng, has_fee=procedure.row.key == "QLLDNN-01") if limit else []
    )
    channel = rng.choices(("desk", "online", "post"), (60, 32, 8))[0]
    return Story(
        procedure=procedure.row.key,
        received_at=received_at,
        clerk=rng.randrange(5),
        # Few come often, most come once.
        applicant=rng.random() ** 1.6,
        by_citizen=procedure.row.key in BY_CITIZENS,
        channel=channel,
        return_method=rng.choices(
            ("desk", "post", "electronic"), (60, 15, 25) if channel == "desk" else (25, 20, 55)
        )[0],
        deeds=tuple(deeds),
    )


def _hours_of(limit: TimeLimit) -> float:
    return {Unit.WORKING_DAYS: 8.0, Unit.CALENDAR_DAYS: 40 / 7, Unit.MONTHS: 170.0, Unit.SAME_DAY: 6.0}.get(
        limit.unit, 1.0
    ) * limit.value


class _Clock:
    """Office time going forward; an instant is never before the one given last."""

    def __init__(self, at: datetime, calendar: WorkingCalendar, rng: random.Random) -> None:
        self.at, self.calendar, self.rng = at, calendar, rng

    def after(self, hours: float) -> datetime:
        whole = max(1, round(hours))
        due_at = compute_due(self.at, TimeLimit(whole, Unit.WORKING_HOURS), self.calendar).due_at or self.at
        # Nobody works by the minute hand.
        self.at = max(self.at + timedelta(minutes=1), due_at - timedelta(minutes=self.rng.randrange(1, 40)))
        return self.at


def _deeds(
    at: datetime, limit: TimeLimit, calendar: WorkingCalendar, rng: random.Random, *, has_fee: bool
) -> list[Deed]:
    term = _hours_of(limit)
    is_late = rng.random() < 0.045
    budget = term * (rng.uniform(1.1, 1.6) if is_late else rng.triangular(0.25, 0.92, 0.7))
    clock, fate = _Clock(at, calendar, rng), rng.random()
    try:
        deeds = [Deed(Action.FORWARD, clock.after(min(6.0, budget * 0.1)), "officer")]
        if fate < 0.012:
            return [*deeds, _deed(Action.WITHDRAW, clock.after(budget * 0.3), "clerk", rng)]
        deeds += _pauses(clock, budget, rng, has_fee=has_fee)
        if deeds[-1].action is Action.STOP:
            return deeds
        deeds.append(Deed(Action.FORWARD, clock.after(budget * 0.55), "officer"))
        if fate > 0.96:
            deeds.append(_deed(Action.SEND_BACK, clock.after(budget * 0.05), "leader", rng))
            deeds.append(Deed(Action.FORWARD, clock.after(budget * 0.1), "officer"))
        if fate < 0.04:
            deeds.append(_deed(Action.REFUSE, clock.after(budget * 0.2), "leader", rng))
        else:
            deeds.append(Deed(Action.APPROVE, clock.after(budget * 0.2), "leader"))
        if rng.random() < 0.99:
            deeds.append(Deed(Action.RETURN_RESULT, clock.after(rng.choice((2, 5, 9, 14, 22, 40))), "clerk"))
    except DeadlineError:
        # The story runs past the last calendar that is loaded: it is still open then.
        pass
    return deeds


def _pauses(clock: _Clock, budget: float, rng: random.Random, *, has_fee: bool) -> list[Deed]:
    if rng.random() < 0.11:
        asked = _deed(Action.REQUEST_SUPPLEMENT, clock.after(budget * 0.2), "officer", rng)
        if rng.random() < 0.07:
            return [asked, _deed(Action.STOP, clock.after(240), "leader", rng)]
        return [asked, Deed(Action.SUPPLEMENT, clock.after(rng.randint(4, 72)), "clerk")]
    if has_fee:
        asked = _deed(Action.REQUEST_PAYMENT, clock.after(budget * 0.3), "officer", rng)
        return [asked, Deed(Action.PAY, clock.after(rng.randint(2, 24)), "clerk")]
    return []


def _deed(action: Action, at: datetime, part: str, rng: random.Random) -> Deed:
    return Deed(action, at, part, Params(reason=rng.choice(REASONS[action])))


def midnight(day: date) -> datetime:
    """Return the first instant of a local day."""
    return datetime.combine(day, time.min, LOCAL_ZONE)
