"""The house's rules that no linter knows: each test names the rule and the file that breaks it."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("bpmc_portal", "procedures", "desk", "digitization", "dossiers", "reporting")


@cache
def tracked() -> tuple[Path, ...]:
    """Return every file of the project, new ones included, ignored ones not."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file())


def python_files(*, migrations: bool = False) -> Iterator[tuple[Path, ast.Module]]:
    """Yield the product's Python modules with their syntax trees."""
    for path in tracked():
        inside = path.relative_to(ROOT).parts
        if path.suffix == ".py" and inside[0] in APPS and (migrations or "migrations" not in inside):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def templates() -> Iterator[tuple[Path, str]]:
    """Yield the HTML templates with their text."""
    for path in tracked():
        if path.suffix == ".html" and path.relative_to(ROOT).parts[0] == "templates":
            yield path, path.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    """Return the path as people write it."""
    return path.relative_to(ROOT).as_posix()


def called(tree: ast.AST, *names: str) -> list[int]:
    """Return the lines on which a function or method of one of these names is called."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            target = node.func
            name = (
                target.attr
                if isinstance(target, ast.Attribute)
                else target.id
                if isinstance(target, ast.Name)
                else ""
            )
            if name in names:
                lines.append(node.lineno)
    return lines


def imported(tree: ast.AST) -> set[str]:
    """Return the top names of all imports, wherever they stand."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_only_the_services_of_a_dossier_assign_its_status() -> None:
    homes = {"dossiers/services/intake.py", "dossiers/services/transitions.py"}
    guilty = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in python_files()
        if path.parts[-3:-1] != ("digitization", "")
        and name_of(path).startswith("dossiers/")
        and name_of(path) not in homes
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Attribute) and target.attr == "status" for target in node.targets)
    ]
    assert not guilty, guilty


def test_only_the_job_ledger_speaks_to_celery() -> None:
    guilty = [
        f"{name_of(path)}:{line}"
        for path, tree in python_files()
        if name_of(path) != "bpmc_portal/jobs/services.py"
        for line in called(tree, "delay", "apply_async", "send_task")
    ]
    assert not guilty, guilty


def test_guardian_is_known_only_to_the_models_that_hold_grants() -> None:
    homes = {"bpmc_portal/accounts/models.py", "dossiers/models/dossier.py"}
    guilty = [
        name_of(path)
        for path, tree in python_files()
        if name_of(path) not in homes and any(each.startswith("guardian") for each in imported(tree))
    ]
    assert not guilty, guilty


def test_weasyprint_has_one_door() -> None:
    guilty = [
        name_of(path)
        for path, tree in python_files()
        if name_of(path) != "bpmc_portal/lib/pdf.py" and "weasyprint" in imported(tree)
    ]
    assert not guilty, guilty


def test_nobody_asks_the_machine_for_the_local_time() -> None:
    guilty = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in python_files()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"today", "utcnow"}
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"date", "datetime"}
    ]
    assert not guilty, guilty


def test_no_view_escapes_its_guards() -> None:
    words = re.compile(r"csrf_exempt|@login_not_required|permission_classes\s*=\s*\[\]|\bAllowAny\b")
    homes = {"bpmc_portal/settings.py"}
    guilty = [
        name_of(path)
        for path, _ in python_files()
        if name_of(path) not in homes and words.search(path.read_text(encoding="utf-8"))
    ]
    assert not guilty, guilty


def test_html_is_marked_safe_only_where_it_is_made() -> None:
    homes = {"bpmc_portal/templatetags/mc.py", "bpmc_portal/templatetags/components.py"}
    guilty = [
        name_of(path)
        for path, tree in python_files()
        if name_of(path) not in homes and called(tree, "mark_safe")
    ]
    guilty += [name_of(path) for path, text in templates() if re.search(r"\|\s*safe\b|autoescape off", text)]
    assert not guilty, guilty


def test_templates_carry_no_inline_code() -> None:
    inline = re.compile(r"\sstyle=|\son[a-z]+=\"|<style\b|<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE)
    guilty = [
        name_of(path)
        for path, text in templates()
        if not name_of(path).startswith("templates/pdf/") and inline.search(text)
    ]
    assert not guilty, guilty


def test_pages_load_nothing_from_elsewhere() -> None:
    elsewhere = re.compile(r"(?:src|href)=\"(?:https?:)?//", re.IGNORECASE)
    guilty = [name_of(path) for path, text in templates() if elsewhere.search(text)]
    assert not guilty, guilty


def test_files_stay_short() -> None:
    limits = {".py": 400, ".html": 150}
    guilty = []
    for path in tracked():
        inside = path.relative_to(ROOT).parts
        if "migrations" in inside or inside[0] in {"static", "docs"}:
            continue
        limit = 500 if inside[0] == "tests" else limits.get(path.suffix)
        if limit and path.suffix in limits and len(path.read_text(encoding="utf-8").splitlines()) > limit:
            guilty.append(name_of(path))
    assert not guilty, guilty


def test_migrations_never_import_the_code_that_will_change_under_them() -> None:
    guilty = [
        f"{name_of(path)}: {module}"
        for path, tree in python_files(migrations=True)
        if "migrations" in path.parts
        for module in imported(tree)
        if module.split(".")[0] in APPS
    ]
    assert not guilty, guilty


def test_the_tree_names_no_machine_and_reads_nothing_beside_itself() -> None:
    words = re.compile(r"(?<![\w.%/])/(?:root|work|home|farm)/|\.\./shared")
    guilty = []
    for path in tracked():
        if path.suffix in {
            ".py",
            ".html",
            ".md",
            ".toml",
            ".yml",
            ".yaml",
            ".txt",
            ".js",
            ".css",
            ".cfg",
            "",
        } and path != Path(__file__):
            text = path.read_text(encoding="utf-8", errors="ignore")
            if found := words.search(text):
                guilty.append(f"{name_of(path)}: {found.group()}")
    assert not guilty, guilty


def test_public_functions_say_what_they_do() -> None:
    guilty = []
    for path, tree in python_files():
        # Template tags are described together, for the people who write templates, at the head of mc.py.
        if "management" in path.parts or "templatetags" in path.parts:
            continue
        for node in tree.body:
            if (
                isinstance(node, (ast.FunctionDef, ast.ClassDef))
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
            ):
                guilty.append(f"{name_of(path)}:{node.name}")
    assert not guilty, guilty
