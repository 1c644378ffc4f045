"""The catalogue comes in from cited files: dry by default, idempotent, never over a published text."""

from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from bpmc_portal.accounts.models import Office, OfficeHours, Unit
from procedures import catalogue
from procedures.bundled import import_bundled
from procedures.facts import UnreadableRow
from procedures.importing import Report, bundled, import_procedures, load_file
from procedures.models import (
    CatalogueStamp,
    ComponentRequirement,
    DocumentType,
    Field,
    Procedure,
    ProcedureVersion,
)

pytestmark = pytest.mark.django_db


def told(*args: str, **options: object) -> str:
    out = StringIO()
    call_command("import_procedures", *args, stdout=out, **options)
    return out.getvalue()


def paper(key: str, name: str) -> ComponentRequirement:
    return ComponentRequirement.objects.get(case__version__procedure__key=key, name=name)


def test_a_dry_run_reports_and_writes_nothing() -> None:
    words = told(bundled=True)
    assert "Mới: Đơn vị bo" in words
    assert "chưa ghi gì" in words
    assert not Procedure.objects.exists()
    assert not Unit.objects.exists()


def test_a_second_run_changes_nothing_not_even_the_stamp() -> None:
    told(bundled=True, apply=True)
    stamp = CatalogueStamp.objects.get().value
    report = import_bundled()
    assert (report.added, report.changed, report.problems) == ([], [], [])
    assert CatalogueStamp.objects.get().value == stamp


def test_every_ministry_row_stands_and_whole_ones_are_published() -> None:
    report = import_bundled()
    rows = bundled("procedures")["ministry_level"]
    whole = {row["key"] for row in rows if row["time"]["value"] and row["components"]}
    published = ProcedureVersion.objects.filter(state="published")
    assert Procedure.objects.filter(is_active=True).count() == len(rows) == 57
    assert set(published.values_list("procedure__key", flat=True)) == whole
    assert len(report.drafts) == 57 - len(whole) == 21
    assert not published.filter(is_verified=True).exists()


def test_the_words_of_the_source_become_facts() -> None:
    import_bundled()
    photos = paper("VL-02", "02 ảnh 4x6")
    assert (photos.originals, photos.copies, photos.is_reusable) == (2, 0, False)
    passport = paper("VL-02", "Bản sao hộ chiếu có chứng thực")
    assert (passport.originals, passport.copies, passport.is_reusable) == (0, 1, True)
    health = paper("VL-02", "Giấy khám sức khỏe (12 tháng)")
    assert health.is_validity_limited
    assert health.document_type.valid_months == 12
    assert paper("VL-04", "Giấy khám sức khỏe").document_type == health.document_type
    assert not paper("TTR-01", "Giấy ủy quyền (nếu có)").is_mandatory
    first = DocumentType.objects.get(code="MC-GT0001")
    assert first.name == "Văn bản đề nghị cấp giấy phép"


def test_terms_and_fees_say_what_is_known_and_nothing_more() -> None:
    import_bundled()
    by_key = {
        version.procedure.key: version for version in ProcedureVersion.objects.select_related("procedure")
    }
    assert (by_key["QLLDNN-01"].limit_value, by_key["QLLDNN-01"].limit_unit) == (20, "calendar_days")
    assert (by_key["VL-03"].limit_value, by_key["VL-03"].limit_unit) == (3, "working_days")
    assert by_key["ATLD-02"].limit_unit == ""
    fee = {key: version.fees.get() for key, version in by_key.items()}
    assert fee["QLLDNN-01"].amount == 5_000_000
    assert fee["VL-02"].amount is None
    assert (fee["VL-01"].amount, fee["VL-01"].name) == (0, "Không thu phí")
    assert [str(step.norm_hours) for step in by_key["VL-02"].steps.order_by("position")] == ["24.0", "10.0"]
    assert [each.citation for each in by_key["GDNN-01"].legal_bases.order_by("position")] == [
        "NĐ 15/2019",
        "NĐ 24/2022",
    ]


def test_sensitive_fields_unknown_codes_and_the_first_desk() -> None:
    import_bundled()
    sensitive = Field.objects.filter(is_sensitive=True).order_by("code").values_list("code", flat=True)
    assert list(sensitive) == ["khieu-nai", "pctnxh"]
    assert list(Unit.objects.exclude(org_code=None).values_list("code", "org_code")) == [
        ("bo", "000.00.00.G07")
    ]
    assert not Procedure.objects.filter(is_active=True).exclude(national_code=None).exists()
    desk = catalogue.current().office(None)
    assert (desk.row.code, desk.org_code) == ("VPB", "000.00.00.G07")
    assert list(Office.objects.values_list("code", flat=True)) == ["VPB", "QLLDNN", "VL"]


def test_provincial_rows_are_not_offered_for_receiving() -> None:
    import_bundled()
    row = Procedure.objects.get(national_code="2.000205")
    assert not row.is_active
    assert not row.versions.exists()
    with pytest.raises(Exception, match="Không có thủ tục mã"):
        catalogue.current().procedure("2.000205")


def test_common_names_find_a_procedure() -> None:
    import_bundled()
    found = Procedure.objects.filter(search_key__contains="work permit", is_active=True).order_by("key")
    assert "VL-02" in found.values_list("key", flat=True)
    assert Procedure.objects.filter(search_key__contains="xuat khau lao dong").exists()


def test_opening_hours_that_people_changed_stay() -> None:
    import_bundled()
    OfficeHours.objects.filter(office__code="VPB", weekday=4).delete()
    import_bundled()
    assert not OfficeHours.objects.filter(office__code="VPB", weekday=4).exists()


def test_a_changed_text_becomes_a_draft_and_the_published_one_stays() -> None:
    import_bundled()
    table = bundled("procedures")
    row = next(each for each in table["ministry_level"] if each["key"] == "VL-02")
    row["time"] = {"value": 7, "unit": "wd"}
    report = import_procedures(table, Report())
    assert [label.split()[0] for label in report.changed] == ["VL-02"]
    first, second = ProcedureVersion.objects.filter(procedure__key="VL-02").order_by("number")
    assert (first.state, first.limit_value) == ("published", 5)
    assert (second.state, second.limit_value) == ("draft", 7)
    assert second.in_force_from > first.in_force_from
    again = import_procedures(table, Report())
    assert again.changed == []
    row["time"] = {"value": 8, "unit": "wd"}
    import_procedures(table, Report())
    assert list(
        ProcedureVersion.objects.filter(procedure__key="VL-02")
        .order_by("number")
        .values_list("limit_value", flat=True)
    ) == [5, 8]


def test_rows_that_cannot_be_taken_are_named_and_the_others_come(tmp_path: Path) -> None:
    import_bundled()
    table = bundled("procedures")
    table["province_level_reference"] = []
    good, bad, odd = (dict(table["ministry_level"][3]) for _each in range(3))
    good["key"], bad["key"], odd["key"] = "MOI-01", "MOI-02", "MOI-03"
    bad["field"], odd["conf"] = "khong-co", ["h"]
    table["ministry_level"] = [good, bad, odd]
    file = tmp_path / "thu-tuc.yaml"
    file.write_text(yaml.safe_dump(table, allow_unicode=True), encoding="utf-8")
    words = told(str(file), apply=True)
    assert "Lỗi (2)" in words
    assert "MOI-02: chưa có lĩnh vực “khong-co”." in words
    assert set(Procedure.objects.filter(key__startswith="MOI").values_list("key", flat=True)) == {"MOI-01"}


def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("[1, 2", encoding="utf-8")
    with pytest.raises(UnreadableRow, match="không phải YAML"):
        load_file(file)
    file.write_text("a: 1", encoding="utf-8")
    with pytest.raises(CommandError, match="không phải danh mục thủ tục"):
        told(str(file))
    with pytest.raises(CommandError, match="Không mở được tệp"):
        told(str(tmp_path / "absent.yaml"))
    with pytest.raises(CommandError, match="Hãy chỉ ra một tệp"):
        told()
