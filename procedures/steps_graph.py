"""The ways through the steps as a drawing: boxes from top to bottom, ways down on the line, past steps on the right, back on the left.

Only numbers and words come out of here; templates/procedures/steps/graph.html draws them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from bpmc_portal.lib.vietnamese import format_number
from procedures import flow
from procedures.models import Step
from procedures.steps_facts import NAMES

WIDTH, LEFT, BOX, HEIGHT, GAP, TOP = 400, 70, 260, 58, 32, 40
# How many letters of the two sizes fit into a box.
NAME_LETTERS, NOTE_LETTERS = 32, 40


@dataclass(frozen=True)
class Box:
    """One step: where its box begins, and its lines."""

    y: str
    name: str
    note: str
    condition: str
    is_end: bool


@dataclass(frozen=True)
class Way:
    """One way: the path of its arrow; dashed where only some dossiers may take it."""

    path: str
    is_for_some: bool


@dataclass(frozen=True)
class Graph:
    """The drawing, with the same told in words."""

    width: str
    height: str
    boxes: list[Box]
    ways: list[Way]
    words: list[str]


def draw(steps: Sequence[Step], *, values: flow.Values) -> Graph | None:
    """Return the drawing of these steps, None without any."""
    if not steps:
        return None
    place = {step.pk: number for number, step in enumerate(steps)}
    ways = flow.ways(steps, values=values)
    leaving = {start for start, _end in ways}
    boxes = [
        Box(str(_top(number)), _short(f"{number + 1}. {step.name}", NAME_LETTERS), _short(_note(step), NOTE_LETTERS), _short(condition_words(step, values), NOTE_LETTERS), step.pk not in leaving)
        for number, step in enumerate(steps)
    ]  # fmt: skip
    drawn = [Way(_path(place[start], place[end]), not always) for (start, end), always in ways.items()]
    entry = Way(f"M{LEFT + BOX // 2} 12 V{TOP - 6}", bool(steps[0].condition))
    return Graph(str(WIDTH), str(_top(len(steps)) - GAP + 8), boxes, [entry, *drawn], _in_words(steps, ways))


def _top(number: int) -> int:
    return TOP + number * (HEIGHT + GAP)


def _path(start: int, end: int) -> str:
    """Return the arrow from one box to another."""
    if end == start + 1:
        return f"M{LEFT + BOX // 2} {_top(start) + HEIGHT} V{_top(end) - 6}"
    bend = min(18 + 9 * abs(end - start), 58)
    forward = end > start
    x, tip = (LEFT + BOX, LEFT + BOX + 6) if forward else (LEFT, LEFT - 6)
    far = x + bend if forward else x - bend
    # A way leaves below the middle and arrives above it, so that two ways of one box do not meet.
    begin, arrive = _top(start) + HEIGHT // 2 + 10, _top(end) + HEIGHT // 2 - 10
    return f"M{x} {begin} C{far} {begin} {far} {arrive} {tip} {arrive}"


def _note(step: Step) -> str:
    hours = format_number(step.norm_hours, decimals=1).removesuffix(",0")
    note = _("%(role)s · %(hours)s giờ") % {"role": step.get_role_display(), "hours": hours}
    return f"{note} · {_('liên thông')}" if step.linked_procedure_id else note


def condition_words(step: Step, values: flow.Values) -> str:
    """Say for which dossiers a step is done; "" for all."""
    if not step.condition:
        return ""
    known = values.get(step.condition, {})
    named: Mapping[str, object] = known if isinstance(known, Mapping) else {}
    words = ", ".join(
        str(named.get(value) or flow.value_words(step.condition, value)) for value in step.condition_values
    )
    return f"{NAMES.get(step.condition, step.condition)}: {words or _('chưa chọn')}"


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def _in_words(steps: Sequence[Step], ways: Mapping[tuple[int, int], bool]) -> list[str]:
    names = {step.pk: f"{number}. {step.name}" for number, step in enumerate(steps, 1)}
    lines = []
    for step in steps:
        onward = [
            names[end] if always else _("%s (một số hồ sơ)") % names[end]
            for (start, end), always in ways.items()
            if start == step.pk
        ]
        lines.append(f"{names[step.pk]} → {', '.join(onward) or _('kết thúc')}")
    return lines
