"""The way of a dossier through the steps of its version: pure, no query. Steps are data; these are the rules that read them.

A step is done for a dossier when its condition holds for the dossier's facts. From a step the dossier goes to one of its named next
steps that is done for it, else to the first step after it that is. The last step is one from which no way leads on.

Whether a set of steps may be published is asked in every "world": one choice of facts for each kind that the steps look at.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import cache
from itertools import product

from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import Role
from bpmc_portal.lib.vietnamese import format_number
from procedures.deadlines import TimeLimit, Unit, WorkingCalendar, compute_due
from procedures.models import Step
from procedures.steps_facts import FACTS, NAMES

Facts = Mapping[str, str]
Values = Mapping[str, Collection[str]]

# Working hours in one unit of a statutory term: a working day has eight, and of seven calendar days five are worked (facts.py).
_HOURS: dict[Unit, Decimal] = {
    Unit.WORKING_DAYS: Decimal(8),
    Unit.CALENDAR_DAYS: Decimal(40) / 7,
    Unit.MONTHS: Decimal(40) / 7 * 30,
    Unit.WORKING_HOURS: Decimal(1),
    Unit.SAME_DAY: Decimal(8),
}


def applies(step: Step, facts: Facts) -> bool:
    """Say whether the step is done for a dossier with these facts (keys of StepCondition)."""
    return not step.condition or facts.get(step.condition, "") in step.condition_values


def position_of(steps: Sequence[Step], step_id: int | None) -> int:
    """Return the position of a step, 0 before the first."""
    return next((step.position for step in steps if step.pk == step_id), 0)


def following(steps: Sequence[Step], here: int | None, facts: Facts) -> list[Step]:
    """Return the steps to which a dossier at step `here` (its key, None before the first) may be handed on, the usual one first."""
    current = next((step for step in steps if step.pk == here), None)
    done_for_it = [step for step in steps if applies(step, facts)]
    if current is not None and current.next_codes:
        by_code = {step.code: step for step in done_for_it}
        return [by_code[code] for code in current.next_codes if code in by_code]
    place = current.position if current else 0
    return [step for step in done_for_it if step.position > place][:1]


def earlier(steps: Sequence[Step], here: int | None, facts: Facts) -> list[Step]:
    """Return the steps before this one to which a dossier may be sent back."""
    place = position_of(steps, here)
    return [step for step in steps if step.position < place and applies(step, facts)]


def is_last(steps: Sequence[Step], here: int | None, facts: Facts) -> bool:
    """Say whether no way leads on from here, so that the dossier may be decided. A version without steps is decided at once."""
    if not steps:
        return True
    return here is not None and not following(steps, here, facts)


@dataclass(frozen=True)
class Leg:
    """One step of a simulated dossier. `margin` is the office time from its end to the statutory due instant, None without a term."""

    step: Step
    starts_at: datetime
    ends_at: datetime
    margin: timedelta | None


def path_of(steps: Sequence[Step], facts: Facts) -> list[Step]:
    """Return the usual way of a dossier from the first step to the last; a step comes twice where the way leads back over it.

    From each step it takes the first next step that it has not done yet, else the shortest way to an end. Stops where none is.
    """
    path: list[Step] = []
    done: set[int] = set()
    options = following(steps, None, facts)[:1]
    while options:
        step = next((each for each in options if each.pk not in done), None) or _towards_end(
            steps, options, facts
        )
        if step is None:
            break
        path.append(step)
        done.add(step.pk)
        options = following(steps, step.pk, facts)
    return path


def _towards_end(steps: Sequence[Step], options: Sequence[Step], facts: Facts) -> Step | None:
    """Return the option from which an end is nearest; None when no end can be reached."""
    seen = {step.pk for step in options}
    queue = deque((step, step) for step in options)
    while queue:
        here, option = queue.popleft()
        onward = following(steps, here.pk, facts)
        if not onward:
            return option
        for step in onward:
            if step.pk not in seen:
                seen.add(step.pk)
                queue.append((step, option))
    return None


def simulate(
    steps: Sequence[Step],
    facts: Facts,
    received_at: datetime,
    limit: TimeLimit | None,
    calendar: WorkingCalendar,
) -> list[Leg]:
    """Run a dossier along its usual way, each step taking its whole norm; norms count in whole hours, as the clock of a step does.

    Raises DeadlineError where the calendar of a needed year is not loaded.
    """
    due_at = compute_due(received_at, limit, calendar).due_at if limit else None
    legs: list[Leg] = []
    starts_at = received_at
    for step in path_of(steps, facts):
        ends_at = _after(starts_at, step.norm_hours, calendar)
        margin = calendar.work_between(ends_at, due_at) if due_at else None
        legs.append(Leg(step, starts_at, ends_at, margin))
        starts_at = ends_at
    return legs


def _after(at: datetime, norm: Decimal, calendar: WorkingCalendar) -> datetime:
    hours = int(Decimal(norm).to_integral_value(ROUND_CEILING))
    if hours <= 0:
        return at
    return compute_due(at, TimeLimit(hours, Unit.WORKING_HOURS), calendar).due_at or at


def problems(steps: Sequence[Step], limit: TimeLimit | None, *, values: Values | None = None) -> list[str]:
    """Return why these steps may not be published, as Vietnamese sentences that name the step; empty when they may.

    Steps carry their keys. `values` gives the values that a condition may name, with the codes of the version's cases; a kind that
    it leaves out may name anything.
    """
    known: Values = {**FACTS, **(values or {})}
    found = [*_same_codes(steps), *(sentence for step in steps for sentence in _wrong_in(step, steps, known))]
    return found + _wrong_ways(steps, limit, known)


def _same_codes(steps: Sequence[Step]) -> Iterator[str]:
    codes = [step.code for step in steps]
    for code in dict.fromkeys(code for code in codes if codes.count(code) > 1):
        names = ", ".join(f"“{step.name}”" for step in steps if step.code == code)
        yield _("Mã “%(code)s” trùng giữa các bước %(names)s. Mỗi bước cần một mã riêng.") % {
            "code": code,
            "names": names,
        }


def _wrong_in(step: Step, steps: Sequence[Step], known: Values) -> Iterator[str]:
    """Yield what is wrong with one step by itself."""
    name = step.name or step.code
    if step.norm_hours <= 0:
        yield _("Bước “%s”: định mức phải lớn hơn 0 giờ làm việc.") % name
    codes = {each.code for each in steps}
    for code in step.next_codes:
        if code not in codes:
            words = {"name": name, "code": code}
            yield _("Bước “%(name)s”: bước sau “%(code)s” không có trong quy trình.") % words
    if step.condition and not step.condition_values:
        yield (
            _("Bước “%s”: có điều kiện nhưng chưa chọn giá trị nào nên không hồ sơ nào qua bước này.") % name
        )
    if step.condition_values and not step.condition:
        yield _("Bước “%s”: có giá trị nhưng chưa chọn điều kiện.") % name
    if step.condition and step.condition in known:
        for value in step.condition_values:
            if value not in known[step.condition]:
                words = {"name": name, "kind": str(NAMES.get(step.condition, step.condition)), "value": value}
                yield _("Bước “%(name)s”: điều kiện “%(kind)s” không có giá trị “%(value)s”.") % words


def worlds(steps: Sequence[Step], known: Values) -> list[dict[str, str]]:
    """Return one set of facts for each way in which the conditions of the steps may hold together."""
    kinds = list(dict.fromkeys(step.condition for step in steps if step.condition))
    choices: list[list[tuple[str, str]]] = []
    for kind in kinds:
        asking = [step for step in steps if step.condition == kind]
        named = known.get(kind) or {"", *(value for step in asking for value in step.condition_values)}
        possible = [*named, ""] if kind == "complexity" else list(named)
        alike = {tuple(value in step.condition_values for step in asking): value for value in possible}
        choices.append([(kind, value) for value in alike.values()])
    return [dict(choice) for choice in product(*choices)]


def ways(steps: Sequence[Step], *, values: Values | None = None) -> dict[tuple[int, int], bool]:
    """Return every way between two steps (by their keys), and whether each dossier that stands at the first may take it."""
    found: dict[tuple[int, int], int] = {}
    standing: dict[int, int] = {}
    for facts in worlds(steps, {**FACTS, **(values or {})}):
        for step in steps:
            if applies(step, facts):
                standing[step.pk] = standing.get(step.pk, 0) + 1
                for onward in following(steps, step.pk, facts):
                    found[step.pk, onward.pk] = found.get((step.pk, onward.pk), 0) + 1
    return {way: count == standing[way[0]] for way, count in found.items()}


def _wrong_ways(steps: Sequence[Step], limit: TimeLimit | None, known: Values) -> list[str]:
    """Return what is wrong with the ways through the steps, each sentence once however many worlds it holds in."""
    if not steps:
        return []
    found: dict[str, None] = {}
    reached: set[int] = set()
    longest: tuple[Decimal, tuple[Step, ...]] = (Decimal(0), ())
    for facts in worlds(steps, known):
        graph = {step.pk: following(steps, step.pk, facts) for step in steps if applies(step, facts)}
        first = following(steps, None, facts)[:1]
        if not first:
            found[_no_start(facts)] = None
            continue
        here = _reach(first[0].pk, graph)
        reached |= here
        found |= dict.fromkeys(_wrong_ends(steps, graph))
        longest = max(longest, _longest(first[0].pk, graph, steps), key=lambda each: each[0])
    unreached = [
        _("Bước “%s” không bao giờ được đến: không bước nào dẫn tới bước này.") % step.name
        for step in steps
        if step.pk not in reached
    ]
    return [*unreached, *found, *_too_long(longest, limit)]


def _no_start(facts: Facts) -> str:
    words = ", ".join(f"{NAMES.get(kind, kind)}: {value_words(kind, value)}" for kind, value in facts.items())
    return _("Không bước nào áp dụng cho hồ sơ có %s, nên hồ sơ đó không bắt đầu được.") % words


def value_words(kind: str, value: str) -> str:
    """Name a value of a condition; a case is named by its code."""
    return str(FACTS.get(kind, {}).get(value, value)) or _("không")


def _wrong_ends(steps: Sequence[Step], graph: Mapping[int, Sequence[Step]]) -> Iterator[str]:
    ends = {pk for pk, onward in graph.items() if not onward}
    for step in steps:
        if step.pk in ends and step.role != Role.LEADER:
            words = {"name": step.name, "role": step.get_role_display()}
            yield (
                _("Bước cuối “%(name)s” giao cho vai trò “%(role)s”; bước cuối phải do lãnh đạo quyết định.")
                % words
            )
        if step.pk in graph and not _reach(step.pk, graph) & ends:
            yield _("Từ bước “%s” không đi tới bước kết thúc nào: các bước sau cứ quay vòng.") % step.name


def _reach(pk: int, graph: Mapping[int, Sequence[Step]]) -> set[int]:
    """Return the keys of the steps that can come after one, itself among them."""
    seen, queue = {pk}, [pk]
    while queue:
        for step in graph.get(queue.pop(), ()):
            if step.pk not in seen:
                seen.add(step.pk)
                queue.append(step.pk)
    return seen


def _longest(
    start: int, graph: Mapping[int, Sequence[Step]], steps: Sequence[Step]
) -> tuple[Decimal, tuple[Step, ...]]:
    """Return the hours and the steps of the longest way on, each step counted once.

    Steps that lead round to each other can all be done on one way, so a round counts as one place with the norms of all its steps.
    """
    reach = {pk: _reach(pk, graph) for pk in graph}
    rounds = {pk: frozenset(other for other in reach[pk] if pk in reach[other]) for pk in graph}

    @cache
    def from_round(place: frozenset[int]) -> tuple[Decimal, tuple[Step, ...]]:
        mine = tuple(step for step in steps if step.pk in place)
        onward = {rounds[step.pk] for pk in place for step in graph[pk]} - {place}
        hours, rest = max(
            (from_round(each) for each in onward), key=lambda each: each[0], default=(Decimal(0), ())
        )
        return hours + sum((Decimal(step.norm_hours) for step in mine), Decimal(0)), (*mine, *rest)

    return from_round(rounds[start])


def _too_long(longest: tuple[Decimal, tuple[Step, ...]], limit: TimeLimit | None) -> list[str]:
    if limit is None or longest[0] <= (term := term_hours(limit)):
        return []
    words = {
        "way": " → ".join(f"“{step.name}”" for step in longest[1]),
        "hours": format_number(longest[0], decimals=1).removesuffix(",0"),
        "term": format_number(term, decimals=1).removesuffix(",0"),
    }
    return [
        _(
            "Đường đi dài nhất %(way)s cần %(hours)s giờ làm việc, vượt thời hạn giải quyết là %(term)s giờ làm việc."
        )
        % words
    ]


def term_hours(limit: TimeLimit) -> Decimal:
    """Return a statutory term in working hours; days of the calendar and months by the share of them that is worked."""
    return _HOURS[limit.unit] * limit.value
