"""The benchmark runs from end to end on tiny sizes, and says what it measured. How fast is not this test's business."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.goals import GOALS
from tools.paths import ROOT

JOBS = {"receive", "tracked_page", "tracking", "worklist_page", "worklist", "search"}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("servers")
def test_the_benchmark_measures_every_job_and_prints_ratios_and_goals(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    options = [
        "--sizes",
        "60,120",
        "--rounds",
        "1",
        "--seconds",
        "1",
        "--intakes",
        "1500",
        "--waiting",
        "200",
        "--papers",
        "300",
        "--out",
        str(out),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *options], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    figures = json.loads(out.read_text())
    assert set(figures["jobs"]) == JOBS
    for job in figures["jobs"].values():
        assert 0 < job["share_percent"] < 100
        assert 0 < job["p50"] <= job["p95"]
        assert job["web_cpu_ms"] > 0
        assert job["statements"] is None or 1 <= job["statements"] < 40
    assert all(pages > 0 for size in figures["pages"].values() for pages in size.values())
    hall = figures["hall"]
    assert hall["ticket"]["rate"] > 0
    assert hall["burst"]["calls"] == 50
    assert [
        hall[name]["called_twice"] + hall[name]["numbers_twice"] for name in ("burst", "paced", "loop")
    ] == [0, 0, 0]
    assert hall["poll"]["rate"] > 0
    assert hall["mixed"]["unchanged"] > 0
    assert all(rate > 0 for rate in hall["limit"].values())
    assert all(act["statements"] < 8 for cost in hall["cost"].values() for act in cost.values())
    assert figures["codes"]["ratio"] > 0
    assert figures["codes"]["check"].endswith(" 0 lỗi.")
    assert figures["worker_rss_mb"] > 20
    assert figures["broken_series"] == 0
    for goal in GOALS:
        assert goal.words in done.stdout


def test_a_goal_is_met_at_its_bound_and_missed_beyond_it() -> None:
    by_words = {goal.words: goal for goal in GOALS}
    least, most = by_words["receive: share of the limit"], by_words["receive: SQL statements"]
    assert [least.is_met(value) for value in (3.99, 4.0, None)] == [False, True, None]
    assert [most.is_met(value) for value in (14, 14.1, None)] == [True, False, None]
