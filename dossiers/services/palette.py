"""The Ctrl+K palette: dossiers, persons, procedures and commands for what was typed, each group short, only what one may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpmc_portal import access
from bpmc_portal.accounts.models import Applicant, User
from bpmc_portal.accounts.permissions import principal_of
from bpmc_portal.audit.models import AccessEvent
from bpmc_portal.errors import NotFound
from bpmc_portal.lib import identifiers, names
from bpmc_portal.lib.identifiers import Cccd
from dossiers import sla
from dossiers.models import Dossier, Status
from dossiers.numbering import code_key
from dossiers.services import finding
from dossiers.services.finding import COLUMNS
from procedures.catalogue import Catalogue
from procedures.search import search as search_procedures

MOST = 5
# So many dossiers are read to learn who the persons are; one who has them all crowds the others out, and more letters help.
FOUND_READ = 40
COUNT_LIMIT = 100
# The last showings of personal data to this person, in which the dossiers opened last are looked for.
RECENT_READ = 300


@dataclass(frozen=True)
class Item:
    """One line: a code where it has one, its name, what tells it apart, and where it leads."""

    url: str
    label: str
    note: str = ""
    code: str = ""
    state: str = ""
    state_words: str = ""


@dataclass(frozen=True)
class Group:
    """Lines of one kind under their heading."""

    slug: str
    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Answer:
    """What the palette shows, and the spelling that was tried besides the typed one ("" when there is none)."""

    groups: tuple[Group, ...]
    other_spelling: str = ""

    @property
    def count(self) -> int:
        """How many lines there are."""
        return sum(len(group.items) for group in self.groups)

    @property
    def persons_shown(self) -> int:
        """How many lines name a person: what the access log counts."""
        return sum(len(group.items) for group in self.groups if group.slug in {"ho-so", "nguoi", "vua-mo"})


@dataclass(frozen=True)
class Command:
    """A page that can be opened by its name: the name of its URL, its words, and other words people use for it."""

    name: str
    label: str | Promise
    also: str = ""


# The one registry. A page that this installation does not have, or that the person may not open, is simply not offered.
COMMANDS = (
    Command("dossiers:receive", gettext_lazy("Tiếp nhận hồ sơ"), "nop moi"),
    Command("desk:counters", gettext_lazy("Quầy: gọi số, mở ca"), "goi so tiep hang doi"),
    Command("dossiers:return_results", gettext_lazy("Trả kết quả"), "giao phat"),
    Command("dossiers:worklist", gettext_lazy("Việc của tôi"), "danh sach xu ly thu ly"),
    Command("desk:appointments", gettext_lazy("Lịch hẹn hôm nay"), "dat lich hen"),
    Command("dossiers:shift_report", gettext_lazy("Báo cáo ca trực"), "in dong ca ban giao"),
    Command("desk:live", gettext_lazy("Điều hành hàng đợi"), "phong cho cho lau"),
    Command("procedures:list", gettext_lazy("Danh mục thủ tục"), "thanh phan giay to phi"),
    Command("dossiers:track", gettext_lazy("Tra cứu hồ sơ cho người dân"), "tien do theo doi"),
    Command("jobs:list", gettext_lazy("Việc nền của hệ thống"), "loi gui lai"),
    Command("accounts:home", gettext_lazy("Trang của tôi"), "tai khoan"),
)


def search(user: User, text: str, *, held: Catalogue, now: datetime, most: int = MOST) -> Answer:
    """Return what fits the typed text, or what was opened last and the commands when nothing was typed. At most two statements."""
    if not text.strip():
        groups: tuple[Group, ...] = (
            Group("vua-mo", _("Vừa mở"), _recent(user, held, now=now)),
            Group("lenh", _("Lệnh"), commands(user, "")[:MOST]),
        )
        return Answer(_filled(groups))
    found = finding.newest_found(user, text, most=FOUND_READ)
    groups = (
        Group("ho-so", _("Hồ sơ"), dossier_items(found[:most], held, now=now)),
        Group("nguoi", _("Người"), _persons(user, found)),
        Group("thu-tuc", _("Thủ tục"), _procedures(text, held)),
        Group("lenh", _("Lệnh"), commands(user, text)[:MOST]),
    )
    return Answer(_filled(groups), _other_spelling(text))


def search_all(user: User, text: str, *, held: Catalogue, now: datetime, most: int) -> Answer:
    """Return the newest dossiers that fit, looked for everywhere whatever it costs. One statement."""
    items = dossier_items(finding.all_found(user, text, most=most), held, now=now)
    return Answer(_filled((Group("ho-so", _("Hồ sơ"), items),)), _other_spelling(text))


@dataclass(frozen=True)
class Person:
    """A person or organisation with its newest visible dossiers."""

    pk: int
    name: str
    identity: str
    dossiers: tuple[Item, ...]


def person(user: User, pk: int, *, held: Catalogue, now: datetime, most: int) -> Person:
    """Return a person whose dossiers one may see. Raises NotFound, the same for absent and out of sight. Two statements."""
    rows = Dossier.objects.visible_to(user).filter(applicant_id=pk).order_by("-pk")
    found = [(finding.PERSON, *row) for row in rows.values_list(*COLUMNS)[:most]]
    applicant = Applicant.objects.filter(pk=pk).first() if found else None
    if applicant is None:
        raise NotFound(
            _("Không tìm thấy người này trong các hồ sơ bạn được xem. Hãy tìm lại theo tên hoặc mã.")
        )
    return Person(pk, applicant.name, identity_words(applicant), dossier_items(found, held, now=now))


def identity_words(applicant: Applicant) -> str:
    """Write an identity number for a list: a person's is masked, an organisation's tax code is public."""
    number = applicant.identity_number
    if applicant.identity_kind == Applicant.IdentityKind.PASSPORT:
        return identifiers.mask(number, head=1, tail=3)
    if applicant.kind == Applicant.Kind.ORGANISATION and len(number) != 12:
        return identifiers.TaxCode(number).formatted
    return Cccd(number).masked


def dossier_items(rows: Iterable[tuple[Any, ...]], held: Catalogue, *, now: datetime) -> tuple[Item, ...]:
    """Return the lines of dossiers read as (rank, *COLUMNS)."""
    soon = sla.soon_at(now, held.office(None).calendar)
    return tuple(_dossier(dict(zip(COLUMNS, row[1:], strict=True)), held, now=now, soon=soon) for row in rows)


def _dossier(row: dict[str, Any], held: Catalogue, *, now: datetime, soon: datetime) -> Item:
    stand = sla.standing(
        row["status"], received_at=row["received_at"], due_at=row["due_at"], finished_at=row["finished_at"], outcome=row["outcome"],
        now=now, calendar=sla.calendar_of(held, row["office_id"]), soon=soon,
    )  # fmt: skip
    steps = held.version_by_id(row["version_of_procedure_id"]).steps
    step = next((each.name for each in steps if each.pk == row["step_id"]), "")
    state = step if row["status"] == Status.PROCESSING and step else str(Status(row["status"]).label)
    return Item(
        reverse("dossiers:detail", args=[row["code"]]), row["applicant_name"], state, row["code"], stand.state, stand.words
    )  # fmt: skip


def _persons(user: User, found: list[tuple[Any, ...]]) -> tuple[Item, ...]:
    """Return the persons behind the dossiers that were found by a person, with how many of their dossiers one may see."""
    at = 1 + COLUMNS.index("applicant_id")
    ids = list(dict.fromkeys(row[at] for row in found if row[0] >= finding.PERSON))[:MOST]
    if not ids:
        return ()
    theirs = Dossier.objects.visible_to(user).filter(applicant=OuterRef("pk")).order_by().values("pk")
    rows = Applicant.objects.filter(pk__in=ids).annotate(seen=ArraySubquery(theirs[:COUNT_LIMIT]))
    by_id = {row.pk: row for row in rows}
    return tuple(
        Item(
            f"{reverse('dossiers:find')}?{urlencode({'nguoi': pk})}",
            by_id[pk].name,
            f"{identity_words(by_id[pk])} · {_dossiers_words(len(by_id[pk].seen))}",
        )
        for pk in ids
    )


def _dossiers_words(count: int) -> str:
    return _("%s hồ sơ") % (f"{COUNT_LIMIT - 1}+" if count >= COUNT_LIMIT else count)


def _procedures(text: str, held: Catalogue) -> tuple[Item, ...]:
    return tuple(
        Item(
            reverse("procedures:detail", args=[each.row.code]),
            each.row.name,
            each.row.field.name,
            each.row.code,
        )
        for each in search_procedures(text, held)[:MOST]
    )


def commands(user: User, text: str) -> tuple[Item, ...]:
    """Return the pages this person may open whose words begin with what was typed, marks or not."""
    found: list[Item] = []
    for key in names.search_keys(text):
        words = key.split()
        for command in COMMANDS:
            if (url := _address(command.name, user)) and _fits(command, words):
                found.append(Item(url, str(command.label)))
        if found:
            break
    return tuple(found)


def _fits(command: Command, words: list[str]) -> bool:
    known = f" {names.fold(str(command.label))} {command.also}"
    return all(f" {word}" in known for word in words)


def _address(name: str, user: User) -> str:
    """Return the address of a page that exists and that one of the person's roles opens, "" otherwise."""
    if not access.ACCESS.get(name, {}).get("GET", frozenset()) & principal_of(user).roles:
        return ""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _recent(user: User, held: Catalogue, *, now: datetime) -> tuple[Item, ...]:
    """Return the dossiers this person opened last, the newest first, those since gone out of sight left out."""
    events = AccessEvent.objects.filter(actor=user).order_by("-at")
    last = events.values_list("view", "subject")[:RECENT_READ]
    codes = [code_key(subject) for view, subject in last if view == "dossiers:detail"]
    keys = list(dict.fromkeys(codes))[: 2 * MOST]
    if not keys:
        return ()
    rows = Dossier.objects.visible_to(user).filter(code_key__in=keys).order_by("-pk")
    found = sorted(
        rows.values_list(*COLUMNS), key=lambda row: keys.index(code_key(row[COLUMNS.index("code")]))
    )
    return dossier_items([(finding.CODE, *row) for row in found[:MOST]], held, now=now)


def _filled(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(group for group in groups if group.items)


def _other_spelling(text: str) -> str:
    spellings = finding.read(text).spellings
    return " ".join(spellings[1]) if len(spellings) > 1 else ""
