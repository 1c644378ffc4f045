"""The calendar of an ordinary ministry office, built from the cited table of days off."""

from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import procedures
from procedures.deadlines import WorkingCalendar

MORNING_AND_AFTERNOON = ((time(8), time(12)), (time(13, 30), time(17, 30)))
OFFICE_WEEK = dict.fromkeys(range(5), MORNING_AND_AFTERNOON)


@cache
def holiday_table() -> dict[str, Any]:
    path = Path(procedures.__file__).parent / "data" / "holidays.yaml"
    table: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return table


def reason_of(row: dict[str, Any], names: dict[str, str]) -> str:
    if row["kind"] == "swap_off":
        return "Hoán đổi ngày làm việc"
    name = names[row["rule"]]
    return f"Nghỉ bù {name}" if row["kind"] == "compensatory" else name


@cache
def office_calendar() -> WorkingCalendar:
    table = holiday_table()
    names = {rule["id"]: rule["name_vi"] for rule in table["rules"]}
    days_off: dict[date, str] = {}
    worked: dict[date, str] = {}
    for year in table["years"].values():
        days_off |= {row["date"]: reason_of(row, names) for row in year["days_off"]}
        worked |= {row["date"]: f"Làm bù {row['repays']:%d/%m/%Y}" for row in year["working_weekends"]}
    estimates = (year for year, rows in table["years"].items() if rows["confidence"] == "estimate")
    return WorkingCalendar(
        hours=OFFICE_WEEK,
        days_off=days_off,
        working_days=worked,
        years=frozenset(table["years"]),
        provisional_years=frozenset(estimates),
    )
