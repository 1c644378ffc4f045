"""The tables that come with the portal: the ministry's units, desks, fields and calendar, then its procedures."""

from datetime import time
from typing import Any

from django.db import models, transaction

from bpmc_portal.accounts.models import Office, OfficeHours, Unit, UnitKind
from procedures.importing import Report, bundled, import_procedures
from procedures.models import CalendarDay, CalendarYear, Field
from procedures.services import load_calendar

MINISTRY = "bo"
# Fields whose very name tells something about a person (HIV, prostitution, drugs; complaints and denunciations).
SENSITIVE = frozenset({"pctnxh", "khieu-nai"})


@transaction.atomic
def import_bundled() -> Report:
    """Write all bundled tables; the second run changes nothing, not even the catalogue's stamp."""
    report = Report()
    units = bundled("units")
    _put_units(units, report)
    _put_offices(bundled("offices"), report)
    _put_fields(units["fields"], report)
    _put_calendar(bundled("holidays"), report)
    return import_procedures(bundled("procedures"), report)


def _put(
    model: type[models.Model], label: str, code: str, wanted: dict[str, Any], report: Report
) -> models.Model:
    """Create the row, or write it when something differs; an equal row is not touched."""
    row = model._default_manager.filter(code=code).first()
    created = row is None
    if row is None:
        row = model._default_manager.create(code=code, **wanted)
    changed = any(getattr(row, name) != value for name, value in wanted.items())
    if changed:
        for name, value in wanted.items():
            setattr(row, name, value)
        row.save()
    report.note(f"{label} {code}", created=created, changed=changed)
    return row


def _put_units(table: dict[str, Any], report: Report) -> None:
    top = table["ministry"]
    # valid_to stays empty although the ministry ended with 28/02/2025: the portal's ministry goes on, and a merger is entered by people.
    source = (
        "QCVN 102:2016/BTTTT, QĐ 20/2020/QĐ-TTg; NĐ 62/2022/NĐ-CP. Bộ hoạt động đến hết "
        f"{top['existed_until']:%d/%m/%Y} (NQ 176/2025/QH15), sau đó các lĩnh vực chuyển sang bộ khác."
    )
    wanted = {
        "name": top["name_vi"].replace(" - ", " – "), "kind": UnitKind.MINISTRY, "parent": None,
        "org_code": top["org_code"]["long"], "source": source,
    }  # fmt: skip
    ministry = _put(Unit, "Đơn vị", MINISTRY, wanted, report)
    for row in table["units"]:
        # Identifiers of units below the ministry are not known: what people entered stays.
        content = {"name": row["name_vi"], "kind": UnitKind(row["kind"]), "parent": ministry}
        source = f"NĐ 14/2017/NĐ-CP, NĐ 62/2022/NĐ-CP (độ tin cậy: {row['confidence']})"
        _put(Unit, "Đơn vị", row["slug"], {**content, "source": source}, report)


def _put_offices(table: dict[str, Any], report: Report) -> None:
    known = set(Office.objects.order_by("code").values_list("code", flat=True))
    for row in table["offices"]:
        created = row["code"] not in known
        if created:
            unit = Unit.objects.get(code=row["unit"])
            office = Office.objects.create(**{**row, "unit": unit})
            OfficeHours.objects.bulk_create(
                OfficeHours(
                    office=office,
                    weekday=weekday,
                    opens_at=time.fromisoformat(opens),
                    closes_at=time.fromisoformat(closes),
                )
                for weekday in table["hours"]["weekdays"]
                for opens, closes in table["hours"]["sessions"]
            )
        report.note(f"Bộ phận Một cửa {row['code']}", created=created, changed=False)


def _put_fields(rows: list[dict[str, Any]], report: Report) -> None:
    units = {unit.code: unit for unit in Unit.objects.order_by("code")}
    for row in rows:
        wanted = {
            "name": row["name_vi"], "national_code": row["code"] or "", "unit": units[row["unit"]], "is_sensitive": row["slug"] in SENSITIVE,
        }  # fmt: skip
        _put(Field, "Lĩnh vực", row["slug"], wanted, report)


def _put_calendar(table: dict[str, Any], report: Report) -> None:
    """Load the days off; when nothing became different, take the writing back, so that the stamp stands still."""
    before = _calendar()
    point = transaction.savepoint()
    load_calendar(table)
    after = _calendar()
    if after == before:
        transaction.savepoint_rollback(point)
    else:
        transaction.savepoint_commit(point)
    for year in table["years"]:
        mine = [row for row in after if row[1] == year]
        created = not [row for row in before if row[1] == year]
        report.note(
            f"Lịch nghỉ {year}", created=created, changed=mine != [row for row in before if row[1] == year]
        )


def _calendar() -> list[tuple[Any, ...]]:
    years = CalendarYear.objects.order_by("year").values_list(
        "year", "year", "is_provisional", "source", "note"
    )
    days = CalendarDay.objects.order_by("on").values_list(
        "on", "on__year", "kind", "reason", "is_provisional"
    )
    return [*years, *days]
