"""The tools' settings name every app of the portal, and the pins of production and development agree."""

import re
import tomllib

from tools.paths import ROOT

APPS = {path.parent.name for path in ROOT.glob("*/apps.py")}
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if re.match(r"[a-z]", line))


def test_every_app_stands_under_the_import_contracts() -> None:
    layers, forbidden = SETTINGS["importlinter"]["contracts"]
    assert set(SETTINGS["importlinter"]["root_packages"]) == APPS
    assert set(forbidden["forbidden_modules"]) == APPS - {"bpmc_portal"}
    named = set(re.findall(r"[a-z_.]+", " ".join(layers["layers"])))
    assert named >= APPS - {"bpmc_portal"}


def test_every_app_is_type_checked_and_goes_into_the_image() -> None:
    assert set(SETTINGS["mypy"]["files"]) >= APPS
    assert {f"!{app}" for app in APPS} <= set((ROOT / ".dockerignore").read_text().splitlines())


def test_every_version_is_exact_and_the_three_sets_agree() -> None:
    production = pins("requirements.txt")
    for name in ("requirements-dev.txt", "requirements-embedded.txt"):
        others = pins(name)
        assert others
        assert all(others[package] == production[package] for package in others.keys() & production.keys())
    assert production.items() <= pins("requirements-dev.txt").items()
    assert "psycopg" not in pins("requirements-dev.txt")  # Django would take it, silently, before psycopg2
