"""A small ministry for tests: Lan receives, Minh processes, Hà approves, Bình is of another unit, bà Tư is the citizen."""

from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

import yaml

from bpmc_portal.accounts.models import Applicant, Office, OfficeHours, Role, Unit, UnitKind, User
from bpmc_portal.accounts.permissions import appoint
from desk import live
from desk.services.setup import establish
from dossiers.models import Dossier, Reason
from dossiers.services.commands import ApplicantInput, ComponentInput, IntakeInput
from dossiers.services.intake import receive_dossier
from dossiers.services.transitions import act
from dossiers.workflow import Action
from procedures.models import (
    Case,
    ComponentRequirement,
    DocumentType,
    Field,
    Procedure,
    ProcedureVersion,
    Step,
)
from procedures.services import load_calendar, publish

HOLIDAYS = Path(__file__).parent.parent / "procedures" / "data" / "holidays.yaml"
START = date(2021, 1, 1)
# Triggers that keep append-only tables from being emptied; the test run itself must empty them (conftest.py).
TRUNCATE_GUARDS = (
    ("audit_accessevent", "append_only_all"),
    ("audit_securityevent", "append_only_all"),
    ("dossiers_dossierevent", "append_only_all"),
    ("dossiers_dossier", "never_emptied"),
)
TU_CCCD = "001160000019"


@dataclass
class World:
    """Names of the world's people and places."""

    ministry: Unit
    agency: Unit
    other: Unit
    office: Office
    procedure: Procedure
    users: dict[str, User]

    def __getattr__(self, name: str) -> User:
        try:
            return self.users[name]
        except KeyError:
            raise AttributeError(name) from None

    def intake(self, **changes: object) -> IntakeInput:
        """Return a whole, correct intake of the world's procedure for bà Tư; change what the test is about."""
        given: dict[str, object] = {
            "procedure": self.procedure.key,
            "office": self.office.code,
            "channel": "desk",
            "applicant": ApplicantInput(
                "citizen", TU_CCCD, "Trần Thị Tư", phone="0912345678", address="12 Ngô Quyền, Hà Nội"
            ),
            "components": (ComponentInput("01", "original"), ComponentInput("02", "copy", 2)),
        }
        return IntakeInput(**{**given, **changes})  # type: ignore[arg-type]

    def received(self, **changes: object) -> Dossier:
        """Return a dossier that Lan has received now."""
        return receive_dossier(self.intake(**changes), actor=self.users["lan"])

    def finished(self, **changes: object) -> Dossier:
        """Return a dossier with a result that waits to be handed over."""
        dossier, minh = self.received(**changes), self.users["minh"]
        for action, actor in (
            (Action.FORWARD, minh),
            (Action.FORWARD, minh),
            (Action.APPROVE, self.users["ha"]),
        ):
            dossier = act(dossier.code, action, actor=actor)
        return dossier


def user(username: str, full_name: str, **fields: object) -> User:
    """Create an account whose password cannot be used; tests sign in by force."""
    return User.objects.create_user(username, full_name=full_name, **fields)


def build() -> World:
    """Create the world in the current transaction."""
    live.forget()
    load_calendar(yaml.safe_load(HOLIDAYS.read_text(encoding="utf-8")))
    ministry = Unit.objects.create(
        code="bo",
        name="Bộ Lao động – Thương binh và Xã hội",
        kind=UnitKind.MINISTRY,
        org_code="000.00.00.G07",
    )
    desk_unit = Unit.objects.create(
        code="van-phong-bo", name="Văn phòng Bộ", kind=UnitKind.OFFICE, parent=ministry
    )
    agency = Unit.objects.create(
        code="cuc-qlldnn", name="Cục Quản lý lao động ngoài nước", kind=UnitKind.AGENCY, parent=ministry
    )
    other = Unit.objects.create(
        code="cuc-viec-lam", name="Cục Việc làm", kind=UnitKind.AGENCY, parent=ministry
    )
    office = Office.objects.create(
        code="VPB",
        name="Bộ phận Một cửa Văn phòng Bộ",
        unit=desk_unit,
        address="12 Ngô Quyền, Hoàn Kiếm, Hà Nội",
    )
    for weekday in range(5):
        OfficeHours.objects.create(office=office, weekday=weekday, opens_at=time(8), closes_at=time(12))
        OfficeHours.objects.create(
            office=office, weekday=weekday, opens_at=time(13, 30), closes_at=time(17, 30)
        )
    people = {
        "lan": ("Nguyễn Thị Lan", desk_unit, Role.CLERK, office),
        "lan2": ("Lê Thị Lan", desk_unit, Role.CLERK, office),
        "truong": ("Phạm Văn Trường", desk_unit, Role.DESK_HEAD, office),
        "minh": ("Trần Quang Minh", agency, Role.OFFICER, None),
        "ha": ("Vũ Thu Hà", agency, Role.LEADER, None),
        "ha2": ("Đỗ Thị Hạ", agency, Role.LEADER, None),
        "binh": ("Lê Văn Bình", other, Role.OFFICER, None),
        "vanthu": ("Hoàng Thị Thư", agency, Role.REGISTRY, None),
        "sohoa": ("Ngô Số Hoá", desk_unit, Role.DIGITISER, office),
        "vanphong": ("Bùi Thị Phòng", ministry, Role.MINISTRY_OFFICE, None),
        "thanhtra": ("Đặng Thanh Tra", ministry, Role.AUDITOR, None),
        "kiosk": ("Máy lấy số", desk_unit, Role.KIOSK, office),
    }
    users = {}
    for username, (full_name, unit, role, desk) in people.items():
        users[username] = user(username, full_name)
        appoint(users[username], unit=unit, role=role, office=desk, starts_on=START)
    users["quantri"] = user("quantri", "Quản trị", is_staff=True, is_superuser=True)
    appoint(users["quantri"], unit=ministry, role=Role.ADMIN, starts_on=START)
    tu = Applicant(kind="citizen", identity_kind="cccd", identity_number=TU_CCCD, phone="+84912345678")
    tu.set_name("Trần Thị Tư")
    tu.save()
    users["tu"] = user("tu", "Trần Thị Tư", applicant=tu)
    procedure = _procedure(agency)
    establish(office)
    _reasons()
    return World(ministry, agency, other, office, procedure, users)


def _procedure(agency: Unit) -> Procedure:
    field = Field.objects.create(code="qlldnn", name="Quản lý lao động ngoài nước", unit=agency)
    procedure = Procedure.objects.create(
        key="QLLDNN-04",
        name="Đăng ký hợp đồng cung ứng lao động",
        field=field,
        unit=agency,
        search_key="dang ky hop dong cung ung lao dong",
    )
    result = DocumentType.objects.create(code="MC-KQ0001", name="Văn bản chấp thuận", is_result=True)
    version = ProcedureVersion.objects.create(
        procedure=procedure, number=1, in_force_from=START, limit_value=5, limit_unit="working_days", result_type=result
    )  # fmt: skip
    case = Case.objects.create(version=version, code="default", name="Trường hợp chung")
    papers = (
        ("01", "Văn bản đăng ký hợp đồng", True),
        ("02", "Bản sao hợp đồng cung ứng", True),
        ("03", "Tài liệu khác", False),
    )
    for position, (code, name, is_mandatory) in enumerate(papers, 1):
        kind = DocumentType.objects.create(code=f"MC-GT{position:04d}", name=name)
        ComponentRequirement.objects.create(
            case=case, code=code, name=name, document_type=kind, position=position, is_mandatory=is_mandatory
        )
    Step.objects.create(
        version=version,
        code="tham-dinh",
        name="Thẩm định",
        citizen_name="Đang thẩm định",
        role="officer",
        position=1,
        norm_hours=24,
        may_pause=True,
    )
    Step.objects.create(
        version=version,
        code="trinh-ky",
        name="Trình ký",
        citizen_name="Đang trình ký",
        role="leader",
        position=2,
        norm_hours=16,
        may_pause=True,
    )
    publish(version)
    return procedure


def _reasons() -> None:
    """Add two reasons of each use, as the catalogue of reasons has them."""
    for use in Reason.Use.values:
        for position, words in enumerate(("không hợp lệ", "chưa đầy đủ"), 1):
            Reason.objects.create(
                code=f"{use}-{position}", use=use, position=position, text=f"Nội dung {words}.",
                remedy=f"Hãy nộp lại bản {words.replace('không ', '').replace('chưa ', '')}.", legal_basis="NĐ 61/2018/NĐ-CP, Điều 17",
            )  # fmt: skip
