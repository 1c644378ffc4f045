"""Identifiers as people type them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpmc_portal.lib.identifiers import (
    BIRTH_PLACES,
    Cccd,
    InvalidIdentifier,
    TaxCode,
    cccd_warnings,
    mask,
    parse_cccd,
    parse_org_code,
    parse_passport,
    parse_phone,
    parse_procedure_code,
    parse_tax_code,
)

quick = settings(deadline=None)

TODAY = date(2026, 11, 23)
BA_TU = "001160000019"


def refusal(parse: Callable[..., object], text: str, **options: object) -> InvalidIdentifier:
    with pytest.raises(InvalidIdentifier) as refused:
        parse(text, **options)
    assert refused.value.sentence == str(refused.value)
    return refused.value


@pytest.mark.parametrize(
    "typed",
    [
        BA_TU,
        " 001 160 000 019 ",
        "001.160.000.019",
        "001-160-000-019",
        "001–160–000–019",
        "001\u00a0160\u2009000019\n",
        "００１１６００００００１９".replace("００００００", "０００００"),
        "001160000019\u200b",
    ],
)
def test_a_citizens_number_is_read_however_it_is_grouped(typed: str) -> None:
    cccd = parse_cccd(typed, on=TODAY)
    assert cccd == Cccd(BA_TU)
    assert (cccd.place, cccd.gender, cccd.birth_year) == ("Hà Nội", "female", 1960)
    assert cccd.formatted == "001 160 000 019"


def test_a_citizens_number_is_shown_masked() -> None:
    assert Cccd("001160012345").masked == "001 ••• ••2 345"


@pytest.mark.parametrize(
    ("digit", "gender", "year"),
    [
        ("0", "male", 1987),
        ("1", "female", 1987),
        ("2", "male", 2087),
        ("3", "female", 2087),
        ("9", "female", 2387),
    ],
)
def test_one_digit_tells_gender_and_century(digit: str, gender: str, year: int) -> None:
    cccd = Cccd(f"001{digit}87000001")
    assert (cccd.gender, cccd.birth_year) == (gender, year)


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [
        ("00116000001", "cccd_length", "Số căn cước gồm 12 chữ số. Bạn đã nhập 11."),
        ("0011600000199", "cccd_length", "Bạn đã nhập 13."),
        ("", "cccd_length", "Bạn đã nhập 0."),
        ("012345678", "cccd_length", "Chứng minh nhân dân 9 số đã hết giá trị"),
        ("00116000001O", "cccd_not_digits", "“O”"),
        ("٠٠١١٦٠٠٠٠٠١٩", "cccd_not_digits", "Hãy xóa"),
        ("001²60000019a", "cccd_not_digits", "“a”"),
        ("000000000000", "cccd_placeholder", "để trống"),
        ("001227000001", "cccd_future_birth", "2027"),
        ("001460000019", "cccd_future_birth", "2160"),
    ],
)
def test_a_wrong_citizens_number_is_refused_with_help(typed: str, code: str, words: str) -> None:
    refused = refusal(parse_cccd, typed, on=TODAY)
    assert refused.code == code
    assert words in refused.sentence


def test_who_is_born_this_year_has_a_number() -> None:
    assert parse_cccd("001226000001", on=TODAY).birth_year == 2026
    assert parse_cccd("001226000001").birth_year == 2026


def test_oddities_warn_and_do_not_refuse() -> None:
    assert cccd_warnings(Cccd(BA_TU), birth_on=date(1960, 5, 1), gender="female") == ()
    assert cccd_warnings(Cccd(BA_TU)) == ()
    odd = cccd_warnings(Cccd("999160000019"), birth_on=date(1961, 5, 1), gender="male")
    assert [warning.code for warning in odd] == [
        "cccd_place_unknown",
        "cccd_birth_mismatch",
        "cccd_gender_mismatch",
    ]
    assert "999" in odd[0].sentence
    assert "1960" in odd[1].sentence
    assert "1961" in odd[1].sentence


def test_all_sixty_three_provinces_are_known() -> None:
    assert len(BIRTH_PLACES) == 63
    assert BIRTH_PLACES["079"] == "Thành phố Hồ Chí Minh"
    assert BIRTH_PLACES["077"] == "Bà Rịa - Vũng Tàu"


@quick
@given(st.text(max_size=20))
def test_any_text_is_a_number_or_a_refusal(text: str) -> None:
    for parse in (
        parse_cccd,
        parse_passport,
        parse_tax_code,
        parse_phone,
        parse_org_code,
        parse_procedure_code,
    ):
        with suppress(InvalidIdentifier):
            parse(text)


@pytest.mark.parametrize(
    ("typed", "number", "ours"),
    [
        ("C1234567", "C1234567", True),
        ("c 123 4567", "C1234567", True),
        ("AB123456", "AB123456", False),
        ("123456789", "123456789", False),
        ("X12345678901", "X12345678901", False),
    ],
)
def test_passports(typed: str, number: str, ours: bool) -> None:
    passport = parse_passport(typed)
    assert (passport.number, passport.is_vietnamese) == (number, ours)


def test_a_passport_is_shown_masked() -> None:
    assert parse_passport("C1234567").masked == "C••••567"


@pytest.mark.parametrize("typed", ["", "C1234", "ABCDEFGH", "C1234567890123", "С1234567", "C12345/7"])
def test_wrong_passports_are_refused(typed: str) -> None:
    refused = refusal(parse_passport, typed)
    assert refused.code == "passport_format"
    assert "C1234567" in refused.sentence


@pytest.mark.parametrize(
    ("typed", "formatted", "branch"),
    [
        ("0100233488", "0100233488", None),
        ("01.00.233.488", "0100233488", None),
        ("0314409058-002", "0314409058-002", "002"),
        ("0314409058002", "0314409058-002", "002"),
        ("0100109106", "0100109106", None),
    ],
)
def test_tax_codes(typed: str, formatted: str, branch: str | None) -> None:
    tax_code = parse_tax_code(typed)
    assert (tax_code.formatted, tax_code.branch, tax_code.is_personal_id) == (formatted, branch, False)


def test_a_citizens_number_is_a_tax_code_for_individuals_since_july_2025() -> None:
    taken = parse_tax_code("001 160 000 019", individual=True, on=date(2025, 7, 1))
    assert taken == TaxCode(BA_TU)
    assert taken.is_personal_id
    assert taken.formatted == BA_TU
    for options in ({"individual": True, "on": date(2025, 6, 30)}, {"on": TODAY}):
        assert refusal(parse_tax_code, BA_TU, **options).code == "tax_code_personal_id"
    assert refusal(parse_tax_code, "001460000019", individual=True, on=TODAY).code == "cccd_future_birth"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("0100233480", "tax_code_checksum"),
        ("0314409058-000", "tax_code_component"),
        ("0100000005", "tax_code_component"),
        ("010023348", "tax_code_length"),
        ("", "tax_code_length"),
        ("01002334889", "tax_code_length"),
        ("01OO233488", "tax_code_not_digits"),
    ],
)
def test_wrong_tax_codes_are_refused(typed: str, code: str) -> None:
    assert refusal(parse_tax_code, typed).code == code


@quick
@given(
    st.integers(0, 9_999_999_999).map(lambda number: f"{number:010d}"), st.integers(0, 9), st.integers(1, 9)
)
def test_one_wrong_digit_in_a_tax_code_is_always_caught(number: str, at: int, by: int) -> None:
    try:
        parse_tax_code(number)
    except InvalidIdentifier:
        return
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assert refusal(parse_tax_code, wrong).code in ("tax_code_checksum", "tax_code_component")


@pytest.mark.parametrize(
    ("typed", "e164", "shown"),
    [
        ("0912345678", "+84912345678", "0912 345 678"),
        ("0912 345 678", "+84912345678", "0912 345 678"),
        ("+84912345678", "+84912345678", "0912 345 678"),
        ("84912345678", "+84912345678", "0912 345 678"),
        ("0084 912.345.678", "+84912345678", "0912 345 678"),
        ("+84 (0)912-345-678", "+84912345678", "0912 345 678"),
        ("０９１２３４５６７８", "+84912345678", "0912 345 678"),
        ("0841234567", "+84841234567", "0841 234 567"),
        ("(024) 3826 9557", "+842438269557", "024 3826 9557"),
        ("02353852999", "+842353852999", "0235 385 2999"),
        ("+82 2 1234 5678", "+82212345678", "+82212345678"),
        ("0082 2 1234 5678", "+82212345678", "+82212345678"),
    ],
)
def test_phones_are_stored_in_one_form_and_shown_in_another(typed: str, e164: str, shown: str) -> None:
    phone = parse_phone(typed)
    assert (phone.e164, phone.formatted) == (e164, shown)
    assert parse_phone(phone.formatted) == parse_phone(phone.e164) == phone


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "+",
        "091234567",
        "09123456789",
        "0112345678",
        "912345678",
        "01234567890",
        "0912a45678",
        "+1",
        "19001234",
    ],
)
def test_wrong_phones_are_refused(typed: str) -> None:
    assert refusal(parse_phone, typed).code == "phone_format"


def test_a_phone_is_shown_masked() -> None:
    assert parse_phone("0912345678").masked == "+84••••••678"


@pytest.mark.parametrize(
    ("typed", "code", "root"),
    [
        ("G07", "G07", "G07"),
        ("g09.20", "G09.20", "G09"),
        ("H37.DN.002", "H37.DN.002", "H37"),
        (" 000.00.06.h56 ", "000.00.06.H56", "H56"),
    ],
)
def test_organisation_codes_come_in_two_spellings(typed: str, code: str, root: str) -> None:
    org = parse_org_code(typed)
    assert (org.code, org.root) == (code, root)


@pytest.mark.parametrize(
    "typed", ["", "G7", "G07.", "00.00.06.H56", "000000000G07", "G07" + ".AAA" * 9, "Đ07"]
)
def test_wrong_organisation_codes_are_refused(typed: str) -> None:
    assert refusal(parse_org_code, typed).code == "org_code_format"


@pytest.mark.parametrize(
    ("typed", "national", "suffix"),
    [
        ("2.000205", "2.000205", None),
        ("1.001234.000.00.00.h56", "1.001234", "000.00.00.H56"),
        (" 1.001234.H38", "1.001234", "H38"),
        ("1.001234.H38.DN", "1.001234", "H38.DN"),
    ],
)
def test_procedure_codes(typed: str, national: str, suffix: str | None) -> None:
    procedure = parse_procedure_code(typed)
    assert (procedure.national, procedure.suffix) == (national, suffix)


@pytest.mark.parametrize(
    "typed", ["", "4.000205", "2.00205", "2000205", "2.000205.", "2.000205-H38", "2.000205" + ".H38" * 20]
)
def test_wrong_procedure_codes_are_refused(typed: str) -> None:
    assert refusal(parse_procedure_code, typed).code == "procedure_code_format"


def test_masking_never_shows_more_than_the_number() -> None:
    assert mask("1234567890") == "123•••7890"
    assert mask("12") == "12"
