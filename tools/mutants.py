"""`make mutants`: change the table of acts and the deadlines a little, many times, and see that the tests notice.

Each module is mutated in a copy of the tree by cosmic-ray; a mutant that no test notices is printed. Below 90 % caught, exit 1.
"""

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools import bootstrap
from tools.paths import ROOT, VENV

LEAST = 90
# What `-` may become is told by `+` and `*` well enough; the other replacements are all caught by type errors.
SKIPPED = r"core/ReplaceBinaryOperator_\w+_(Div|FloorDiv|Mod|Pow|RShift|LShift|BitOr|BitAnd|BitXor)"
# An annotation is never run, a decorator of a dataclass makes every test fail to start.
NOT_RUN = (r"core/ReplaceBinaryOperator_BitOr_\w+", "core/RemoveDecorator")


@dataclass(frozen=True)
class Target:
    """A module and the tests that must notice, the quick ones first."""

    module: str
    tests: tuple[str, ...]


TARGETS = (
    Target("dossiers/workflow.py", ("tests/dossiers/test_workflow_table.py",)),
    Target(
        "procedures/deadlines.py",
        (
            "tests/procedures/test_deadlines.py",
            "tests/procedures/test_deadlines_calendar.py",
            "tests/procedures/test_deadlines_properties.py",
        ),
    ),
)


def main() -> int:
    bootstrap.ensure("test")
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(len(TARGETS)) as pool:
        shares = list(pool.map(lambda target: caught(target, Path(place)), TARGETS))
    return 0 if min(shares) >= LEAST else 1


def caught(target: Target, place: Path) -> float:
    """Return the share of mutants that the tests notice, in percent, and print it with every one that they do not."""
    copy = place / Path(target.module).stem
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".data", "__pycache__", ".*_cache")
    )
    session, config = copy / "mutants.sqlite", copy / "mutants.toml"
    config.write_text(config_of(target), encoding="utf-8")
    run(copy, "cosmic-ray", "init", config, session)
    run(copy, "cr-filter-operators", session, config)
    run(copy, "cosmic-ray", "exec", config, session)
    report = run(copy, "cr-report", "--show-diff", "--surviving-only", session)
    share = 100 - float(run(copy, "cr-rate", session).split()[-1])
    print(f"{report}\n{target.module}: {share:.1f} % of the mutants caught")
    return share


def config_of(target: Target) -> str:
    """Return the configuration of cosmic-ray: stop at the first test that notices."""
    test = f"{VENV / 'bin' / 'python'} -m pytest -x -q -n 0 -p no:cacheprovider {' '.join(target.tests)}"
    skipped = ", ".join(f"'{pattern}'" for pattern in (SKIPPED, *NOT_RUN))
    return f"""[cosmic-ray]
module-path = "{target.module}"
timeout = 120.0
test-command = "{test}"

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = [{skipped}]
"""


def run(place: Path, tool: str, *arguments: str | Path) -> str:
    """Run a tool of cosmic-ray in the copy and return what it printed."""
    command = [VENV / "bin" / tool, *arguments]
    return subprocess.run(command, cwd=place, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
