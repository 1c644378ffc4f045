"""One act on many dossiers: tried first, then done one by one in the background, with a result for each.

Each dossier is changed in a transaction of its own, together with the note that it is done: whatever dies, nothing is done twice
and nothing is forgotten. A dossier that somebody changed meanwhile is refused in words, the others go on.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bpmc_portal.accounts.models import User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.errors import DomainError, NotFound
from bpmc_portal.idempotency.services import once
from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.services import Work
from bpmc_portal.lib.vietnamese import local_date
from dossiers.models import BulkItem, BulkRun, Dossier
from dossiers.numbering import code_key
from dossiers.services import assignment, transitions
from dossiers.services.transitions import Params
from dossiers.services.worklist import Asked, sorted_rows
from dossiers.workflow import Action
from procedures import catalogue

log = logging.getLogger(__name__)

ACTIONS = (Action.ASSIGN, Action.FORWARD)
MOST = 500
BATCH = 25
RUN = "dossiers.run_bulk"


@dataclass(frozen=True)
class Pick:
    """One chosen dossier at the version that the person saw; without one, as it stands. For an approval: the draft that was read."""

    code: str
    version: int | None = None
    revision: int | None = None


@dataclass(frozen=True)
class Deed:
    """What is to be done with all of them. Work is assigned to a person by username; "" shares it out by load."""

    action: Action
    assignee: str = ""

    @property
    def is_shared(self) -> bool:
        """Whether the load decides who gets which."""
        return self.action is Action.ASSIGN and not self.assignee


@dataclass(frozen=True)
class Tried:
    """One dossier of a dry run: the sentence that refuses it, "" when it can be done."""

    dossier: Dossier
    sentence: str = ""


@dataclass(frozen=True)
class DryRun:
    """What would happen: the dossiers, how many were chosen but are not to be found, and who would get how many."""

    deed: Deed
    rows: list[Tried]
    missing: int
    takers: list[tuple[User, int]]

    @property
    def fit(self) -> list[Dossier]:
        """Return the dossiers with which it can be done."""
        return [row.dossier for row in self.rows if not row.sentence]


def picks_of(asked: Asked) -> list[Pick]:
    """Return every dossier of a list with its filters, up to MOST, in the list's order. One statement."""
    rows = sorted_rows(asked.rows(), asked.tab.order, backwards=False)
    return [Pick(code, version) for code, version in rows.values_list("code", "version")[:MOST]]


def dry_run(picks: Sequence[Pick], deed: Deed, *, actor: User) -> DryRun:
    """Try the act on every chosen dossier without changing anything: one statement for the dossiers, the policy in memory.

    Raises `nobody_to_assign` when work is shared out and nobody is there.
    """
    versions = {code_key(pick.code): pick.version for pick in picks[:MOST]}
    seen = Dossier.objects.visible_to(actor).filter(code_key__in=versions)
    dossiers = list(seen.select_related("procedure", "step", "assignee").order_by("due_at", "id"))
    held, now = catalogue.read()
    away = _unable(dossiers, deed, on=local_date(now))
    rows = []
    for dossier in dossiers:
        version = held.version_by_id(dossier.version_of_procedure_id)
        refused = transitions.refusal(
            dossier, deed.action, actor=actor, version=version, expected_version=versions[dossier.code_key]
        )
        refused = refused or _not_to_be_handed_over(dossier, deed, actor) or away.get(dossier.unit_id)
        rows.append(Tried(dossier, refused.sentence if refused else ""))
    fit = [row.dossier for row in rows if not row.sentence]
    takers = Counter(_takers(fit, on=local_date(now)).values()) if deed.is_shared else Counter()
    people = User.objects.in_bulk(list(takers))
    named = sorted(((people[pk], number) for pk, number in takers.items()), key=lambda each: str(each[0]))
    return DryRun(deed, rows, len(versions) - len(dossiers), named)


def _not_to_be_handed_over(dossier: Dossier, deed: Deed, actor: User) -> DomainError | None:
    if deed.action is not Action.ASSIGN:
        return None
    try:
        assignment.check_hand_over(dossier.assignee_id, dossier.unit_id, actor=actor)
    except DomainError as refused:
        return refused
    return None


def _unable(dossiers: Sequence[Dossier], deed: Deed, *, on: date) -> dict[int, DomainError]:
    """Return for each unit why the named person cannot take its work."""
    refusals: dict[int, DomainError] = {}
    if deed.action is Action.ASSIGN and deed.assignee:
        for unit_id in {dossier.unit_id for dossier in dossiers}:
            try:
                assignment.chosen(deed.assignee, unit_id, on=on)
            except DomainError as refused:
                refusals[unit_id] = refused
    return refusals


def _takers(dossiers: Sequence[Dossier], *, on: date) -> dict[int, int]:
    """Return who takes each dossier when work is shared out by load, unit by unit: dossier key → account key."""
    by_unit: dict[int, list[int]] = defaultdict(list)
    for dossier in dossiers:
        by_unit[dossier.unit_id].append(dossier.pk)
    taken: dict[int, int] = {}
    for unit_id, keys in by_unit.items():
        taken |= dict(zip(keys, assignment.shared_out(keys, unit_id, on=on), strict=True))
    return taken


def start(picks: Sequence[Pick], deed: Deed, *, actor: User, key: str) -> UUID:
    """Write down the run with its dossiers and the jobs that will do it; with a known key return the run that it started.

    Raises NotFound when none of the dossiers is in sight.
    """

    def begin() -> tuple[int, Any]:
        return 201, {"run": str(_write(picks, deed, actor).pk)}

    body = {
        "action": deed.action,
        "assignee": deed.assignee,
        "picks": [[each.code, each.version, each.revision] for each in picks],
    }
    return UUID(once(begin, actor=actor, key=key, body=body).body["run"])


def _write(picks: Sequence[Pick], deed: Deed, actor: User) -> BulkRun:
    versions = {code_key(pick.code): pick.version for pick in picks[:MOST]}
    seen = Dossier.objects.visible_to(actor).filter(code_key__in=versions)
    dossiers = list(seen.order_by("due_at", "id"))
    if not dossiers:
        raise NotFound(_("Không còn hồ sơ nào trong danh sách đã chọn. Hãy chọn lại."))
    revisions = {code_key(pick.code): pick.revision for pick in picks if pick.revision is not None}
    params: dict[str, Any] = {"assignee": deed.assignee, "round": 0}
    if revisions:
        params["revisions"] = {str(each.pk): revisions.get(each.code_key) for each in dossiers}
    run = BulkRun.objects.create(action=deed.action, actor=actor, created_at=timezone.now(), params=params)
    BulkItem.objects.bulk_create(
        BulkItem(
            run=run, position=place, dossier=each,
            expected_version=versions[each.code_key] or each.version,
        )
        for place, each in enumerate(dossiers)
    )  # fmt: skip
    _enqueue(run, dossiers)
    return run


def _enqueue(run: BulkRun, dossiers: Sequence[Dossier]) -> None:
    """Write one job a batch; who takes what is settled once for the whole round, so that the shares stay fair."""
    params = {**run.params, "round": run.params["round"] + 1}
    if run.action == Action.ASSIGN and not params["assignee"]:
        params["takers"] = {str(key): taker for key, taker in _takers(dossiers, on=local_date()).items()}
    BulkRun.objects.filter(pk=run.pk).update(params=params, finished_at=None)
    last = run.items.count()
    jobs.enqueue(
        *(
            Work(
                RUN, f"bulk:{run.pk}:{params['round']}:{first}", {"run_id": str(run.pk), "first": first, "last": first + BATCH}
            )
            for first in range(0, last, BATCH)
        )
    )  # fmt: skip


def run_batch(run_id: str, first: int, last: int) -> None:
    """Do what still waits in one batch. A fault of one dossier lets the others go on and is raised at the end, for another try."""
    run = BulkRun.objects.select_related("actor").get(pk=run_id)
    waiting = run.items.filter(state=BulkItem.State.WAITING, position__gte=first, position__lt=last)
    takers = run.params.get("takers", {})
    usernames = dict(User.objects.filter(pk__in=set(takers.values())).values_list("pk", "username"))
    faults: list[Exception] = []
    for item_id, dossier_id, code in waiting.order_by("position").values_list(
        "pk", "dossier_id", "dossier__code"
    ):
        assignee = run.params["assignee"] or usernames.get(takers.get(str(dossier_id)))
        try:
            revision = run.params.get("revisions", {}).get(str(dossier_id))
            _do(run, item_id, code, Params(assignee=assignee, result_revision=revision))
        except Exception as fault:
            log.exception("bulk item failed: %s %s", run_id, item_id)
            faults.append(fault)
    if not run.items.filter(state=BulkItem.State.WAITING).exists():
        BulkRun.objects.filter(pk=run.pk, finished_at=None).update(finished_at=timezone.now())
    if faults:
        raise faults[0]


def _do(run: BulkRun, item_id: int, code: str, params: Params) -> None:
    """Do one dossier and note it, in one transaction; what another worker has in hand or has done is left to it."""
    with transaction.atomic():
        waiting = BulkItem.objects.select_for_update(skip_locked=True).filter(
            pk=item_id, state=BulkItem.State.WAITING
        )
        item = waiting.first()
        if item is None:
            return
        state, why, sentence = BulkItem.State.DONE, "", ""
        try:
            transitions.act(
                code,
                Action(run.action),
                actor=run.actor,
                expected_version=item.expected_version,
                params=params,
            )
        except DomainError as refused:
            state, why, sentence = BulkItem.State.REFUSED, refused.code[:40], refused.sentence
        BulkItem.objects.filter(pk=item_id).update(state=state, code=why, sentence=sentence)


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    run: BulkRun
    waiting: int
    done: int
    refused: int
    items: list[BulkItem]

    @property
    def total(self) -> int:
        """Return the number of dossiers."""
        return self.waiting + self.done + self.refused


def progress(run_id: UUID, *, user: User) -> Progress:
    """Return a run of this very person with a result for each dossier. Two statements. Raises NotFound."""
    run = _own(run_id, user)
    return Progress(
        run,
        run.waiting,
        run.done,
        run.refused,
        list(run.items.select_related("dossier").order_by("position")),
    )


def _own(run_id: UUID, user: User) -> Any:
    """Return the person's run, counted. Raises NotFound."""
    states = {state.value: Count("items", filter=Q(items__state=state)) for state in BulkItem.State}
    run = BulkRun.objects.filter(actor=user).annotate(**states).filter(pk=run_id).first()
    if run is None:
        raise NotFound
    return run


@transaction.atomic
def retry(run_id: UUID, *, actor: User) -> None:
    """Try once more what was refused, as it stands now, and ring again for what still waits. Raises NotFound for another's run."""
    run = BulkRun.objects.select_for_update().filter(actor=actor, pk=run_id).first()
    if run is None:
        raise NotFound
    if run.action == Action.APPROVE:
        # What changed since it was read must be read again, not approved by a second press.
        raise DomainError(
            _("Hồ sơ không phê duyệt được phải đọc lại. Hãy mở lại trang Trình ký."),
            code="read_again",
            status=409,
        )
    refused = run.items.filter(state=BulkItem.State.REFUSED)
    keys = list(refused.values_list("dossier_id", flat=True))
    seen = dict(Dossier.objects.visible_to(actor).filter(pk__in=keys).values_list("pk", "version"))
    again = list(refused.filter(dossier_id__in=seen))
    for item in again:
        item.expected_version, item.state, item.code, item.sentence = (
            seen[item.dossier_id],
            BulkItem.State.WAITING,
            "",
            "",
        )
    BulkItem.objects.bulk_update(again, ["expected_version", "state", "code", "sentence"])
    waiting = Dossier.objects.filter(
        pk__in=run.items.filter(state=BulkItem.State.WAITING).values("dossier_id")
    )
    if dossiers := list(waiting.order_by("due_at", "id")):
        _enqueue(run, dossiers)


def may_act_on_many(user: User) -> bool:
    """Say whether the person does case work, and so may act on several dossiers at once."""
    return bool(principal_of(user).units_where("process_dossiers"))
