"""`make check`: every static check of the house, one after the other, stopping at the first that fails."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tools import bootstrap
from tools.bootstrap import BootstrapError
from tools.paths import ROOT, VENV, child_env
from tools.processes import ServerError
from tools.servers import Throwaway, on_terminate_exit

PRODUCTION_LIKE = {
    "ALLOWED_HOSTS": "motcua.example.vn",
    "CSRF_TRUSTED_ORIGINS": "https://motcua.example.vn",
    "PUBLIC_URL": "https://motcua.example.vn",
    "BEHIND_PROXY": "1",
    "PROXY_COUNT": "1",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
}


def steps(scratch: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each check as its name and command; `scratch` is a directory for what they write."""
    tool = VENV / "bin"
    manage = [str(tool / "python"), "manage.py"]
    module = [str(tool / "python"), "-m"]
    yield "ruff check", [*module, "ruff", "check", "."]
    yield "ruff format", [*module, "ruff", "format", "--check", "."]
    yield (
        "import layers",
        [str(tool / "python"), "-c", "from importlinter.cli import lint_imports_command as c; c()"],
    )
    yield "template lint", [*module, "djlint", "templates", "--lint", "--quiet"]
    yield (
        "compose file",
        [*module, "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
    )
    yield "Dockerfile", [str(tool / "hadolint"), "Dockerfile"]
    yield "migrations", [*manage, "makemigrations", "--check", "--dry-run"]
    yield "check --deploy", [*manage, "check", "--deploy", "--fail-level", "WARNING"]
    yield (
        "API schema",
        [*manage, "spectacular", "--validate", "--fail-on-warn", "--file", str(scratch / "schema.yml")],
    )
    yield "mypy --strict", [*module, "mypy"]


def settings(scratch: Path) -> dict[str, str]:
    keys = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "TRACKING_KEY")}
    return {**PRODUCTION_LIKE, **keys, "DATA_DIR": str(scratch / "portal")}


def main() -> int:
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    try:
        bootstrap.ensure("test")
        with on_terminate_exit(), Throwaway() as servers:
            env = child_env({**servers.env, **settings(servers.data_dir)}, without=("DEMO", "DEBUG", "PORT"))
            for name, command in steps(servers.data_dir):
                print(f"── {name}", flush=True)
                began = time.monotonic()
                if code := subprocess.run(command, env=env, cwd=ROOT).returncode:
                    print(f"✗ {name}", file=sys.stderr)
                    return code if code > 0 else 1
                print(f"   {time.monotonic() - began:.1f} s", flush=True)
    except (BootstrapError, ServerError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
