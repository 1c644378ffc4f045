"""Who lives in the demo world: staff with their roles, citizens and enterprises. Every name and number is made up from lists."""

import random
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password
from stdnum.vn import mst

from bpmc_portal.accounts.models import Applicant, Office, Role, Unit, User
from bpmc_portal.accounts.permissions import appoint
from dossiers.services.commands import ApplicantInput

PASSWORD = "motcua-demo"  # noqa: S105  (the published password of the demo world)
START = date(2021, 1, 1)
TU = ApplicantInput(
    "citizen",
    "001160000019",
    "Trần Thị Tư",
    birth_on=date(1960, 5, 19),
    gender="female",
    phone="0912345678",
    address="12 Ngô Quyền, Hà Nội",
)
COMPANY = ApplicantInput(
    "organisation", "0100233488", "Công ty Cổ phần Cung ứng nhân lực Hồng Hà", phone="02438251234", email="vanthu@hongha.example",
    address="25 Hai Bà Trưng, Hà Nội",
)  # fmt: skip

# username → name, role, unit, office. The accounts of the contract first; then one officer and one leader a competent unit.
STAFF: tuple[tuple[str, str, Role, str, str], ...] = (
    ("lan", "Nguyễn Thị Lan", Role.CLERK, "van-phong-bo", "VPB"),
    ("lan2", "Lê Thị Lan", Role.CLERK, "van-phong-bo", "VPB"),
    ("lan3", "Phạm Ngọc Lan", Role.CLERK, "van-phong-bo", "VPB"),
    ("lan4", "Hoàng Thị Lan", Role.CLERK, "van-phong-bo", "VPB"),
    ("lan5", "Vũ Hương Lan", Role.CLERK, "van-phong-bo", "VPB"),
    ("truong", "Phạm Văn Trường", Role.DESK_HEAD, "van-phong-bo", "VPB"),
    ("minh", "Trần Quang Minh", Role.OFFICER, "cuc-qlldnn", ""),
    ("nga", "Đinh Thị Nga", Role.OFFICER, "cuc-qlldnn", ""),
    ("ha", "Vũ Thu Hà", Role.LEADER, "cuc-qlldnn", ""),
    ("binh", "Lê Văn Bình", Role.OFFICER, "cuc-viec-lam", ""),
    ("vanthu", "Hoàng Thị Thư", Role.REGISTRY, "cuc-qlldnn", ""),
    ("sohoa", "Ngô Thanh Hoa", Role.DIGITISER, "van-phong-bo", "VPB"),
    ("vanphong", "Bùi Thị Phượng", Role.MINISTRY_OFFICE, "bo", ""),
    ("thanhtra", "Đặng Văn Thanh", Role.AUDITOR, "bo", ""),
    ("quantri", "Quản trị hệ thống", Role.ADMIN, "bo", ""),
    ("kiosk", "Máy lấy số", Role.KIOSK, "van-phong-bo", "VPB"),
    ("viec-lam-ld", "Nguyễn Đức Hùng", Role.LEADER, "cuc-viec-lam", ""),
)
SIDE_UNITS = ("cuc-atld", "tc-gdnn", "cuc-btxh", "thanh-tra-bo", "van-phong-bo")

FAMILIES = (
    ("Nguyễn",) * 6
    + ("Trần",) * 2
    + ("Lê",) * 2
    + ("Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý")
)
WOMEN = (
    ("Thị", "Thu", "Ngọc", "Thanh", "Minh"),
    ("Hương", "Nga", "Thảo", "Linh", "Yến", "Hạnh", "Oanh", "Tuyết", "Mai", "Phương", "Trang", "Dung"),
)
MEN = (
    ("Văn", "Đức", "Quang", "Hữu", "Xuân"),
    ("Hùng", "Dũng", "Sơn", "Tuấn", "Khánh", "Long", "Đạt", "Thắng", "Việt", "Phúc", "Kiên", "Thành"),
)
PLACES = ("001", "030", "031", "034", "036", "038", "040", "042", "048", "079", "075", "092")
STREETS = (
    "Trần Hưng Đạo",
    "Lý Thường Kiệt",
    "Nguyễn Trãi",
    "Lê Lợi",
    "Quang Trung",
    "Phan Chu Trinh",
    "Bà Triệu",
)
TOWNS = ("Hà Nội", "Hải Phòng", "Nam Định", "Thanh Hóa", "Nghệ An", "Đà Nẵng", "Thành phố Hồ Chí Minh")
FIRMS = ("Công ty TNHH", "Công ty Cổ phần", "Công ty TNHH MTV", "Công ty Cổ phần Tập đoàn")
TRADES = (
    "Cung ứng nhân lực",
    "Xây dựng",
    "Cơ khí",
    "Dịch vụ đào tạo",
    "Kiểm định kỹ thuật",
    "Thương mại quốc tế",
    "Sản xuất thiết bị",
)
FIRM_NAMES = (
    "An Phát",
    "Bình Minh",
    "Hoàng Gia",
    "Thăng Long",
    "Việt Tín",
    "Đông Đô",
    "Trường Sơn",
    "Sao Mai",
    "Đại Nam",
    "Phú Thịnh",
    "Tân Tiến",
)


@dataclass(frozen=True)
class People:
    """The accounts of the demo world and whom they serve."""

    users: dict[str, User]
    citizens: tuple[ApplicantInput, ...]
    firms: tuple[ApplicantInput, ...]

    def leader_of(self, unit: Unit) -> User:
        """Return who approves in the unit."""
        return self.users[
            {"cuc-qlldnn": "ha", "cuc-viec-lam": "viec-lam-ld"}.get(unit.code, f"{unit.code}-ld")
        ]

    def officer_of(self, unit: Unit) -> User:
        """Return who processes in the unit."""
        return self.users[{"cuc-qlldnn": "minh", "cuc-viec-lam": "binh"}.get(unit.code, f"{unit.code}-cv")]


def settle() -> People:
    """Create the accounts with their roles and draw the applicants, the same every time."""
    rng = random.Random("people")  # noqa: S311  (a repeatable world, no secret)
    units = {unit.code: unit for unit in Unit.objects.order_by("code")}
    offices = {office.code: office for office in Office.objects.order_by("code")}
    staff = list(STAFF)
    for code in SIDE_UNITS:
        staff.append((f"{code}-cv", _person_name(rng)[0], Role.OFFICER, code, ""))
        staff.append((f"{code}-ld", _person_name(rng)[0], Role.LEADER, code, ""))
    users = {}
    for username, name, role, unit, office in staff:
        is_admin = role is Role.ADMIN
        users[username] = User.objects.create_user(
            username, full_name=name, title=str(role.label), is_staff=is_admin, is_superuser=is_admin
        )
        appoint(users[username], unit=units[unit], role=role, office=offices.get(office), starts_on=START)
    for username, given in (("tu", TU), ("congty", COMPANY)):
        users[username] = User.objects.create_user(
            username, full_name=given.name, applicant=_applicant(given)
        )
    # One hash for all: the password is public, and each hash costs a tenth of a second.
    User.objects.filter(username__in=users).update(password=make_password(PASSWORD))
    citizens = (TU, *(_citizen(rng) for _each in range(700)))
    return People(users, citizens, (COMPANY, *(_firm(rng) for _each in range(160))))


def _applicant(given: ApplicantInput) -> Applicant:
    kind = Applicant.IdentityKind.TAX_CODE if given.kind == "organisation" else Applicant.IdentityKind.CCCD
    row = Applicant(
        kind=given.kind, identity_kind=kind, identity_number=given.identity_number, birth_on=given.birth_on, gender=given.gender,
        phone="+84" + given.phone[1:], email=given.email, address=given.address,
    )  # fmt: skip
    row.set_name(given.name)
    row.save()
    return row


def _person_name(rng: random.Random) -> tuple[str, bool]:
    is_woman = rng.random() < 0.5
    middles, given = WOMEN if is_woman else MEN
    return f"{rng.choice(FAMILIES)} {rng.choice(middles)} {rng.choice(given)}", is_woman


def _citizen(rng: random.Random) -> ApplicantInput:
    name, is_woman = _person_name(rng)
    birth = date(rng.randint(1958, 2004), rng.randint(1, 12), rng.randint(1, 28))
    century = 2 * (birth.year // 100 - 19) + is_woman
    number = f"{rng.choice(PLACES)}{century}{birth.year % 100:02d}{rng.randint(1, 999_999):06d}"
    gender = "female" if is_woman else "male"
    return ApplicantInput("citizen", number, name, birth, gender, _mobile(rng), "", _address(rng))


def _firm(rng: random.Random) -> ApplicantInput:
    name = f"{rng.choice(FIRMS)} {rng.choice(TRADES)} {rng.choice(FIRM_NAMES)}"
    return ApplicantInput("organisation", _tax_code(rng), name, phone=_mobile(rng), address=_address(rng))


def _tax_code(rng: random.Random) -> str:
    while True:
        number = f"{rng.choice(('01', '02', '03', '04'))}{rng.randint(0, 9_999_999):07d}"
        # One body in eleven has no check digit: the arithmetic gives ten.
        for digit in "0123456789":
            if mst.is_valid(number + digit):
                return number + digit


def _mobile(rng: random.Random) -> str:
    return f"09{rng.randint(10_000_000, 99_999_999)}"


def _address(rng: random.Random) -> str:
    return f"{rng.randint(1, 199)} {rng.choice(STREETS)}, {rng.choice(TOWNS)}"
