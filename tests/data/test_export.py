"""What goes out as JSON comes back in unchanged; CSV is safe in spreadsheets; JSON-LD tells no guess."""

import csv
import io
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from procedures.bundled import import_bundled
from procedures.exporting import as_csv, as_json, as_jsonld, texts
from procedures.importing import Report, import_procedures
from procedures.models import CatalogueStamp, Procedure

pytestmark = pytest.mark.django_db


def test_json_comes_back_unchanged() -> None:
    import_bundled()
    stamp = CatalogueStamp.objects.get().value
    report = import_procedures(json.loads(as_json(texts())), Report())
    assert (report.added, report.changed, report.problems) == ([], [], [])
    assert len(report.unchanged) == Procedure.objects.count() == 80
    assert CatalogueStamp.objects.get().value == stamp


def test_csv_has_every_procedure_and_no_formula() -> None:
    import_bundled()
    Procedure.objects.filter(key="VP-01").update(name='=HYPERLINK("x")')
    written = as_csv(texts())
    assert written.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(written[1:])))
    assert len(rows) == 81
    assert next(row for row in rows if row[0] == "VP-01")[1] == '\'=HYPERLINK("x")'


def test_jsonld_leaves_out_what_is_unknown() -> None:
    import_bundled()
    graph = {node["identifier"]: node for node in json.loads(as_jsonld(texts()))["@graph"]}
    assert len(graph) == 57
    assert graph["VL-02"]["offers"] == []
    assert graph["QLLDNN-01"]["offers"][0]["price"] == 5_000_000


def test_the_command_writes_files_and_refuses_unknown_formats(tmp_path: Path) -> None:
    import_bundled()
    call_command("export_catalogue", format="json,csv,jsonld", out=str(tmp_path), stdout=StringIO())
    assert {path.name for path in tmp_path.iterdir()} == {
        "catalogue.json",
        "catalogue.csv",
        "catalogue.jsonld",
    }
    call_command("import_procedures", str(tmp_path / "catalogue.json"), stdout=(out := StringIO()))
    assert "Mới: 0, thay đổi: 0, không đổi: 80." in out.getvalue()
    with pytest.raises(CommandError, match="Không có định dạng “xml”"):
        call_command("export_catalogue", format="xml")
